"""The one figure of an explanation: what was missing from the root zone, what came, what was seen, what is advised."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from cloud.explanation.canvas import BLUE, GREY, INK, ORANGE, PALE, ImageFormat, bytes_of, sheet
from cloud.explanation.case import Case
from cloud.records import ObservationKind, Verdict
from cloud.water_day import WaterDay

SHOWN_DAYS: Final = 30
MARKERS: Final[dict[ObservationKind, tuple[str, str]]] = {
    "canopy_cover_fraction": ("^", "photo: leaves"),
    "stress_index": ("v", "photo: thirst"),
    "cwsi": ("D", "heat of the leaves"),
    "soil_water_fraction": ("s", "soil probe"),
    "depletion_mm": ("o", "measured water"),
}
_HALF_BAR_DAYS: Final = 0.2


def drawing_of(case: Case, image_format: ImageFormat = "svg") -> bytes | None:
    """The figure of a parcel's last 30 days up to the day of its advice; None where no day of water is known."""
    rows = [row for row in case.rows if case.day - timedelta(days=SHOWN_DAYS) < row.day <= case.day]
    if not rows:
        return None
    with sheet(8.0, 6.2) as figure:
        water, given = figure.subplots(2, 1, sharex=True, height_ratios=(3.0, 1.2))
        _draw_water(water, rows)
        _draw_sightings(water, rows)
        _draw_evening(water, case.verdict)
        _draw_given(given, rows, case.verdict)
        water.set_ylabel("water missing from the root zone [mm]\n(0 = as full as it can stay)")
        water.invert_yaxis()
        figure.legend(*_named(water, given), loc="outside lower center", ncols=2)
        given.set_ylabel("water that came\n[mm]")
        _mark_days(given, rows[0].day, max(rows[-1].day, case.day))
        figure.suptitle(f"{_shown(case.name)} ({_shown(case.parcel_id)}), {case.day}", fontsize=11, parse_math=False)
        return bytes_of(figure, image_format)


def _shown(name: str) -> str:
    """A name without what no font can draw."""
    return "".join(character for character in name if character.isprintable())


def _draw_water(axes: Axes, rows: Sequence[WaterDay]) -> None:
    days = [_at(row.day) for row in rows]
    axes.fill_between(
        days,
        [row.depletion_p10_mm for row in rows],
        [row.depletion_p90_mm for row in rows],
        color=PALE,
        linewidth=0,
        label="8 chances in 10",
    )
    axes.plot(days, [row.depletion_mm for row in rows], color=BLUE, linewidth=1.8, label="water missing (average)")
    axes.plot(
        days,
        [row.readily_available_mm for row in rows],
        color=ORANGE,
        linestyle="--",
        label="beyond: the crop suffers (readily available water)",
    )
    axes.plot(
        days,
        [row.total_available_mm for row in rows],
        color=INK,
        linestyle=":",
        label="nothing left for the crop (total available water)",
    )


def _draw_sightings(axes: Axes, rows: Sequence[WaterDay]) -> None:
    """Each sighting stands on its day's estimate; a line shows from where it moved it. Hollow: doubted."""
    named: set[tuple[str, bool]] = set()
    for row in rows:
        for one in row.observations:
            marker, words = MARKERS[one.kind]
            label = f"{words}, doubted" if one.suspect else words
            axes.plot(
                _at(row.day),
                row.depletion_mm,
                marker=marker,
                linestyle="none",
                color=INK,
                markerfacecolor="white" if one.suspect else INK,
                markersize=6,
                label=None if (one.kind, one.suspect) in named else label,
            )
            named.add((one.kind, one.suspect))
        if row.observations and row.correction_mm:
            before_mm = row.depletion_mm - row.correction_mm
            axes.vlines(_at(row.day), before_mm, row.depletion_mm, color=INK, linewidth=1.0)


def _draw_evening(axes: Axes, verdict: Verdict | None) -> None:
    missing = None if verdict is None else verdict.proposed.depletion_mm
    if verdict is None or missing is None:
        return
    axes.errorbar(
        [_at(verdict.proposed.day)],
        [missing.p50],
        yerr=[[missing.p50 - missing.p10], [missing.p90 - missing.p50]],
        color=BLUE,
        marker="o",
        markerfacecolor="white",
        capsize=3,
        linestyle="none",
        label="evening of the advice (middle of all)",
    )


def _draw_given(axes: Axes, rows: Sequence[WaterDay], verdict: Verdict | None) -> None:
    rained = [row for row in rows if row.rain_mm > 0.0]
    watered = [row for row in rows if row.irrigation_mm > 0.0]
    axes.bar(
        [_at(row.day) - _HALF_BAR_DAYS for row in rained],
        [row.rain_mm for row in rained],
        width=2 * _HALF_BAR_DAYS,
        color=GREY,
        label="rain" if rained else None,
    )
    axes.bar(
        [_at(row.day) + _HALF_BAR_DAYS for row in watered],
        [row.irrigation_mm for row in watered],
        width=2 * _HALF_BAR_DAYS,
        color="white",
        edgecolor=BLUE,
        hatch="////",
        label="irrigation that reached the soil" if watered else None,
    )
    spoken = None if verdict is None else verdict.recommendation
    if spoken is not None and spoken.depth_mm is not None:
        axes.bar(
            [_at(spoken.day)],
            [spoken.depth_mm.p50],
            width=3 * _HALF_BAR_DAYS,
            color="white",
            edgecolor=ORANGE,
            linewidth=2.0,
            label=f"dose of {spoken.day}: {spoken.depth_mm.p50:.0f} mm at the inlet",
        )
    axes.set_ylim(0.0, max(axes.get_ylim()[1], 1.0))


def _named(*several: Axes) -> tuple[list[Artist], list[str]]:
    """What the legend shows of all axes, in the order in which it was drawn."""
    drawn, words = zip(*(axes.get_legend_handles_labels() for axes in several), strict=True)
    return [one for part in drawn for one in part], [word for part in words for word in part]


def _mark_days(axes: Axes, first: date, last: date) -> None:
    step = max((last - first).days // 6, 1)
    marked = [last - timedelta(days=back) for back in range(0, (last - first).days + 1, step)]
    axes.set_xticks([_at(day) for day in marked], [day.strftime("%m-%d") for day in marked])
    axes.set_xlim(_at(first) - 0.7, _at(last) + 0.9)
    axes.set_xlabel(f"evening of the day in {last.year} (month-day)")


def _at(day: date) -> float:
    """Place of a day's end on the axis."""
    return float(day.toordinal())
