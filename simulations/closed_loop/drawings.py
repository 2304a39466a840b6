"""Drawings of a simulation's report, SVG: each is made of the outcomes and figures of the run and of nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from cloud.explanation.canvas import BLUE, GREY, INK, ORANGE, PALE, bytes_of, sheet
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.savings import paired
from simulations.closed_loop.verdict import SAVED, YIELD_KEPT

GREEN: Final = "#d8ead9"
_OFFSET: Final = 0.16


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One drawing and what it shows, in words."""

    caption: str
    svg: bytes


def drawings_of(outcomes: Sequence[Outcome], figures: Mapping[str, Any]) -> list[Drawing]:
    """The drawings that the strategies of a run allow."""
    comparisons = figures["comparisons"]
    drawn = []
    if comparisons:
        drawn += [_trade(comparisons), _by_crop(comparisons), _by_season(comparisons)]
    drawn.append(_where_water_went(outcomes))
    if comparisons and any(row["strategy"] == "advisor" for row in comparisons):
        drawn.append(_each_field(outcomes))
    if figures["ablations"]:
        drawn.append(_ablations(figures["ablations"]))
    if figures.get("fairness"):
        drawn.append(_fairness(figures["fairness"]))
    return drawn


def _percent(interval: Mapping[str, Any]) -> tuple[float, float, float]:
    """Value and the lengths of the interval to either side, in per cent; 0 where there is none."""
    value, low, high = interval["value"], interval["low"], interval["high"]
    if low is None or high is None:
        return 100.0 * value, 0.0, 0.0
    return 100.0 * value, max(100.0 * (value - low), 0.0), max(100.0 * (high - value), 0.0)


def _whiskers(axes: Axes, place: tuple[float, float], sizes: tuple[float, float], colour: str, *, across: bool) -> None:
    error = np.array(sizes)[:, None]
    axes.errorbar(
        *place,
        xerr=error if across else None,
        yerr=None if across else error,
        fmt="o",
        color=colour,
        markersize=5,
        capsize=2.5,
        linewidth=1.2,
    )


def _trade(comparisons: Sequence[Mapping[str, Any]]) -> Drawing:
    with sheet(6.6, 4.2) as figure:
        axes = figure.subplots()
        axes.axhline(100.0 * YIELD_KEPT, color=GREY, linestyle="--", linewidth=1)
        for row in comparisons:
            saved = _percent(row["groups"]["all"]["water_saved"])
            kept = _percent(row["groups"]["all"]["yield_ratio"])
            colour = BLUE if row["strategy"] == "advisor" else INK
            _whiskers(axes, (saved[0], kept[0]), saved[1:], colour, across=True)
            _whiskers(axes, (saved[0], kept[0]), kept[1:], colour, across=False)
            axes.annotate(
                row["strategy"],
                (saved[0], kept[0]),
                xytext=(7, 6),
                textcoords="offset points",
                fontsize=9,
                color=colour,
            )
        axes.set_xlim(min(-10.0, axes.get_xlim()[0]), max(55.0, min(axes.get_xlim()[1], 75.0)))
        top, right = max(axes.get_ylim()[1], 100.0 * YIELD_KEPT + 1.0), axes.get_xlim()[1]
        axes.fill_between([100.0 * SAVED, right], 100.0 * YIELD_KEPT, top, color=GREEN, alpha=0.6, linewidth=0)
        axes.set_ylim(axes.get_ylim()[0], top)
        axes.set_xlabel("water saved against the farmers' mixture, applied and taken from the soil [%]")
        axes.set_ylabel("yield over the well-watered calendar's [%]")
        svg = bytes_of(figure, "svg")
    caption = (
        "Water and yield together (SYNTHETIC world): to the right is less water, up is more yield; shaded: both bars"
        " met; the dashed line is the yield bar; whiskers are 95 % intervals of whole crop-years"
    )
    return Drawing(caption=caption, svg=svg)


