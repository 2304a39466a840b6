/** The map: parcels coloured by class, hatched where nothing fresh is known. */

import {
  GeoJSONSource,
  LngLatBounds,
  Map as MapView,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type ExpressionSpecification,
  type FilterSpecification,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import landUrl from "world-atlas/land-50m.json?url";

import type { ParcelFeature } from "./api";
import { CLASS_COLOURS, CLASS_INKS, classOf, labelOf, type LayerName } from "./layers";
import { say } from "./words";

const SEA = "#d5e3e8";
const LAND = "#f2efe6";
const INK = "#1f2f36";
const FONTS = ["Noto Sans", "Noto Naskh Arabic", "Noto Sans Arabic", "Noto Sans Tifinagh", "sans-serif"];
const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const KNOWN: FilterSpecification = [">=", ["get", "class"], 0];
const UNKNOWN: FilterSpecification = ["<", ["get", "class"], 0];
const byClass = (values: typeof CLASS_COLOURS | typeof CLASS_INKS, otherwise: string): ExpressionSpecification => [
  "match", ["get", "class"],
  0, values[0], 1, values[1], 2, values[2], 3, values[3], 4, values[4],
  otherwise,
];
const COLOUR = byClass(CLASS_COLOURS, "#b8bfc2");
const SMALL = { minzoom: 0, maxzoom: 12 };

/** Corners of a geometry. */
function boundsOf(geometry: GeoJSON.Geometry, bounds = new LngLatBounds()): LngLatBounds {
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") bounds.extend([part[0], part[1] as number]);
    else part.forEach(walk);
  };
  if (geometry.type === "GeometryCollection") geometry.geometries.forEach((inner) => boundsOf(inner, bounds));
  else walk(geometry.coordinates);
  return bounds;
}

/** Grey diagonal lines: the sign for what is not known. */
function hatch(): ImageData {
  const size = 10;
  const image = new ImageData(size, size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const line = (row + column) % size < 3;
      image.data.set(line ? [120, 130, 135, 255] : [232, 234, 232, 255], 4 * (row * size + column));
    }
  }
  return image;
}

export class ParcelMap {
  readonly view: MapView;
  private features: ParcelFeature[] = [];
  private layer: LayerName = "water";
  private chosen = "";
  private fitted = false;
  private ready = false;

  constructor(container: HTMLElement, select: (id: string) => void) {
    setWorkerUrl(workerUrl);
    this.view = new MapView({
      container,
      center: [-6.6, 32.4],
      zoom: 5,
      attributionControl: { compact: true, customAttribution: say("baseLand") },
      dragRotate: false,
      pitchWithRotate: false,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": LAND } }] },
    });
    this.view.touchZoomRotate.disableRotation();
    this.view.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
    this.view.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
    this.view.on("load", () => {
      this.addLayers();
      this.ready = true;
      this.redraw();
      void this.addLand();
    });
    this.view.on("idle", () => (container.dataset["state"] = this.ready && this.fitted ? "drawn" : "empty"));
    for (const layer of ["parcel-fill", "parcel-hatch", "parcel-dot", "parcel-point"]) {
      this.view.on("click", layer, (event) => {
        const id: unknown = event.features?.[0]?.properties["id"];
        if (typeof id === "string") select(id);
      });
      this.view.on("mouseenter", layer, () => (this.view.getCanvas().style.cursor = "pointer"));
      this.view.on("mouseleave", layer, () => (this.view.getCanvas().style.cursor = ""));
    }
  }

  /** Show these parcels from now on. */
  show(features: ParcelFeature[], layer: LayerName): void {
    this.features = features;
    this.layer = layer;
    this.redraw();
  }

  /** Mark one parcel, or none, and bring it into view. */
  mark(id: string): void {
    this.chosen = id;
    if (!this.ready) return;
    this.view.setFilter("parcel-chosen", ["==", ["get", "id"], id]);
    const found = this.features.find((each) => each.id === id);
    if (found && !this.view.getBounds().contains(boundsOf(found.geometry).getCenter())) {
      this.view.easeTo({ center: boundsOf(found.geometry).getCenter() });
    }
  }

