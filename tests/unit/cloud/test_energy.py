import pytest

from cloud.energy import BUTANE_KWH_PER_BOTTLE, DIESEL_KWH_PER_LITRE, money_per_hour, usual_hours
from cloud.records import Pump


def pump(**changes: object) -> Pump:
    return Pump.model_validate({"pump": "well", "flow_m3_h": 30.0, **changes})


def test_work_of_fuels_is_that_of_the_nebraska_criteria() -> None:
    # 16.66 hp h a US gallon of diesel; 9.20 of propane, 0.508 kg/l, in a bottle of 12 kg.
    assert pytest.approx(3.28, abs=0.01) == DIESEL_KWH_PER_LITRE
    assert pytest.approx(42.8, abs=0.1) == BUTANE_KWH_PER_BOTTLE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0.0),
        ({"power_kw": 10.0}, 0.0),
        ({"price_per_kwh": 2.0}, 0.0),
        ({"power_kw": 10.0, "price_per_kwh": 1.2}, 12.0),
        ({"power_kw": 10.0, "energy": "diesel", "price_per_unit": 12.0}, 10.0 * 12.0 / DIESEL_KWH_PER_LITRE),
        ({"power_kw": 10.0, "energy": "butane", "price_per_unit": 50.0}, 10.0 * 50.0 / BUTANE_KWH_PER_BOTTLE),
        ({"power_kw": 10.0, "energy": "electricity", "price_per_unit": 50.0}, 0.0),
        ({"power_kw": 10.0, "energy": "diesel", "price_per_unit": 12.0, "price_per_kwh": 1.0}, 10.0),
    ],
)
def test_an_hour_of_a_pump(changes: dict[str, object], expected: float) -> None:
    assert money_per_hour(pump(**changes)) == pytest.approx(expected)


def test_panels_run_a_pump_by_day_unless_the_table_says_otherwise() -> None:
    assert usual_hours(pump()) is None
    assert usual_hours(pump(energy="pv")) == (9.0, 16.0)
    assert usual_hours(pump(energy="pv", from_hour=8.0, to_hour=18.0)) == (8.0, 18.0)
    assert usual_hours(pump(from_hour=8.0)) is None