def _groups(comparisons: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    found: dict[str, None] = {}
    for row in comparisons:
        found |= dict.fromkeys(name for name in row["groups"] if name.startswith(f"{kind} "))
    return list(found) or ["all"]


def _by_crop(comparisons: Sequence[Mapping[str, Any]]) -> Drawing:
    names = _groups(comparisons, "crop")
    with sheet(7.4, 3.4) as figure:
        left, right = figure.subplots(1, 2)
        for axes, what in ((left, "water_saved"), (right, "yield_ratio")):
            for number, row in enumerate(one for one in comparisons if one["strategy"] in {"advisor", "perfect"}):
                colour = BLUE if row["strategy"] == "advisor" else ORANGE
                for place, name in enumerate(names):
                    if name in row["groups"]:
                        value, *sizes = _percent(row["groups"][name][what])
                        at = (value, place + _OFFSET * (number - 0.5))
                        _whiskers(axes, at, (sizes[0], sizes[1]), colour, across=True)
                axes.plot([], [], "o", color=colour, label=row["strategy"])
            axes.set_yticks(range(len(names)), [name.removeprefix("crop ") for name in names])
            axes.invert_yaxis()
        left.axvline(100.0 * SAVED, color=GREY, linestyle="--", linewidth=1)
        right.axvline(100.0 * YIELD_KEPT, color=GREY, linestyle="--", linewidth=1)
        left.set_xlabel("water saved [%]")
        right.set_xlabel("yield over the calendar's [%]")
        if right.get_legend_handles_labels()[0]:
            right.legend(loc="best")
        svg = bytes_of(figure, "svg")
    return Drawing(caption="Crop by crop: water saved and yield kept, with 95 % intervals; dashed: the bars", svg=svg)


def _by_season(comparisons: Sequence[Mapping[str, Any]]) -> Drawing:
    row = next((one for one in comparisons if one["strategy"] == "advisor"), comparisons[0])
    seasons = sorted((name for name in row["groups"] if name.startswith("season ")), key=lambda name: int(name[7:]))
    with sheet(7.0, 2.9) as figure:
        axes = figure.subplots()
        for place, name in enumerate(seasons or ["all"]):
            value, *sizes = _percent(row["groups"][name]["water_saved"])
            odd = name[-1:] in "13579"
            _whiskers(axes, (place, value), (sizes[0], sizes[1]), BLUE if odd else GREY, across=False)
        axes.axhline(100.0 * SAVED, color=GREY, linestyle="--", linewidth=1)
        axes.set_xticks(range(len(seasons or ["all"])), [name.removeprefix("season ") for name in seasons or ["all"]])
        axes.plot([], [], "o", color=BLUE, label="odd years: never chosen on")
        axes.plot([], [], "o", color=GREY, label="even years: the policy may have been chosen on them")
        axes.set_ylabel("water saved [%]")
        figure.legend(loc="outside lower center", ncols=2)
        svg = bytes_of(figure, "svg")
    return Drawing(caption=f"{row['strategy']}: water saved in each season; dashed: the bar", svg=svg)


_FATES: Final = (("transpired by the crop", BLUE), ("lost below the roots", ORANGE), ("run off", GREY))


def _where_water_went(outcomes: Sequence[Outcome]) -> Drawing:
    strategies = sorted({one.strategy for one in outcomes})
    names = [{(one.field, one.season) for one in outcomes if one.strategy == name} for name in strategies]
    shared = set.intersection(*names)
    with sheet(7.0, 1.4 + 0.34 * len(strategies)) as figure:
        axes = figure.subplots()
        for place, name in enumerate(strategies):
            own = [
                one for one in outcomes if one.strategy == name and (not shared or (one.field, one.season) in shared)
            ]
            start = 0.0
            for (label, colour), what in zip(_FATES, ("transpiration_mm", "percolation_mm", "runoff_mm"), strict=True):
                size = float(np.mean([getattr(one, what) for one in own]))
                axes.barh(place, size, left=start, color=colour, height=0.6, label=label if place == 0 else None)
                start += size
            applied = float(np.mean([one.applied_net_mm for one in own]))
            axes.plot([applied, applied], [place - 0.4, place + 0.4], color=INK, linewidth=2)
        axes.plot([], [], color=INK, linewidth=2, label="irrigation that reached the soil")
        axes.set_yticks(range(len(strategies)), strategies)
        axes.set_xlabel("mean of the field-seasons that ran under all [mm]")
        figure.legend(loc="outside lower center", ncols=4)
        svg = bytes_of(figure, "svg")
    return Drawing(caption="Where the water went, rain included, and how much was irrigation", svg=svg)


def _each_field(outcomes: Sequence[Outcome]) -> Drawing:
    crops = sorted({one.crop for one in outcomes})
    with sheet(7.0, 3.2) as figure:
        axes = figure.subplots()
        for place, crop in enumerate(crops):
            pairs = paired([one for one in outcomes if one.crop == crop], "advisor", "mixture", "calendar_110")
            if not pairs.size:
                continue
            saved = pairs.baseline_mm - pairs.used_mm
            beside = place + np.random.default_rng(place).uniform(-0.22, 0.22, saved.size)
            lost = pairs.yield_t_ha < YIELD_KEPT * pairs.reference_t_ha
            axes.plot(beside[~lost], saved[~lost], "o", color=BLUE, markersize=3, alpha=0.6)
            axes.plot(beside[lost], saved[lost], "x", color=ORANGE, markersize=4)
            axes.plot([place - 0.3, place + 0.3], [float(np.median(saved))] * 2, color=INK, linewidth=1.5)
        axes.axhline(0.0, color=GREY, linewidth=1)
        axes.plot([], [], "o", color=BLUE, label="yield at least 99 % of the calendar's")
        axes.plot([], [], "x", color=ORANGE, label="yield below")
        axes.set_xticks(range(len(crops)), crops)
        axes.set_ylabel("water saved [mm gross]")
        figure.legend(loc="outside lower center", ncols=2)
        svg = bytes_of(figure, "svg")
    caption = (
        "Every field-season: water the advisor used less than the practice that this very field was drawn to follow"
    )
    return Drawing(caption=caption, svg=svg)


def _ablations(rows: Sequence[Mapping[str, Any]]) -> Drawing:
    with sheet(6.6, 1.2 + 0.4 * len(rows)) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for place, row in enumerate(rows):
            value, *sizes = _percent(row["groups"]["all"]["water_saved"])
            _whiskers(left, (value, place), (sizes[0], sizes[1]), BLUE, across=True)
            value, *sizes = _percent(row["yield_gained"])
            _whiskers(right, (value, place), (sizes[0], sizes[1]), BLUE, across=True)
        for axes, words in ((left, "water that the source saves [%]"), (right, "yield that it gains [%]")):
            axes.axvline(0.0, color=GREY, linewidth=1)
            axes.set_xlabel(words)
        left.set_yticks(range(len(rows)), [str(row["baseline"]).removeprefix("no_") for row in rows])
        svg = bytes_of(figure, "svg")
    return Drawing(caption="What each source is worth: the advisor with it against the advisor without it", svg=svg)


def _fairness(rows: Sequence[Mapping[str, Any]]) -> Drawing:
    known = [row for row in rows if row["yield_ratio"] is not None]
    with sheet(7.0, 1.0 + 0.24 * len(known)) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for place, row in enumerate(known):
            for axes, what in ((left, "yield_ratio"), (right, "water_saved")):
                value, *sizes = _percent(row[what])
                _whiskers(axes, (value, place), (sizes[0], sizes[1]), BLUE, across=True)
            if place and known[place - 1]["by"] != row["by"]:
                for axes in (left, right):
                    axes.axhline(place - 0.5, color=PALE, linewidth=1)
        left.set_yticks(range(len(known)), [f"{row['by']}: {row['group']}" for row in known])
        left.invert_yaxis()
        left.set_xlabel("yield over the calendar's [%]")
        right.set_xlabel("water saved [%]")
        svg = bytes_of(figure, "svg")
    return Drawing(caption="Who is served worse: groups of fields, the worst first within each kind", svg=svg)
