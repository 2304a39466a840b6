/** What waits for a person: the judge's cards, the greatest loss first. The page shows them; it decides nothing. */

import type { ReviewCard } from "./api";
import { element } from "./dom";
import { dayName, quantity, say, sayCode } from "./words";

const PARCELS_SHOWN = 6;

export class ReviewList {
  private cards: ReviewCard[] = [];

  constructor(
    private readonly section: HTMLElement,
    private readonly select: (id: string) => void,
  ) {}

  show(cards: ReviewCard[]): void {
    this.cards = cards;
    this.speak();
  }

  /** Write everything anew, in the language of now; with nothing to decide the section is not there. */
  speak(): void {
    const open = this.section.querySelector("details")?.open ?? false;
    this.section.hidden = this.cards.length === 0;
    const waiting = this.cards.filter((each) => each.status !== "expired").length;
    this.section.replaceChildren(
      element("details", { open },
        element("summary", {}, element("h2", {}, say("review")), " ", element("span", { class: "count" }, String(waiting))),
        element("ul", { class: "cards" }, ...this.cards.map((each) => this.item(each))),
        element("p", { class: "caption" }, say("reviewHow"))),
    );
  }

  private item(card: ReviewCard): HTMLLIElement {
    const parcels = card.parcels.slice(0, PARCELS_SHOWN).map((each) => {
      const button = element("button", { type: "button", "data-parcel": each.parcel_id, title: each.explanation }, each.parcel_name);
      button.addEventListener("click", () => this.select(each.parcel_id));
      return button;
    });
    const more = card.parcels.length - parcels.length;
    const left = card.status === "expired" ? "" : `, ${say("hoursLeft", quantity(card.hours_left, "h"))}`;
    return element("li", { "data-card": card.card, "data-status": card.status },
      element("strong", {}, card.why),
      element("span", { class: "under" },
        `${dayName(card.day)}: ${sayCode("review", card.status)}, ${say("atStake", quantity(card.missing_m3, "m³"))}${left}`),
      element("span", { class: "under" }, say("lookAt", card.look_at)),
      element("span", { class: "parcels" }, ...parcels, more > 0 && say("andMore", String(more))));
  }
}
