import itertools
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from cloud.explanation.canvas import BLUE, GREY, INK, ORANGE, PALE
from cloud.explanation.case import Case
from cloud.explanation.drawing import SHOWN_DAYS, drawing_of
from cloud.records import Verdict
from cloud.water_day import ObservedChange, WaterDay

FIRST, DAY = date(2026, 4, 1), date(2026, 5, 14)


def season(
    make_rows: Callable[..., tuple[WaterDay, ...]], make_seen: Callable[..., ObservedChange]
) -> tuple[WaterDay, ...]:
    days: list[dict[str, Any]] = [{"etc_adj_mm": 5.0} for _ in range(43)]
    days[20] |= {"irrigation_mm": 60.0}
    days[25] |= {"rain_mm": 12.0}
    days[30] |= {
        "correction_mm": 6.3,
        "observations": (make_seen(), make_seen(kind="soil_water_fraction", suspect=True, correction_mm=0.0)),
    }
    return make_rows(FIRST, 10.0, days)


def case(rows: tuple[WaterDay, ...], verdict: Verdict | None = None, name: str = "Seven") -> Case:
    return Case(parcel_id="plot-7", name=name, day=DAY, timezone="UTC", rows=rows, verdict=verdict)


def test_the_same_case_is_the_same_bytes_and_carries_no_date(
    make_rows: Callable[..., tuple[WaterDay, ...]],
    make_seen: Callable[..., ObservedChange],
    make_verdict: Callable[..., Verdict],
) -> None:
    known = case(season(make_rows, make_seen), make_verdict())
    for image_format in ("svg", "png"):
        first, second = drawing_of(known, image_format), drawing_of(known, image_format)
        assert first is not None
        assert first == second
    svg = (drawing_of(known) or b"").decode()
    assert "<dc:date>" not in svg
    assert (drawing_of(known, "png") or b"").startswith(b"\x89PNG")


def test_the_figure_names_what_it_shows_and_its_units(
    make_rows: Callable[..., tuple[WaterDay, ...]],
    make_seen: Callable[..., ObservedChange],
    make_verdict: Callable[..., Verdict],
) -> None:
    svg = (drawing_of(case(season(make_rows, make_seen), make_verdict())) or b"").decode()
    for words in (
        "Seven (plot-7), 2026-05-14",
        "water missing from the root zone [mm]",
        "water that came",
        "beyond: the crop suffers (readily available water)",
        "nothing left for the crop (total available water)",
        "photo: thirst",
        "soil probe, doubted",
        "rain",
        "irrigation that reached the soil",
        "dose of 2026-05-14: 40 mm at the inlet",
        "evening of the advice",
    ):
        assert words in svg, words
    without = (drawing_of(case(season(make_rows, make_seen)[:20])) or b"").decode()
    assert "rain" not in without
    assert "dose of" not in without
    assert "doubted" not in without


def test_without_a_day_in_reach_there_is_no_figure(make_rows: Callable[..., tuple[WaterDay, ...]]) -> None:
    assert drawing_of(case(())) is None
    old = make_rows(DAY - timedelta(days=SHOWN_DAYS + 5), 0.0, [{"etc_adj_mm": 1.0}] * 3)
    assert drawing_of(case(old)) is None
    assert drawing_of(case(make_rows(DAY, 0.0, [{"etc_adj_mm": 1.0}]))) is not None


def test_a_name_that_the_font_lacks_is_drawn_all_the_same(make_rows: Callable[..., tuple[WaterDay, ...]]) -> None:
    rows = make_rows(DAY - timedelta(days=3), 0.0, [{"etc_adj_mm": 1.0}] * 3)
    svg = (drawing_of(case(rows, name="قطعة ⵣ 桃")) or b"").decode()
    assert "桃" in svg
    assert drawing_of(case(rows, name="قطعة ⵣ 桃"), "png") is not None


def test_colours_differ_in_lightness_too() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(part, 16) / 255 for part in re.findall("..", colour[1:]))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    ordered = sorted(lightness(colour) for colour in (INK, BLUE, ORANGE, GREY, PALE))
    assert all(later - earlier > 0.08 for earlier, later in itertools.pairwise(ordered))


def test_a_name_is_drawn_as_it_is_written(make_rows: Callable[..., tuple[WaterDay, ...]]) -> None:
    rows = make_rows(DAY, 0.0, [{"etc_adj_mm": 1.0}])
    svg = (drawing_of(case(rows, name="Field $\\notacommand$\x00\x1b 2")) or b"").decode()
    assert svg.startswith("<?xml")
    assert not {"\x00", "\x1b"} & set(svg)
