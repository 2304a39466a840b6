"""A district's season under a strategy: rows by field, weighed by hectares, bound by what the network brings."""

import pytest

from simulations.closed_loop.district import DistrictDesign, district_of
from simulations.closed_loop.district_run import BASELINES, district_outcomes
from simulations.closed_loop.pilot import Pilot
from simulations.closed_loop.runs import Setting, setting_of

pytest.importorskip("aquacrop", reason="needs the package aquacrop, of the extra [simulate]")

DESIGN = DistrictDesign(climate="tunis", sample=6, canals=1, groups_per_canal=1, turn_days=10)


@pytest.fixture(scope="module")
def setting() -> Setting:
    pilot = Pilot.model_validate(
        {"name": "d", "crops": ["maize"], "climates": [{"name": "tunis", "seasons": [1990]}], "strategies": ["advisor"]}
    )
    return setting_of(pilot, pilot.climates[0], ())


@pytest.mark.parametrize("strategy", ["mixture", "turns"])
def test_a_baseline_takes_no_more_than_its_quota(setting: Setting, strategy: str) -> None:
    rows = district_outcomes(strategy, 1990, setting, DESIGN)
    district = district_of(DESIGN, 1990, setting.climate)
    quotas = {one.parcel_id: one.volume_m3 for one in district.quotas}

    assert sum(row.weight for row in rows) == pytest.approx(2000.0, rel=0.02)
    assert {row.groups["canal"] for row in rows} == {"head", "tail", "none"}
    for row in rows:
        if row.field in quotas:
            assert 10.0 * row.applied_gross_mm * row.area_ha <= quotas[row.field] + 1e-6


def test_water_on_demand_is_bound_by_nothing(setting: Setting) -> None:
    free = district_outcomes("calendar_110_on_demand", 1990, setting, DESIGN)
    bound = district_outcomes("calendar_110", 1990, setting, DESIGN)

    assert sum(row.applied_gross_mm for row in free) > sum(row.applied_gross_mm for row in bound)
    assert sum(row.yield_t_ha for row in free) > sum(row.yield_t_ha for row in bound)
    assert "calendar_110_on_demand" in BASELINES


def test_the_advisor_speaks_under_the_same_turns(setting: Setting) -> None:
    days: list[object] = []

    class Enough(Exception):  # noqa: N818 -- no error: the test has seen what it came for
        pass

    def told(day: object, fields: object) -> None:
        days.append((day, fields))
        if len(days) == 30:
            raise Enough

    with pytest.raises(Enough):
        district_outcomes("advisor", 1990, setting, DESIGN, told=told)
    assert len(days) == 30
