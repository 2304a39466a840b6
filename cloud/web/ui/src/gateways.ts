/** Gateways that need somebody: silent, gone, or in trouble by their own word. Those that are well are not listed. */

import type { GatewayState } from "./api";
import { element } from "./dom";
import { ago, say, sayCode } from "./words";

export class GatewayList {
  private unwell: GatewayState[] = [];

  constructor(private readonly section: HTMLElement) {}

  show(gateways: GatewayState[]): void {
    this.unwell = gateways.filter((each) => each.state !== "online" || each.troubles.length > 0);
    this.speak();
  }

  /** Write everything anew, in the language of now; when every gateway is well the section is not there. */
  speak(): void {
    const open = this.section.querySelector("details")?.open ?? false;
    this.section.hidden = this.unwell.length === 0;
    this.section.replaceChildren(
      element("details", { open },
        element("summary", {}, element("h2", {}, say("gateways")), " ",
          element("span", { class: "count" }, String(this.unwell.length))),
        element("ul", { class: "cards" }, ...this.unwell.map((each) => this.item(each)))),
    );
  }

  private item(gateway: GatewayState): HTMLLIElement {
    // What a gateway says of itself is shown in its own words, as its log has them.
    const troubles = gateway.troubles.map((each) => element("span", { class: "under" }, `${each.part}: ${each.text}`));
    return element("li", { "data-gateway": gateway.gateway, "data-state": gateway.state },
      element("strong", {}, gateway.gateway),
      element("span", { class: "under" }, `${sayCode("gateway", gateway.state)}, ${say("heard", ago(gateway.age_s))}`),
      ...troubles);
  }
}
