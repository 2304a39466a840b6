"""The page stands alone, says SYNTHETIC, and shows every bar, limit and group."""

import json
from typing import Any

import pytest

from simulations.closed_loop.fairness import Roles, battery
from simulations.closed_loop.figures import READINGS, figures_of
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.report import page, told
from tests.unit.simulations.closed_loop.made import many, outcome, pilot

STRATEGIES = ["advisor", "mixture", "calendar_110", "no_vision", "perfect"]


def figures(outcomes: list[Outcome]) -> dict[str, Any]:
    return figures_of(pilot(strategies=STRATEGIES), outcomes, ["advisor-x-maize: not run: no weather"])


def test_page_of_a_whole_run() -> None:
    outcomes = many(extra=("no_vision", "perfect"))
    found = figures(outcomes)
    text = page(pilot(strategies=STRATEGIES), outcomes, found)
    assert "SYNTHETIC" in text
    assert "no weather" in text
    assert 'src="http' not in text
    assert text.count("data:image/svg+xml") == 7
    for line in found["limits"]:
        assert line.split(",")[0].replace("'", "&#x27;") in text
    assert json.loads(json.dumps(found, allow_nan=False))["verdict"].startswith("saved")
    assert [row["baseline"] for row in found["ablations"]] == ["no_vision"]
    assert found["ablations"][0]["groups"]["all"]["water_saved"]["value"] == pytest.approx(0.0)


def test_page_without_the_advisor_tells_what_there_is() -> None:
    outcomes = [one for one in many() if one.strategy != "advisor"]
    found = figures(outcomes)
    assert found["bars"] == found["fairness"] == []
    text = page(pilot(), outcomes, found)
    assert "not proven" in text
    assert text.count("data:image/svg+xml") == 4


def test_page_of_nothing() -> None:
    assert "not proven" in page(pilot(), [], figures([]))


def test_page_of_single_season() -> None:
    outcomes = [outcome(name) for name in ("advisor", "mixture", "calendar_110")]
    assert "no interval" in page(pilot(), outcomes, figures(outcomes))


def test_a_district_is_held_to_its_own_bars() -> None:
    outcomes = many(extra=("calendar_110_on_demand",), saved=0.27)
    whole = pilot(district={}, strategies=["advisor", "mixture", "calendar_110", "calendar_110_on_demand"])
    found = figures_of(whole, outcomes, [])
    assert [row["state"] for row in found["bars"]] == ["met"] * 4
    assert "canal turns" in str(found["bars"][-1]["what"])


@pytest.mark.parametrize("reading", READINGS)
def test_other_readings_of_the_same_practices_stand_beside(reading: str) -> None:
    outcomes = many(extra=(reading,))
    found = figures_of(pilot(strategies=[*STRATEGIES, reading]), outcomes, [])
    assert found["other_readings_of_practice"][0]["baseline"] == reading
    assert "The same practices read otherwise" in page(pilot(), outcomes, found)


def test_worst_group_stands_first() -> None:
    outcomes = [
        outcome(
            one.strategy,
            field=one.field,
            crop=one.crop,
            season=one.season,
            method=one.method,
            groups=one.groups,
            applied_gross_mm=one.applied_gross_mm,
            held_days=one.held_days,
            advised_days=one.advised_days,
            yield_t_ha=one.yield_t_ha * (0.9 if one.strategy == "advisor" and one.method == "furrow" else 1.0),
        )
        for one in many()
    ]
    rows = battery(outcomes, Roles(strategy="advisor", baseline="mixture", reference="calendar_110"))
    methods = [row["group"] for row in rows if row["by"] == "method"]
    assert methods == ["furrow", "drip"]
    assert {row["by"] for row in rows} == {"method", "crop", "phone"}
    held = next(row for row in rows if row["group"] == "drip")["held_fraction"]
    assert held["value"] == pytest.approx(0.03)
    assert held["low"] == pytest.approx(0.03)


def test_a_small_group_is_told_and_not_judged() -> None:
    lonely = [outcome(name, field="alone", method="sprinkler") for name in ("advisor", "mixture", "calendar_110")]
    rows = battery([*many(), *lonely], Roles(strategy="advisor", baseline="mixture", reference="calendar_110"))
    row = next(row for row in rows if row["group"] == "sprinkler")
    assert row["yield_ratio"] is None
    assert "fewer than" in row["note"]
    assert [one["group"] for one in rows if one["by"] == "method"][-1] == "sprinkler"


def test_an_interval_in_words() -> None:
    assert told({"value": 0.305, "low": 0.2, "high": 0.4}) == "30.5% [20.0%, 40.0%]"
    assert told({"value": 0.3, "low": None, "high": None}) == "30.0% (no interval)"
