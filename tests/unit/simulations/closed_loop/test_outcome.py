"""The row that every figure is made of: what counts as used, what tells clusters apart, and rows of other versions."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigurationError
from simulations.closed_loop.outcome import Outcome
from tests.unit.simulations.closed_loop.made import outcome


def test_water_taken_from_the_soil_counts_as_it_would_at_the_inlet() -> None:
    # 40 mm less in the soil are 50 mm of a meter where a fifth is lost on the way.
    assert outcome("advisor", storage_change_mm=-40.0).used_gross_mm == pytest.approx(550.0)
    assert outcome("advisor", storage_change_mm=40.0).used_gross_mm == pytest.approx(450.0)
    assert outcome("advisor").used_gross_mm == 500.0


@settings(max_examples=40)
@given(change=st.floats(-200.0, 200.0), efficiency=st.floats(0.5, 1.0))
def test_what_the_soil_gave_is_never_for_nothing(change: float, efficiency: float) -> None:
    one = outcome("advisor", storage_change_mm=change, efficiency=efficiency)
    assert (one.used_gross_mm - one.applied_gross_mm) * efficiency == pytest.approx(-change, abs=1e-9)


def test_field_seasons_of_one_weather_are_one_cluster() -> None:
    assert outcome("a", field="x").cluster == outcome("b", field="y", soil="clay").cluster == ("maize", "tunis", 1990)
    others = [outcome("a", **change).cluster for change in ({"season": 1991}, {"crop": "wheat"}, {"climate": "x"})]
    assert len({outcome("a").cluster, *others}) == 4


def test_a_row_comes_back_from_json() -> None:
    one = outcome("advisor", held_days=3, advised_days=90, advice_error_mm=None, weight=2.5)
    assert Outcome.of_row(json.loads(json.dumps(one.row(), allow_nan=False))) == one


@pytest.mark.parametrize(("drop", "add"), [("events", None), (None, "colour"), ("groups", "colour")])
def test_a_row_of_another_version_is_refused_and_says_in_what(drop: str | None, add: str | None) -> None:
    row = outcome("advisor").row()
    if drop is not None:
        del row[drop]
    if add is not None:
        row[add] = "blue"
    with pytest.raises(ConfigurationError, match="simulate into another folder") as caught:
        Outcome.of_row(row)
    for name in (drop, add):
        assert name is None or name in str(caught.value)
