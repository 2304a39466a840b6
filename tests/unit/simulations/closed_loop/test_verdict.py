"""A bar is met or missed with its distance; the sentence never claims more than the bars."""

from simulations.closed_loop.verdict import DISTRICT, Roles, bars_of, turns_bar, word_of
from tests.unit.simulations.closed_loop.made import many, outcome

ROLES = Roles(advisor="advisor", mixture="mixture", calendar="calendar_110")


def states(saved: float) -> dict[str, object]:
    return {str(row["what"]): row["state"] for row in bars_of(many(saved=saved), ROLES)}


def test_all_bars_met() -> None:
    bars = bars_of(many(), ROLES)
    assert [row["state"] for row in bars] == ["met"] * 4
    assert word_of(bars).startswith("saved: 40.1% less water")
    assert "simulated world" in word_of(bars)


def test_a_saving_that_costs_yield_is_not_proven() -> None:
    bars = bars_of(many(kept=0.95), ROLES)
    assert word_of(bars).startswith("not proven")
    assert "95.0%" in word_of(bars)


def test_a_small_saving_misses_the_bar_and_its_bound() -> None:
    found = states(saved=0.1)
    assert found["water saved against the mixture, applied and taken from the soil"] == "missed"
    assert found["lower 95 % bound of the water saved"] == "missed"
    assert word_of(bars_of(many(saved=0.1), ROLES)).startswith("not proven")


def test_between_bar_and_goal() -> None:
    found = states(saved=0.32)
    assert found["water saved against the mixture, applied and taken from the soil"] == "met"
    assert found["the same, goal"] == "missed"


def test_too_few_crop_years_prove_nothing() -> None:
    few = [one for one in many() if one.season < 1990]
    assert word_of(bars_of(few, ROLES)).startswith("not proven")


def test_nothing_in_common_is_not_measured() -> None:
    bars = bars_of([outcome("advisor")], ROLES)
    assert [row["state"] for row in bars] == ["not measured"]
    assert word_of(bars).startswith("not proven")


def test_one_crop_year_has_no_interval() -> None:
    rows = [outcome(name) for name in ("advisor", "mixture", "calendar_110")]
    notes = [str(row.get("note", "")) for row in bars_of(rows, ROLES)]
    assert any("no interval" in note for note in notes)
    assert any("too few" in note for note in notes)


def test_water_beyond_perfect_knowledge() -> None:
    roles = Roles(advisor="advisor", mixture="mixture", calendar="calendar_110", perfect="perfect")
    bar = bars_of(many(extra=("perfect",)), roles)[-1]
    assert bar["state"] == "met"
    assert bar["value"] == 0.0
    assert bars_of(many(), roles)[-1]["state"] == "not measured"


def test_turns_are_held_to_a_calendar_that_nothing_binds() -> None:
    assert turns_bar(many(kept=0.96), "advisor", "calendar_110")["state"] == "met"
    assert turns_bar(many(kept=0.94), "advisor", "calendar_110")["state"] == "missed"
    assert turns_bar(many(), "nobody", "calendar_110")["state"] == "not measured"


def test_a_district_is_asked_for_less() -> None:
    bars = bars_of(many(saved=0.27), ROLES, DISTRICT)
    assert [row["state"] for row in bars] == ["met"] * 3


def test_the_bar_of_saving_says_what_the_farmers_themselves_lose() -> None:
    # 20 mm below the roots at an efficiency of .8 are 25 mm of 500 at the inlet.
    rows = [outcome(name) for name in ("advisor", "mixture", "calendar_110")]
    assert "the mixture loses 5.0% below roots" in str(bars_of(rows, ROLES)[0]["note"])
