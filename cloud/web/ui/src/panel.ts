/** The panel of one parcel: what is advised and why, its photo, its water, its messages. */

import { readMessages, readPanel, readWater, type Advice, type MessageView, type ParcelPanel, type ParcelState } from "./api";
import { waterChart } from "./chart";
import { element } from "./dom";
import { photoFigure, sightingFacts } from "./photo";
import { clockTime, dayName, duration, localDay, momentName, number, percent, quantity, say, sayCode, sayCrop } from "./words";

/** A dose in words: 24 mm, 288 m³, 6 h 05. */
function dose(advice: Advice): string {
  const parts: string[] = [];
  if (advice.duration_h !== null) parts.push(duration(advice.duration_h));
  if (advice.volume_m3 !== null) parts.push(quantity(advice.volume_m3, "m³"));
  if (advice.depth_mm !== null) parts.push(quantity(advice.depth_mm.p50, "mm"));
  return parts.join(" = ");
}

function startWords([from, to]: [string, string], timeZone: string): string {
  const sameDay = localDay(from, timeZone) === localDay(to, timeZone);
  return say("startBetween", momentName(from, timeZone), sameDay ? clockTime(to, timeZone) : momentName(to, timeZone));
}

/** What to do, in one or two sentences. */
function adviceSentences(advice: Advice, timeZone: string): string[] {
  const told: string[] = [];
  if (advice.action === "irrigate") {
    told.push(dose(advice) ? say("irrigateDose", dose(advice)) : say("irrigate"));
    if (advice.start_window) told.push(startWords(advice.start_window, timeZone));
    if (advice.pump_name) told.push(say("withPump", advice.pump_name));
  } else {
    told.push(say(advice.action));
  }
  if (advice.next_check_day) told.push(say("nextCheck", dayName(advice.next_check_day)));
  return told;
}

function proposalNote(advice: Advice): string | null {
  if (advice.decision === "release" || advice.proposed_depth_mm === null) return null;
  const proposed = quantity(advice.proposed_depth_mm, "mm");
  if (advice.depth_mm === null) return say("proposedHeld", proposed);
  return say("proposed", proposed, quantity(advice.depth_mm.p50, "mm"));
}

function told(value: number | string | null): string {
  if (value === null) return "–";
  return typeof value === "number" ? number(value, 2) : value;
}

function checksList(advice: Advice): HTMLElement | null {
  if (advice.checks.length === 0) return null;
  const passed = advice.checks.filter((check) => check.passed).length;
  const items = advice.checks.map((check) =>
    element("li", { class: check.passed ? "passed" : "failed" },
      element("span", { class: "mark", "aria-hidden": "true" }, check.passed ? "✓" : "✗"),
      element("span", {}, check.name.replaceAll("_", " ")),
      check.measured === null && check.limit === null
        ? null
        : element("span", { class: "quiet" }, say("measuredLimit", told(check.measured), told(check.limit)))));
  return element("details", {}, element("summary", {}, say("checks", String(passed), String(advice.checks.length))), element("ul", { class: "checks" }, ...items));
}

function inputsList(advice: Advice): HTMLElement | null {
  if (advice.inputs.length === 0) return null;
  const items = advice.inputs.map((input) =>
    element("li", {}, element("span", {}, input.name), element("code", {}, input.sha256.slice(0, 12)),
      input.age_days === null ? null : element("span", { class: "quiet" }, say("ageDays", number(input.age_days, 1)))));
  return element("details", {}, element("summary", {}, say("inputs")),
    element("ul", { class: "inputs" }, ...items, element("li", {}, "seguia ", element("code", {}, advice.code_version))));
}

function risks(advice: Advice): HTMLElement | null {
  const { stress_probability_if_followed: followed, stress_probability_if_ignored: ignored } = advice;
  if (followed === null && ignored === null) return null;
  const text = `${say("riskFollowed")}: ${followed === null ? "–" : percent(followed)}, ${say("riskIgnored")}: ${ignored === null ? "–" : percent(ignored)}`;
  return element("p", { class: "risks" }, text);
}

