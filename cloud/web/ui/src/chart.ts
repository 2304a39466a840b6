/** The water balance of one parcel: depletion downwards against what the soil holds, water given below it. */

import uPlot from "uplot";

import type { WaterSeries } from "./api";
import { element } from "./dom";
import { dayName, quantity, say, shortDay, type Word } from "./words";

const RECENT_DAYS = 45;
const COLOURS = { depletion: "#8a3a0e", band: "rgba(138,58,14,0.18)", readily: "#c77f1a", total: "#1f2f36", rain: "#2b6a99", irrigation: "#1d8f86" };
const GRID = { stroke: "#e3e6e2", width: 1 };

interface Line {
  word: Word;
  colour: string;
  dash?: number[];
}

function seconds(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000;
}

function line({ word, colour, dash }: Line): uPlot.Series {
  return { label: say(word), stroke: colour, width: dash ? 1.5 : 2.2, ...(dash ? { dash } : {}), points: { show: false } };
}

function axis(extra: uPlot.Axis): uPlot.Axis {
  return { stroke: "#4a5960", grid: GRID, ticks: { show: false }, font: "11px system-ui, sans-serif", ...extra };
}

function common(width: number, height: number): Omit<uPlot.Options, "series"> {
  return {
    width,
    height,
    tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC"),
    cursor: { sync: { key: "water" }, points: { size: 7 }, drag: { x: true, y: false } },
    legend: { show: false },
  };
}

function soilOptions(width: number): uPlot.Options {
  const hidden: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };
  return {
    ...common(width, 190),
    // Drier is lower, as in the soil itself.
    scales: { x: { time: true }, y: { dir: -1, range: (_, low, high) => [Math.min(0, low), Math.max(10, high) * 1.06] } },
    axes: [axis({ values: [], size: 6 }), axis({ size: 46, label: say("wetTop"), labelSize: 16, labelFont: "11px system-ui, sans-serif" })],
    series: [
      {},
      { ...hidden, label: "p10" },
      { ...hidden, label: "p90" },
      line({ word: "depletion", colour: COLOURS.depletion }),
      line({ word: "readily", colour: COLOURS.readily, dash: [6, 4] }),
      line({ word: "total", colour: COLOURS.total, dash: [2, 3] }),
    ],
    bands: [{ series: [2, 1], fill: COLOURS.band, dir: -1 }, { series: [1, 2], fill: COLOURS.band, dir: -1 }],
  };
}

function givenOptions(width: number): uPlot.Options {
  const bars = (word: Word, colour: string, align: -1 | 1): uPlot.Series => ({
    label: say(word), fill: colour, stroke: colour, width: 0, points: { show: false },
    ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.42, 14], align }) } : {}),
  });
  return {
    ...common(width, 104),
    scales: { x: { time: true }, y: { range: (_, __, high) => [0, Math.max(5, high ?? 0) * 1.1] } },
    axes: [axis({ space: 62, size: 26, values: (_, splits) => splits.map((split) => shortDay(split * 1000)) }), axis({ size: 46, space: 22, label: "mm", labelSize: 16, labelFont: "11px system-ui, sans-serif" })],
    series: [{}, bars("rain", COLOURS.rain, -1), bars("irrigation", COLOURS.irrigation, 1)],
  };
}

/** What the soil held and got on one day, in words. */
function dayInWords(series: WaterSeries, at: number): string {
  const day = series.day[at];
  if (day === undefined) return "";
  const mm = (column: (number | null)[]) => {
    const value = column[at];
    return value === null || value === undefined ? "–" : quantity(value, "mm");
  };
  const range = `${mm(series.depletion_p10_mm)} … ${mm(series.depletion_p90_mm)}`;
  return [
    `${dayName(day)}: ${say("depletion").toLocaleLowerCase()} ${mm(series.depletion_mm)} (${range})`,
    `${say("et").toLocaleLowerCase()} ${mm(series.etc_adj_mm)}`,
    `${say("rain").toLocaleLowerCase()} ${mm(series.rain_mm)}`,
    `${say("irrigation").toLocaleLowerCase()} ${mm(series.irrigation_mm)}`,
  ].join(", ");
}

function key(entries: [Word, string, string][]): HTMLElement {
  const items = entries.map(([word, kind, name]) => element("li", {}, element("span", { class: `key ${kind} ${name}` }), say(word)));
  return element("ul", { class: "chart-key" }, ...items);
}

/** The two charts, one time axis; the returned function frees them. */
export function waterChart(place: HTMLElement, series: WaterSeries, parcel: string): () => void {
  const days = series.day.map(seconds);
  const upper = element("div", { class: "plot", role: "img", "aria-label": say("chartLabel", parcel) });
  const lower = element("div", { class: "plot", "aria-hidden": "true" });
  const readout = element("p", { class: "readout" }, dayInWords(series, series.day.length - 1));
  const recent = element("button", { type: "button", "aria-pressed": "true" }, say("last45"));
  const season = element("button", { type: "button", "aria-pressed": "false" }, say("season"));
  place.replaceChildren(
    element("div", { class: "segments small", role: "group" }, recent, season),
    key([["depletion", "line", "depletion"], ["band", "area", "band"], ["readily", "line", "readily"], ["total", "line", "total"]]),
    upper,
    key([["rain", "area", "rain"], ["irrigation", "area", "irrigation"]]),
    lower,
    readout,
  );
  const width = () => Math.max(260, place.clientWidth);
  const soil = new uPlot(soilOptions(width()),
    [days, series.depletion_p10_mm, series.depletion_p90_mm, series.depletion_mm, series.readily_available_mm, series.total_available_mm], upper);
  const given = new uPlot(givenOptions(width()), [days, series.rain_mm, series.irrigation_mm], lower);
  const plots = [soil, given];
  const tell = (plot: uPlot) => {
    readout.textContent = dayInWords(series, plot.cursor.idx ?? series.day.length - 1);
  };
  plots.forEach((plot) => (plot.hooks.setCursor = [tell]));
  const last = days.at(-1) ?? 0;
  const show = (whole: boolean) => {
    const first = whole ? (days[0] ?? 0) : Math.max(days[0] ?? 0, last - RECENT_DAYS * 86400);
    plots.forEach((plot) => plot.setScale("x", { min: first - 43200, max: last + 43200 }));
    recent.setAttribute("aria-pressed", String(!whole));
    season.setAttribute("aria-pressed", String(whole));
  };
  recent.addEventListener("click", () => show(false));
  season.addEventListener("click", () => show(true));
  show(false);
  const watcher = new ResizeObserver(() => {
    plots.forEach((plot) => {
      if (plot.width !== width()) plot.setSize({ width: width(), height: plot.height });
    });
  });
  watcher.observe(place);
  return () => {
    watcher.disconnect();
    plots.forEach((plot) => plot.destroy());
  };
}
