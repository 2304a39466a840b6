"""Drawings of the water report: every one is made from the rows of the figures, and from nothing else."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cloud.explanation.canvas import BLUE, GREY, INK, ORANGE, PALE, bytes_of, sheet
from simulations.evaluation.water import forecast_drawings

Rows = Sequence[Mapping[str, Any]]
COLUMNS: Final = 6
LEVEL: Final = 0.8
LEVELS: Final = (0.5, 0.8, 0.95)
MARKS: Final = (("o", BLUE, "-"), ("s", ORANGE, "--"), ("^", INK, ":"), ("D", GREY, "-."), ("v", BLUE, ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One drawing, an SVG file, and what it shows."""

    caption: str
    svg: bytes


def drawings_of(figures: Mapping[str, Any]) -> list[Drawing]:
    """The drawings of one part: plots over time, pooled scatter, honesty by plot, error through the season."""
    modes: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in figures.get("series", ()):
        modes[row["mode"]].append(row)
    drawn = []
    for mode, rows in modes.items():
        if any(value is not None for row in rows for value in row["low_mm"]):
            drawn.append(_over_time(mode, rows))
    if modes:
        drawn += [_pooled(modes), _changes(modes), _honesty(modes, figures.get("rows", ()))]
    if figures.get("by_season"):
        drawn.append(_through_season(figures["by_season"]))
    if figures.get("covers"):
        drawn.append(_covers(figures["covers"]))
    if figures.get("ranks"):
        drawn += _of_forecasts(figures)
    return drawn


def _of_forecasts(figures: Mapping[str, Any]) -> list[Drawing]:
    made = f" ({figures['synthetic']}; SYNTHETIC)" if figures.get("synthetic") else ""
    captions = (
        f"Forecasts by lead: error beside the raw ensemble and climatology, and honesty{made}",
        f"Where what came lay among the members: equal bars are honest{made}",
    )
    drawn = (forecast_drawings.by_lead(figures["rows"]), forecast_drawings.ranks(figures["ranks"]))
    return [Drawing(caption=caption, svg=svg) for caption, svg in zip(captions, drawn, strict=True)]


def _covers(rows: Rows) -> Drawing:
    days = [date.fromisoformat(row["day"]).timetuple().tm_yday for row in rows]
    names = [name for name in rows[0] if name not in {"day", "measured"}]
    with sheet(7.5, 3.8) as figure:
        axes = figure.subplots()
        for name, (marker, colour, line) in zip(names, _endless(len(names)), strict=True):
            values = [row[name] for row in rows]
            axes.plot(days, values, marker=marker, markersize=3.5, color=colour, linestyle=line, label=name)
        axes.plot(
            days,
            [row["measured"] for row in rows],
            "o",
            markersize=7,
            color=INK,
            markerfacecolor="none",
            label="measured",
        )
        axes.set_xlabel("day of the year")
        axes.set_ylabel("share of ground under leaves [-]")
        figure.legend(loc="outside lower center", ncols=1)
        svg = bytes_of(figure, "svg")
    return Drawing(
        caption="Ground cover: what was foreseen for each day before it was seen, and what was measured", svg=svg
    )


def _over_time(mode: str, rows: Rows) -> Drawing:
    columns = min(COLUMNS, len(rows))
    with sheet(2.0 * columns + 0.6, 1.4 * ceil(len(rows) / columns) + 0.9) as figure:
        grid = _grid(figure, len(rows), columns)
        for axes, row in zip(grid, rows, strict=True):
            _one_plot(axes, row)
        figure.supylabel("soil water [mm]", fontsize=9)
        figure.supxlabel("day of the year", fontsize=9)
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4)
        svg = bytes_of(figure, "svg")
    return Drawing(caption=f"{mode}: each plot, measured and estimated with its 80 % interval", svg=svg)


def _one_plot(axes: Axes, row: Mapping[str, Any]) -> None:
    days = [date.fromisoformat(day).timetuple().tm_yday for day in row["days"]]
    low, middle, high = (_numbers(row, name) for name in ("low_mm", "estimated_mm", "high_mm"))
    measured, scored = _numbers(row, "measured_mm"), np.array(row["scored"], dtype=bool)
    axes.fill_between(days, low, high, color=PALE, linewidth=0, label="80 % interval")
    axes.plot(days, middle, color=BLUE, linewidth=1.2, label="estimated")
    for chosen, face, words in ((scored, INK, "measured, scored"), (~scored, "white", "measured, assimilated")):
        axes.plot(
            np.array(days)[chosen],
            measured[chosen],
            "o",
            markersize=3.5,
            color=INK,
            markerfacecolor=face,
            label=words,
        )
    axes.set_title(str(row["plot"]), fontsize=8)


