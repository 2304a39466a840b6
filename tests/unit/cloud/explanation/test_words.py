from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from cloud.explanation.account import account_of
from cloud.explanation.case import Case
from cloud.explanation.words import (
    account_lines,
    explanation_of,
    observation_lines,
    spread_lines,
)
from cloud.records import Verdict
from cloud.water_day import ObservedChange, Spread, WaterDay

MakeRows = Callable[..., tuple[WaterDay, ...]]
MakeSeen = Callable[..., ObservedChange]
FIRST, DAY = date(2026, 5, 1), date(2026, 5, 14)
ZONE = "Africa/Casablanca"


def case_of(rows: tuple[WaterDay, ...], verdict: Verdict | None = None, doubt: Spread | None = None) -> Case:
    return Case(
        parcel_id="plot-7",
        name="Seven",
        day=DAY,
        timezone=ZONE,
        rows=rows,
        verdict=verdict,
        spread=doubt,
        efficiency=0.8,
    )


def spread(**shares: float) -> Spread:
    return Spread.model_validate({"parcel_id": "plot-7", "day": date(2026, 5, 4), "sigma_mm": 5.55, "shares": shares})


def test_the_account_reads_as_a_sum(make_rows: MakeRows) -> None:
    rows = make_rows(
        FIRST, 10.0, [{"etc_adj_mm": 5.0}, {"etc_adj_mm": 4.0, "rain_mm": 8.0, "runoff_mm": 1.0}, {"etc_adj_mm": 40.0}]
    )
    account = account_of(rows, DAY)
    assert account is not None
    assert [line.rstrip() for line in account_lines(account)] == [
        "Water missing from the root zone, in mm (1 mm is 10 m3 on a hectare; 0 is a soil as full as it can stay):",
        "    missing on the evening of 2026-04-30, where the record begins    10.0",
        "  + the crop and the bare soil used (4.9 from bare soil)          49.0",
        "  - rain that fell                                                 8.0",
        "  + of that rain ran off                                           1.0",
        "  - irrigation that reached the soil                               0.0",
        "  = missing on the evening of 2026-05-03                          52.0",
        "  This is the average of all possibilities; 8 chances in 10 that it is between 44.0 and 61.0.",
        (
            "  The roots reach 0.80 m. Full, that soil holds 120.0 mm for the crop, of which the first 60.0 come easily"
            " (87% of these are gone); beyond, the crop suffers."
        ),
    ]


def test_a_soil_above_full_and_lost_days_are_said(make_rows: MakeRows) -> None:
    rows = make_rows(FIRST, 0.0, [{"rain_mm": 3.0}, {"etc_adj_mm": 4.0}, {"rain_mm": 9.0}])
    account = account_of((rows[0], rows[2]), DAY)
    assert account is not None
    lines = list(account_lines(account))
    assert "  Without a record: 2026-05-02." in lines
    assert "  + no record tells why more is missing                            4.0" in lines
    assert lines[-1] == "  The roots reach 0.80 m. That soil holds 8.0 mm more than it can keep: this will drain."


def test_each_sighting_says_what_it_changed_and_the_changes_add_up(make_rows: MakeRows, make_seen: MakeSeen) -> None:
    changes = (
        make_seen(correction_mm=6.34),
        make_seen(
            kind="soil_water_fraction",
            source="probe 3",
            seen=0.271,
            sigma=0.02,
            expected=0.246,
            expected_sigma=0.038,
            correction_mm=4.36,
        ),
        make_seen(correction_mm=-0.34, suspect=True, note="probe 3 says otherwise"),
        make_seen(correction_mm=0.0, suspect=True),
    )
    moved = sum(one.correction_mm for one in changes)
    rows = make_rows(FIRST, 10.0, [{"correction_mm": moved, "observations": changes}, {"etc_adj_mm": 1.0}])
    account = account_of(rows, DAY)
    assert account is not None
    assert account.moved_mm("observations") == 10.4
    lines = list(observation_lines(account, changes, ZONE))
    thirst = (
        "  2026-05-10 12:30 camera north, thirst of the crop (0 none, 1 full): seen 0.42 +- 0.1, expected 0.18 +- 0.08"
    )
    probe = "  2026-05-10 12:30 probe 3, water in the soil [m3 per m3]: seen 0.271 +- 0.02, expected 0.246 +- 0.038"
    assert lines == [
        "Used of what was seen in the field in these days, and what it changed in mm of missing water:",
        f"{thirst}: +6.3",
        f"{probe}: +4.4, and full it holds more than thought",
        f"{thirst}: -0.3, doubted (probe 3 says otherwise)",
        f"{thirst}: 0.0, it changed nothing, doubted: too far from what was expected",
    ]


