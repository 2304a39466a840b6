/** What the map can be coloured by: classes with a colour each, and the value a parcel has. */

import type { ParcelState } from "./api";
import { element } from "./dom";
import { percent, say, type Word } from "./words";

export type LayerName = "water" | "camera" | "risk";

interface Layer {
  title: Word;
  legend: Word;
  /** Lower edge of each class after the first, as fractions. */
  edges: number[];
  value: (state: ParcelState) => number | null;
}

/** Blue to brown: told apart with every common colour blindness; the dry end is the darkest and warmest. */
export const CLASS_COLOURS = ["#2b6a99", "#86b8d1", "#f3e3b2", "#e59a3c", "#8a3a0e"] as const;
/** Ink that reads on each of the colours. */
export const CLASS_INKS = ["#ffffff", "#12303f", "#3a2f14", "#2b1600", "#ffffff"] as const;

export const LAYERS: Record<LayerName, Layer> = {
  water: {
    title: "layerWater",
    legend: "legendWater",
    edges: [0.25, 0.5, 0.75, 1],
    value: (state) => (state.stale ? null : state.depletion_ratio),
  },
  camera: {
    title: "layerCamera",
    legend: "legendCamera",
    edges: [0.2, 0.4, 0.6, 0.8],
    value: (state) =>
      state.opinion && state.seen_age_h !== null && state.seen_age_h <= 72 ? state.wilting_probability : null,
  },
  risk: {
    title: "layerRisk",
    legend: "legendRisk",
    edges: [0.05, 0.2, 0.4, 0.6],
    value: (state) => (state.advice_expired ? null : state.stress_probability),
  },
};

/** Class 0..4 of a parcel in a layer; -1 where nothing fresh is known. */
export function classOf(layer: LayerName, state: ParcelState): number {
  const value = LAYERS[layer].value(state);
  if (value === null) return -1;
  return LAYERS[layer].edges.filter((edge) => value >= edge).length;
}

/** The value of a parcel in a layer, in words. */
export function labelOf(layer: LayerName, state: ParcelState): string {
  const value = LAYERS[layer].value(state);
  return value === null ? "–" : percent(value);
}

function classLabel(edges: number[], index: number): string {
  const low = edges[index - 1];
  const high = edges[index];
  if (low === undefined) return `< ${percent(high ?? 0)}`;
  if (high === undefined) return `≥ ${percent(low)}`;
  return `${percent(low)}–${percent(high)}`;
}

/** Draw the legend of a layer into its card. */
export function drawLegend(card: HTMLElement, name: LayerName): void {
  const layer = LAYERS[name];
  const rows = CLASS_COLOURS.map((_, index) => {
    const words = name === "water" && index === 4 ? `, ${say("short")}` : name === "water" && index === 0 ? `, ${say("moist")}` : "";
    return element("li", {}, element("span", { class: `swatch class-${index}` }), classLabel(layer.edges, index) + words);
  });
  rows.push(element("li", {}, element("span", { class: "swatch hatch" }), say("noData")));
  card.replaceChildren(element("h3", {}, say(layer.legend)), element("ul", {}, ...rows));
}

/** Draw the switch between layers. */
export function drawSwitch(card: HTMLElement, chosen: LayerName, choose: (name: LayerName) => void): void {
  const buttons = (Object.keys(LAYERS) as LayerName[]).map((name) => {
    const button = element("button", { type: "button", "data-layer": name, "aria-pressed": String(name === chosen) }, say(LAYERS[name].title));
    button.addEventListener("click", () => choose(name));
    return button;
  });
  card.replaceChildren(
    element("span", { class: "caption", id: "layers-caption" }, say("mapLayer")),
    element("div", { class: "segments", role: "group", "aria-labelledby": "layers-caption" }, ...buttons),
  );
}
