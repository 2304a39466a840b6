/** The page: one state (which layer, which parcel, which language), drawn by the list, the map and the panel. */

import "maplibre-gl/dist/maplibre-gl.css";
import "uplot/dist/uPlot.min.css";

import { readGateways, readParcels, readReview, type ParcelFeature } from "./api";
import { element, place } from "./dom";
import { GatewayList } from "./gateways";
import { drawLegend, drawSwitch, type LayerName } from "./layers";
import { ParcelMap } from "./map";
import { Panel } from "./panel";
import { ReviewList } from "./review";
import { ParcelTable } from "./table";
import { ago, currentTongue, say, speak, type Tongue } from "./words";

declare global {
  interface Window {
    /** The map's own view, for a browser's console and for tests. */
    seguiaMap?: ParcelMap["view"];
  }
}

const REFRESH_MS = 60_000;
const TONGUES: [Tongue, string][] = [["en", "English"], ["fr", "Français"]];

let features: ParcelFeature[] = [];
let toldAt: Date | null = null;
let layer: LayerName = "water";
let chosen = "";

const room = document.querySelector("main") ?? document.body;
const trouble = place("trouble");
const table = new ParcelTable(place("list"), select);
const gateways = new GatewayList(place("gateways"));
const review = new ReviewList(place("review"), select);
const panel = new Panel(place("panel"), close);
const map = startMap();

function startMap(): ParcelMap | null {
  try {
    const started = new ParcelMap(place("map"), select);
    window.seguiaMap = started.view;
    return started;
  } catch {
    complain(say("noWebgl"));
    return null;
  }
}

function complain(text: string): void {
  trouble.textContent = text;
  trouble.hidden = text === "";
}

function draw(): void {
  table.show(features, layer);
  map?.show(features, layer);
  drawLegend(place("legend"), layer);
  drawSwitch(place("layers"), layer, (name) => {
    layer = name;
    draw();
    place("layers").querySelector<HTMLElement>(`[data-layer=${name}]`)?.focus();
  });
}

function mark(): void {
  room.setAttribute("data-panel", chosen ? "open" : "closed");
  map?.view.resize();
  table.mark(chosen);
  map?.mark(chosen);
}

function select(id: string): void {
  const found = features.find((each) => each.id === id);
  if (!found) return;
  chosen = id;
  void panel.show(found.properties);
  mark();
}

function close(): void {
  const last = chosen;
  chosen = "";
  panel.hide();
  mark();
  table.focus(last);
}

function tellFreshness(): void {
  place("freshness").textContent = toldAt ? say("updated", ago((Date.now() - toldAt.getTime()) / 1000)) : say("loading");
}

async function refresh(): Promise<void> {
  try {
    const answer = await readParcels();
    features = answer.features;
    toldAt = new Date();
    if (map) complain("");
    draw();
    review.show(await readReview());
    gateways.show(await readGateways());
  } catch (error) {
    const since = toldAt ? ago((Date.now() - toldAt.getTime()) / 1000) : "–";
    complain(say("unreachable", error instanceof Error ? error.message : String(error), since));
  }
  tellFreshness();
}

function drawWords(): void {
  document.title = `Seguia · ${say("parcels")}`;
  place("tagline").textContent = say("tagline");
  place("map-title").textContent = say("map");
  place("languages").setAttribute("aria-label", say("language"));
  place("languages").replaceChildren(
    ...TONGUES.map(([tongue, name]) => {
      const button = element("button", { type: "button", lang: tongue, "aria-pressed": String(tongue === currentTongue()) }, name);
      button.addEventListener("click", () => {
        speak(tongue);
        drawWords();
        draw();
        if (chosen) select(chosen);
        place("languages").querySelector<HTMLElement>(`[lang=${tongue}]`)?.focus();
      });
      return button;
    }),
  );
  table.speak();
  review.speak();
  gateways.speak();
  tellFreshness();
}

speak(currentTongue());
drawWords();
draw();
void refresh();
setInterval(() => void refresh(), REFRESH_MS);
setInterval(tellFreshness, 10_000);
