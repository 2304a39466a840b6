/** The latest picture of a parcel with the canopy the detector found, laid over it in the browser. */

import { parcelAddress, type Photo, type ParcelState, type Sighting } from "./api";
import { element } from "./dom";
import { momentName, number, percent, quantity, say, sayReason } from "./words";

const MASK_COLOUR = [64, 224, 208] as const;

/** Draw the mask's white pixels in one clear colour. */
async function drawMask(canvas: HTMLCanvasElement, address: string): Promise<void> {
  const image = new Image();
  image.src = address;
  await image.decode();
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const canopy = (pixels.data[at] ?? 0) > 127;
    pixels.data.set([...MASK_COLOUR, canopy ? 255 : 0], at);
  }
  context.putImageData(pixels, 0, 0);
}

function overlayControls(canvas: HTMLCanvasElement): HTMLElement {
  const toggle = element("input", { type: "checkbox", id: "mask-toggle" });
  const strength = element("input", { type: "range", min: 10, max: 90, value: 45, "aria-label": say("opacity") });
  const apply = () => {
    canvas.hidden = !toggle.checked;
    canvas.style.opacity = String(Number(strength.value) / 100);
    strength.disabled = !toggle.checked;
  };
  toggle.addEventListener("change", apply);
  strength.addEventListener("input", apply);
  apply();
  return element("div", { class: "overlay-controls" },
    element("label", { for: "mask-toggle" }, toggle, " ", say("canopyMask")), strength);
}

/** The picture, its date and what says whether it is one. */
export function photoFigure(photo: Photo | null, state: ParcelState): HTMLElement {
  if (!photo) return element("p", { class: "quiet" }, say("noPhoto"));
  const when = photo.taken_at ? momentName(photo.taken_at, state.timezone) : say("dateUnknown");
  const version = `?v=${encodeURIComponent(photo.version)}`;
  const image = element("img", { src: parcelAddress(state.id, "photo") + version, alt: say("photoAlt", state.name, when) });
  const frame = element("div", { class: "frame" }, image);
  const caption = element("figcaption", {}, element("span", {}, when, photo.camera_id ? ` · ${photo.camera_id}` : ""));
  if (photo.synthetic) {
    frame.append(element("span", { class: "badge", title: say("syntheticNote") }, say("synthetic")));
    caption.append(element("span", {}, say("syntheticNote")));
  }
  const figure = element("figure", { class: "photo" }, frame, caption);
  if (photo.has_mask) {
    const canvas = element("canvas", { class: "mask", "aria-hidden": "true" });
    frame.append(canvas);
    const controls = overlayControls(canvas);
    drawMask(canvas, parcelAddress(state.id, "mask") + version).catch(() => controls.remove());
    figure.append(controls);
  }
  return figure;
}

/** What the detector read from the picture, or why it says nothing. */
export function sightingFacts(sighting: Sighting): HTMLElement {
  const facts: [string, string][] = [];
  if (sighting.wilting_score !== null) {
    const chance = sighting.wilting_probability === null ? "" : ` (${percent(sighting.wilting_probability)})`;
    facts.push([say("wilting"), say("wiltingOf", number(sighting.wilting_score, 1)) + chance]);
  }
  if (sighting.stress_index !== null) {
    const sigma = sighting.stress_sigma === null ? "" : ` ± ${number(sighting.stress_sigma, 2)}`;
    facts.push([say("stress"), number(sighting.stress_index, 2) + sigma]);
  }
  if (sighting.canopy_cover_fraction !== null) facts.push([say("canopy"), percent(sighting.canopy_cover_fraction)]);
  if (sighting.canopy_temperature_c !== null) facts.push([say("temperature"), quantity(sighting.canopy_temperature_c, "°C", 1)]);
  if (sighting.cwsi !== null) facts.push(["CWSI", number(sighting.cwsi, 2)]);
  if (sighting.model) facts.push([say("model"), sighting.model]);
  const list = element("dl", { class: "facts" });
  for (const [name, value] of facts) list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  const abstained = sighting.opinion ? null : element("p", { class: "note" }, say("noOpinion", sighting.reasons.map(sayReason).join(", ")));
  return element("div", {}, abstained, list);
}