def test_corrections_that_were_not_kept_one_by_one_are_said(make_rows: MakeRows, make_seen: MakeSeen) -> None:
    known = make_seen(correction_mm=6.0)
    rows = make_rows(FIRST, 10.0, [{"correction_mm": 6.0, "observations": (known,)}, {"correction_mm": -2.0}])
    account = account_of(rows, DAY)
    assert account is not None
    assert list(observation_lines(account, (known,), ZONE))[-1] == "  other sightings, not kept one by one: -2.0"
    assert list(observation_lines(account, (), ZONE)) == [
        "Used of what was seen in the field in these days: the sightings were not kept one by one."
    ]
    unseen = account_of(make_rows(FIRST, 10.0, [{"etc_adj_mm": 1.0}]), DAY)
    assert unseen is not None
    assert list(observation_lines(unseen, (), ZONE)) == [
        "Used of what was seen in the field in these days: nothing; weather, irrigation and soil alone speak."
    ]


def test_the_causes_of_doubt_come_greatest_first_and_add_up(make_rows: MakeRows) -> None:
    account = account_of(make_rows(FIRST, 10.0, [{"etc_adj_mm": 4.0}] * 4), DAY)
    assert account is not None
    told = spread(soil=0.44, roots=0.2, crop=0.02, rain=0.25, rest=0.09)
    assert list(spread_lines(account, told)) == [
        "What is uncertain: the 26.0 mm may be off by 5.5 either way. That comes from:",
        "   44%  how much water the soil can hold",
        "   25%  how much rain fell on the field",
        "   20%  how deep the roots go",
        "   11%  errors of single days, above all of the air's demand, and what the causes do together",
    ]
    unknown = ["What is uncertain: the share of each cause was not kept for this day."]
    assert list(spread_lines(account, None)) == unknown
    assert list(spread_lines(account, told.model_copy(update={"day": DAY}))) == unknown
    assert "errors" not in " ".join(spread_lines(account, spread(soil=0.99, rest=0.01)))


def test_the_whole_explanation_in_its_order(
    make_rows: MakeRows, make_seen: MakeSeen, make_verdict: Callable[..., Verdict]
) -> None:
    early = make_seen(observed_at=datetime(2026, 4, 20, 9, tzinfo=UTC), correction_mm=1.0)
    late = make_seen(correction_mm=2.0)
    days: list[dict[str, object]] = [{"etc_adj_mm": 2.0}] * 30
    days[0], days[28] = (
        {"correction_mm": 1.0, "observations": (early,)},
        {"correction_mm": 2.0, "observations": (late,)},
    )
    rows = make_rows(date(2026, 4, 14), 0.0, days)
    told = explanation_of(case_of(rows, make_verdict()))
    assert told.observations == (late,)
    assert told.account is not None
    assert told.account.closed_on == date(2026, 5, 13)
    starts = [line.split(":")[0].split(",")[0] for line in told.lines if not line.startswith(" ")]
    assert starts == [
        "Parcel Seven (plot-7)",
        "Proposed",
        "Decision of the judge",
        "May be spoken",
        "Valid until 2026-05-15 01",
        "Dose in mm",
        "Water missing on the evening of the day in mm",
        "Probability of stress before the next chance",
        "Water missing from the root zone",
        "Used of what was seen in the field in these days",
        "What is uncertain",
        "How the advice follows",
        "Facts",
        "Checks",
        "Inputs (code 1.2.3)",
    ]


def test_what_is_not_known_is_said(make_verdict: Callable[..., Verdict]) -> None:
    told = explanation_of(case_of((), make_verdict(), spread(soil=1.0)))
    assert (told.account, told.observations, told.spread) == (None, (), None)
    assert "Water account: no day of soil water is known up to 2026-05-14." in told.lines
    bare = explanation_of(case_of(()))
    assert bare.lines == (
        "Parcel Seven (plot-7), 2026-05-14, Africa/Casablanca",
        "Water account: no day of soil water is known up to 2026-05-14.",
    )


@pytest.mark.parametrize("kind", ["canopy_cover_fraction", "cwsi", "depletion_mm", "soil_water_fraction"])
def test_every_kind_of_sighting_has_its_words(kind: str, make_rows: MakeRows, make_seen: MakeSeen) -> None:
    one = make_seen(kind=kind)
    rows = make_rows(FIRST, 10.0, [{"correction_mm": 6.3, "observations": (one,)}])
    account = account_of(rows, DAY)
    assert account is not None
    line = list(observation_lines(account, (one,), ZONE))[1]
    assert kind not in line
    assert line.startswith("  2026-05-10 12:30 camera north, ")