  /** Bring every parcel into view. */
  fit(animate = true): void {
    const bounds = new LngLatBounds();
    this.features.forEach((each) => boundsOf(each.geometry, bounds));
    // The switch lies above and the legend beside the parcels, or below them where the map is narrow.
    const { clientWidth: width, clientHeight: height } = this.view.getContainer();
    const padding = width > 760 ? { top: 100, bottom: 60, left: 275, right: 60 } : { top: 100, bottom: Math.min(230, height / 2.2), left: 40, right: 40 };
    if (!bounds.isEmpty()) this.view.fitBounds(bounds, { padding, maxZoom: 16, animate });
  }

  private redraw(): void {
    if (!this.ready) return;
    const properties = (each: ParcelFeature) => ({
      id: each.id,
      class: classOf(this.layer, each.properties),
      label: `${each.properties.name}\n${labelOf(this.layer, each.properties)}`,
    });
    const areas = this.features.map((each) => ({ type: "Feature" as const, geometry: each.geometry, properties: properties(each) }));
    const points = this.features.map((each) => ({
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: boundsOf(each.geometry).getCenter().toArray() },
      properties: { ...properties(each), point: each.geometry.type === "Point" },
    }));
    this.source("parcels").setData({ type: "FeatureCollection", features: areas });
    this.source("places").setData({ type: "FeatureCollection", features: points });
    if (!this.fitted && this.features.length > 0) {
      this.fitted = true;
      this.fit(false);
    }
    this.mark(this.chosen);
  }

  private source(id: string): GeoJSONSource {
    const source = this.view.getSource(id);
    if (!(source instanceof GeoJSONSource)) throw new Error(`the map has no source ${id}`);
    return source;
  }

  private addLayers(): void {
    const { view } = this;
    view.addImage("hatch", hatch(), { pixelRatio: 1.5 });
    view.addSource("parcels", { type: "geojson", data: EMPTY });
    view.addSource("places", { type: "geojson", data: EMPTY });
    view.addLayer({ id: "parcel-fill", type: "fill", source: "parcels", filter: KNOWN, paint: { "fill-color": COLOUR } });
    view.addLayer({ id: "parcel-hatch", type: "fill", source: "parcels", filter: UNKNOWN, paint: { "fill-pattern": "hatch" } });
    view.addLayer({ id: "parcel-edge", type: "line", source: "parcels", paint: { "line-color": "#ffffff", "line-width": 1.5 } });
    view.addLayer({
      id: "parcel-chosen", type: "line", source: "parcels", filter: ["==", ["get", "id"], ""],
      paint: { "line-color": INK, "line-width": 3.5 },
    });
    // Far away a parcel is smaller than a pixel: a dot stands for it, the worst on top.
    const dot = { "circle-color": COLOUR, "circle-radius": 6, "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 };
    view.addLayer({ id: "parcel-dot", type: "circle", source: "places", layout: { "circle-sort-key": ["get", "class"] }, paint: dot, ...SMALL });
    view.addLayer({ id: "parcel-point", type: "circle", source: "places", minzoom: 12, filter: ["==", ["get", "point"], true], paint: dot });
    view.addLayer({
      id: "parcel-label", type: "symbol", source: "places", minzoom: 12,
      layout: {
        "text-field": ["get", "label"], "text-font": FONTS, "text-size": 12.5, "text-line-height": 1.25,
        "text-anchor": ["case", ["get", "point"], "top", "center"],
        "text-offset": ["case", ["get", "point"], ["literal", [0, 0.8]], ["literal", [0, 0]]],
      },
      paint: { "text-color": byClass(CLASS_INKS, INK), "text-halo-color": byClass(CLASS_COLOURS, "#f2efe6"), "text-halo-width": 1.6 },
    });
  }

  /** Coast lines for the far view; near parcels the ground is one colour, since the outline is coarse there. */
  private async addLand(): Promise<void> {
    const topology = (await (await fetch(landUrl)).json()) as Topology<{ land: GeometryCollection }>;
    this.view.addSource("land", { type: "geojson", data: feature(topology, topology.objects.land) });
    this.view.addLayer({ id: "land", type: "fill", source: "land", maxzoom: 9, paint: { "fill-color": LAND } }, "parcel-fill");
    this.view.setPaintProperty("ground", "background-color", ["step", ["zoom"], SEA, 9, LAND]);
  }
}
