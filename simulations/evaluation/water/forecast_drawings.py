"""Drawings of the forecast figures: error by lead beside its rivals, and where what came lay among the members."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes

from cloud.explanation.canvas import BLUE, GREY, INK, ORANGE, PALE, bytes_of, sheet

Rows = Sequence[Mapping[str, Any]]
RIVALS: Final = (
    ("crps_raw", "raw ensemble", "s", ORANGE, "--"),
    ("crps_climatology", "climatology", "^", GREY, ":"),
    ("crps_calibrated", "corrected by earlier forecasts", "o", BLUE, "-"),
)
LEVEL: Final = 0.8
TENTHS: Final = 10


def by_lead(rows: Rows) -> bytes:
    """Error of each variable at each lead, and the share of what came that lay in the 80 % interval."""
    variables: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        variables[row["variable"]].append(row)
    with sheet(2.6 * len(variables) + 0.4, 4.6) as figure:
        grid = figure.subplots(2, len(variables), sharex=True, squeeze=False, height_ratios=(2.0, 1.0))
        for column, (variable, several) in enumerate(variables.items()):
            error, honesty = grid[0][column], grid[1][column]
            _one_variable(error, honesty, several)
            error.set_title(variable)
            honesty.set_xlabel("lead [days]")
        grid[0][0].set_ylabel("CRPS [unit of the variable]")
        grid[1][0].set_ylabel("share inside\n80 % intervals")
        handles, labels = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        return bytes_of(figure, "svg")


def _one_variable(error: Axes, honesty: Axes, rows: Rows) -> None:
    leads = [row["lead_days"] for row in rows]
    for column, words, marker, colour, line in RIVALS:
        style: dict[str, Any] = {"marker": marker, "markersize": 3.5, "color": colour, "linestyle": line}
        error.plot(leads, [row[column] for row in rows], label=words, **style)
    error.set_ylim(bottom=0.0)
    honesty.axhline(LEVEL, color=INK, linewidth=1.0)
    honesty.plot(
        leads, [row["coverage_80_raw"] for row in rows], marker="s", markersize=3.5, color=ORANGE, linestyle="--"
    )
    honesty.plot(leads, [row["coverage_80"] for row in rows], marker="o", markersize=3.5, color=BLUE)
    honesty.set_ylim(0.0, 1.03)


def ranks(rows: Rows) -> bytes:
    """How often what came lay in each tenth of an ensemble; ten equal bars are an honest one."""
    with sheet(2.1 * max(len(rows) // 2, 1) + 0.4, 4.2) as figure:
        columns = max(-(-len(rows) // 2), 1)
        grid = list(figure.subplots(2, columns, sharex=True, squeeze=False).T.flat)
        for axes, row in zip(grid, rows, strict=False):
            counts = [value for name, value in row.items() if name.endswith(" %")]
            total = max(sum(counts), 1)
            axes.bar(range(1, len(counts) + 1), [count / total for count in counts], color=PALE, edgecolor=BLUE)
            axes.axhline(1.0 / TENTHS, color=INK, linewidth=1.0)
            axes.set_title(f"{row['variable']}\n{row['ensemble']}", fontsize=8)
        for axes in grid[len(rows) :]:
            axes.set_visible(False)
        figure.supxlabel("tenth of the ensemble in which it lay", fontsize=9)
        figure.supylabel("share of the forecasts", fontsize=9)
        return bytes_of(figure, "svg")
