/** The list of parcels: the same data as the map, for the keyboard and for readers of text. */

import type { ParcelFeature, ParcelState } from "./api";
import { element } from "./dom";
import { classOf, labelOf, LAYERS, type LayerName } from "./layers";
import { age, dayName, quantity, say, sayCode, sayCrop } from "./words";

/** Worst first in a layer; a parcel of which nothing fresh is known comes last, and is not taken for a good one. */
export function worstFirst(layer: LayerName): (left: ParcelState, right: ParcelState) => number {
  const weight = (state: ParcelState) => LAYERS[layer].value(state) ?? -1;
  return (left, right) => weight(right) - weight(left) || left.name.localeCompare(right.name);
}

export class ParcelTable {
  private features: ParcelFeature[] = [];
  private layer: LayerName = "water";
  private chosen = "";
  private readonly body = element("tbody");
  private readonly search = element("input", { type: "search", autocomplete: "off" });
  private readonly count = element("span", { class: "count" });

  constructor(
    private readonly section: HTMLElement,
    private readonly select: (id: string) => void,
  ) {
    this.search.addEventListener("input", () => this.fill());
    this.speak();
  }

  /** Write the words that stay, in the language of now. */
  speak(): void {
    this.search.placeholder = say("search");
    this.search.setAttribute("aria-label", say("search"));
    const focused = document.activeElement === this.search;
    const head = ["parcel" as const, LAYERS[this.layer].title, "advice" as const, "seen" as const].map((word) => element("th", { scope: "col" }, say(word)));
    this.section.replaceChildren(
      element("div", { class: "list-head" },
        element("h2", { id: "list-title" }, say("parcels"), " ", this.count),
        element("span", { class: "caption" }, say("worstFirst")),
        this.search),
      element("div", { class: "scroll" },
        element("table", {}, element("thead", {}, element("tr", {}, ...head)), this.body)),
    );
    if (focused) this.search.focus();
    this.fill();
  }

  show(features: ParcelFeature[], layer: LayerName): void {
    this.features = features;
    if (layer !== this.layer) {
      this.layer = layer;
      this.speak();
    }
    this.fill();
  }

  mark(id: string): void {
    this.chosen = id;
    for (const row of this.body.rows) row.toggleAttribute("data-chosen", row.dataset["parcel"] === id);
    for (const button of this.body.querySelectorAll("button")) {
      if (button.dataset["parcel"] === id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  /** Give the keyboard back to the row of a parcel. */
  focus(id: string): void {
    for (const button of this.body.querySelectorAll("button")) if (button.dataset["parcel"] === id) button.focus();
  }

  private fill(): void {
    const wanted = this.search.value.trim().toLocaleLowerCase();
    const found = this.features
      .map((each) => each.properties)
      .filter((state) => `${state.name} ${state.id} ${sayCrop(state.crop)} ${state.crop}`.toLocaleLowerCase().includes(wanted))
      .sort(worstFirst(this.layer));
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["parcel"] : undefined;
    this.count.textContent = this.features.length ? String(this.features.length) : "";
    const nothing = say(this.features.length ? "noMatch" : "noParcels");
    const rows = found.map((state) => this.row(state));
    this.body.replaceChildren(...(rows.length ? rows : [element("tr", {}, element("td", { colspan: 4, class: "quiet" }, nothing))]));
    this.mark(this.chosen);
    if (focused) this.focus(focused);
  }

  private row(state: ParcelState): HTMLTableRowElement {
    const kind = classOf(this.layer, state);
    const value = labelOf(this.layer, state);
    const button = element("button", { type: "button", "data-parcel": state.id }, state.name);
    const dose = state.action === "irrigate" && state.depth_mm !== null ? ` ${quantity(state.depth_mm, "mm")}` : "";
    const advice = state.action
      ? element("span", { class: `chip action-${state.action}`, "data-expired": state.advice_expired },
          sayCode("action", state.action) + dose)
      : "–";
    const row = element("tr", { "data-parcel": state.id },
      element("th", { scope: "row" }, button, element("span", { class: "under" }, sayCrop(state.crop))),
      element("td", {}, element("span", { class: `value ${kind < 0 ? "hatch" : `class-${kind}`}`, title: waterTitle(state) }, value)),
      element("td", {}, advice),
      element("td", { class: "quiet" }, state.seen_age_h === null ? "–" : age(state.seen_age_h)));
    row.addEventListener("click", () => this.select(state.id));
    return row;
  }
}

function waterTitle(state: ParcelState): string {
  if (state.water_day === null) return say("neverWater");
  return say(state.stale ? "staleWater" : "waterAsOf", dayName(state.water_day));
}
