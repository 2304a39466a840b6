"""One field of tomato from sowing to harvest: the real advisor and its judge, AquaCrop, a farmer, a camera, a probe."""

import pytest

from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.runs import Part, outcomes_of, setting_of
from tests.unit.simulations.closed_loop.made import pilot

pytest.importorskip("aquacrop", reason="needs the package aquacrop, of the extra [simulate]")


@pytest.mark.timeout(600)
def test_a_season_under_the_advisor_and_under_practice() -> None:
    whole = pilot(
        crops=["tomato"],
        climates=[{"name": "tunis", "seasons": [1990]}],
        strategies=["no_forecast", "mixture"],
        sensors={"cameras": 1.0, "probes": 1.0, "meters": 1.0},
    )
    setting = setting_of(whole, whole.climates[0], ())
    parts = [Part(strategy=name, climate="tunis", crop="tomato") for name in ("no_forecast", "mixture")]
    advised, practised = (outcomes_of(part, setting)[0] for part in parts)
    assert Outcome.of_row(advised.row()) == advised
    assert advised.advised_days > 90
    assert advised.events > 5
    assert advised.advice_error_mm is not None
    assert 0.0 < advised.advice_error_mm < 80.0
    assert advised.yield_t_ha > 0.8 * advised.potential_t_ha
    assert advised.applied_net_mm == pytest.approx(advised.efficiency * advised.applied_gross_mm)
    assert practised.advised_days == 0
    assert practised.advice_error_mm is None
    assert practised.potential_t_ha == pytest.approx(advised.potential_t_ha, rel=0.05)