function adviceSection(advice: Advice | null, timeZone: string): HTMLElement {
  if (!advice) return element("section", { class: "advice" }, element("h3", {}, say("advice")), element("p", { class: "quiet" }, say("noAdvice")));
  const [first, ...rest] = adviceSentences(advice, timeZone);
  const note = proposalNote(advice);
  return element("section", { class: `advice action-${advice.action}`, "data-expired": advice.expired },
    element("div", { class: "advice-head" },
      element("h3", {}, say("advice")),
      element("span", { class: `chip decision-${advice.decision}` }, sayCode("decision", advice.decision)),
      advice.expired ? element("span", { class: "chip expired" }, say("expired")) : null),
    element("p", { class: "sentence" }, first ?? ""),
    rest.length ? element("p", {}, rest.join(" ")) : null,
    note ? element("p", { class: "note" }, note) : null,
    element("p", { class: "explanation", lang: "en", dir: "auto" }, advice.explanation),
    risks(advice),
    element("p", { class: "quiet" },
      `${sayCode("reviewer", advice.reviewer)}, ${say("validUntil", momentName(advice.valid_until, timeZone))}`),
    checksList(advice),
    inputsList(advice));
}

function header(state: ParcelState, panel: ParcelPanel | null, close: () => void): HTMLElement {
  const button = element("button", { type: "button", class: "close", "aria-label": say("close") }, "×");
  button.addEventListener("click", close);
  const facts = [sayCrop(state.crop), say("ha", number(state.area_ha, 2)), state.farm];
  if (panel?.site.planted_on) facts.push(say("planted", dayName(panel.site.planted_on)));
  const water = state.water_day === null ? say("neverWater") : say(state.stale ? "staleWater" : "waterAsOf", dayName(state.water_day));
  return element("header", {},
    element("div", {},
      element("h2", { id: "panel-title", dir: "auto" }, state.name),
      element("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
      element("p", { class: state.stale ? "warning" : "quiet" }, water)),
    button);
}

function messageItem(message: MessageView, timeZone: string): HTMLElement {
  return element("li", {},
    element("p", { class: "bubble", dir: "auto", lang: message.language }, message.text),
    element("p", { class: "quiet" },
      element("span", { class: `chip state-${message.state}` }, sayCode("state", message.state)), " ",
      [momentName(message.updated_at, timeZone), message.language, say("segments", String(message.segments)), message.reviewed ? "" : say("unreviewed")]
        .filter(Boolean).join(" · ")));
}

export class Panel {
  private free: () => void = () => undefined;
  private request = new AbortController();

  constructor(
    private readonly aside: HTMLElement,
    private readonly close: () => void,
  ) {
    aside.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }

  hide(): void {
    this.request.abort();
    this.free();
    this.free = () => undefined;
    this.aside.hidden = true;
    this.aside.replaceChildren();
  }

  /** Show a parcel: at once what the map already knows, then the rest as it arrives. */
  async show(state: ParcelState): Promise<void> {
    this.hide();
    this.request = new AbortController();
    const { signal } = this.request;
    this.aside.hidden = false;
    this.aside.setAttribute("data-state", "loading");
    this.aside.replaceChildren(header(state, null, this.close), element("p", { class: "quiet" }, say("loading")));
    this.aside.focus({ preventScroll: true });
    try {
      const [panel, water, messages] = await Promise.all([readPanel(state.id, signal), readWater(state.id, signal), readMessages(state.id, signal)]);
      if (signal.aborted) return;
      this.fill(panel, messages);
      const place = element("div", { class: "charts" });
      this.aside.querySelector(".water")?.append(place);
      if (water.day.length > 0) this.free = waterChart(place, water, state.name);
      else place.append(element("p", { class: "quiet" }, say("noWater")));
      this.aside.setAttribute("data-state", "shown");
    } catch (error) {
      if (signal.aborted) return;
      this.aside.setAttribute("data-state", "failed");
      this.aside.replaceChildren(header(state, null, this.close), element("p", { class: "warning" }, say("panelFailed", String(error))));
    }
  }

  private fill(panel: ParcelPanel, messages: MessageView[]): void {
    const { state } = panel;
    const thread = messages.length
      ? element("ul", { class: "thread" }, ...messages.map((message) => messageItem(message, state.timezone)))
      : element("p", { class: "quiet" }, say("noMessages"));
    this.aside.replaceChildren(
      header(state, panel, this.close),
      adviceSection(panel.advice, state.timezone),
      element("section", { class: "seen" }, element("h3", {}, say("photo")), photoFigure(panel.photo, state), panel.sighting ? sightingFacts(panel.sighting) : null),
      element("section", { class: "water" }, element("h3", {}, say("chart"))),
      element("section", { class: "messages" }, element("h3", {}, say("messages")), thread));
  }
}