def _grid(figure: Figure, count: int, columns: int) -> list[Axes]:
    """As many axes as there are things to show, on one scale; the lowest of each column is marked."""
    every = list(figure.subplots(ceil(count / columns), columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes in every[count:]:
        axes.set_visible(False)
    for axes in every[max(count - columns, 0) : count]:
        axes.tick_params(labelbottom=True)
    return every[:count]


def _pooled(modes: Mapping[str, Rows]) -> Drawing:
    pairs = {mode: _scored_pairs(rows) for mode, rows in modes.items()}
    return Drawing(
        caption="All scored readings: measured to the right, estimated upwards; on the line both agree",
        svg=_scatter(pairs, "measured [mm]", "estimated [mm]"),
    )


def _changes(modes: Mapping[str, Rows]) -> Drawing:
    pairs = {}
    for mode, rows in modes.items():
        each = [_scored_pairs([row]) for row in rows]
        steps = [np.diff(part, axis=1) for part in each if part.shape[1] > 1]
        pairs[mode] = np.concatenate(steps, axis=1) if steps else np.empty((2, 0))
    return Drawing(
        caption="Change of soil water from one scored reading of a plot to its next",
        svg=_scatter(pairs, "measured change [mm]", "estimated change [mm]"),
    )


def _scatter(pairs: Mapping[str, np.ndarray[Any, Any]], right: str, up: str) -> bytes:
    columns = min(3, len(pairs))
    everything = np.concatenate([part.ravel() for part in pairs.values()])
    low, high = (float(everything.min()), float(everything.max())) if everything.size else (0.0, 1.0)
    with sheet(3.3 * columns, 3.2 * ceil(len(pairs) / columns)) as figure:
        for axes, (mode, (measured, estimated)) in zip(_grid(figure, len(pairs), columns), pairs.items(), strict=True):
            axes.plot([low, high], [low, high], color=GREY, linewidth=0.8)
            axes.plot(measured, estimated, "o", markersize=2.2, color=BLUE, markeredgewidth=0.0)
            error = np.sqrt(np.mean((estimated - measured) ** 2)) if measured.size else float("nan")
            axes.set_title(f"{mode}\nRMSE {error:.1f} mm, {measured.size} readings", fontsize=8)
            axes.set_xlabel(right)
            axes.set_ylabel(up)
        return bytes_of(figure, "svg")


def _honesty(modes: Mapping[str, Rows], scores: Rows) -> Drawing:
    """Share of each plot's scored readings inside its 80 % intervals, and of all readings inside three intervals."""
    with sheet(9.0, 3.8) as figure:
        plots, levels = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
        for (mode, rows), (marker, colour, line) in zip(modes.items(), _endless(len(modes)), strict=True):
            style = {"marker": marker, "markersize": 3.5, "color": colour, "linestyle": line, "linewidth": 0.8}
            hits = [part for part in map(_covered, rows) if part.size]
            if hits:
                words = f"{mode}: {np.concatenate(hits).mean():.0%} of {sum(part.size for part in hits)}"
                shares = sorted(float(part.mean()) for part in hits)
                plots.plot(np.arange(1, len(hits) + 1), shares, label=words, **style)
            found = [row for row in scores if row["mode"] == mode and row.get("coverage_50") is not None]
            if found:
                levels.plot(LEVELS, [found[0][f"coverage_{100 * level:.0f}"] for level in LEVELS], **style)
        plots.axhline(LEVEL, color=INK, linewidth=1.0)
        levels.plot([0.0, 1.0], [0.0, 1.0], color=INK, linewidth=1.0)
        plots.set_xlabel("plots, from the least covered")
        plots.set_ylabel("share inside 80 % intervals")
        levels.set_xlabel("share that an interval should hold")
        levels.set_ylabel("share that it held")
        for axes in (plots, levels):
            axes.set_ylim(0.0, 1.03)
        figure.legend(*plots.get_legend_handles_labels(), loc="outside lower center", ncols=1)
        svg = bytes_of(figure, "svg")
    return Drawing(caption="Honesty: of the readings, an interval of 80 % should hold 80 %", svg=svg)


def _through_season(rows: Rows) -> Drawing:
    modes: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        modes[row["mode"]].append(row)
    with sheet(7.5, 3.4) as figure:
        error, bias = figure.subplots(1, 2, sharex=True)
        for (mode, several), (marker, colour, line) in zip(modes.items(), _endless(len(modes)), strict=True):
            for axes, column in ((error, "rmse_mm"), (bias, "bias_mm")):
                axes.plot(
                    [row["quarter"] for row in several],
                    [row[column] for row in several],
                    marker=marker,
                    color=colour,
                    linestyle=line,
                    label=mode,
                )
        error.set_ylabel("RMSE [mm]")
        error.set_ylim(bottom=0.0)
        bias.set_ylabel("bias [mm] (above 0: too wet)")
        bias.axhline(0.0, color=INK, linewidth=0.8)
        for axes in (error, bias):
            axes.set_xticks([1, 2, 3, 4])
            axes.set_xlabel("quarter of the season")
        handles, labels = error.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        svg = bytes_of(figure, "svg")
    return Drawing(caption="Error through the season", svg=svg)


def _endless(count: int) -> list[tuple[str, str, str]]:
    return [MARKS[place % len(MARKS)] for place in range(count)]


def _numbers(row: Mapping[str, Any], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in row[name]], dtype=np.float64)


def _scored_pairs(rows: Rows) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Measured and estimated (2, V) of all scored visits."""
    parts = []
    for row in rows:
        scored = np.array(row["scored"], dtype=bool)
        parts.append(np.stack([_numbers(row, "measured_mm")[scored], _numbers(row, "estimated_mm")[scored]]))
    return np.concatenate(parts, axis=1) if parts else np.empty((2, 0))


def _covered(row: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    low, seen, high = (_numbers(row, name) for name in ("low_mm", "measured_mm", "high_mm"))
    counted = np.array(row["scored"], dtype=bool) & ~np.isnan(low)
    inside: np.ndarray[Any, np.dtype[np.bool_]] = ((low <= seen) & (seen <= high))[counted]
    return inside
