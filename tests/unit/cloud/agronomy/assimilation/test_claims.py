from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from cloud.agronomy.assimilation.claims import REPORTERS, Claims
from cloud.agronomy.plots import plots_of
from cloud.records import IrrigationSystem, Parcel

DAY = 19_800


def parcel(method: str) -> Parcel:
    return Parcel(
        id=method,
        crop="maize",
        planted_on=date(2024, 4, 1),
        latitude=32.0,
        longitude=-6.0,
        irrigation=IrrigationSystem.model_validate({"method": method}),
    )


@pytest.fixture
def claims() -> Claims:
    return Claims.none(plots_of([parcel(name) for name in ("drip", "sprinkler", "basin")], date(2024, 4, 1)))


def code(*names: str) -> np.ndarray:
    return np.array([REPORTERS.index(name) for name in names], dtype=np.float64)


def tell(claims: Claims, place: int, day: int, gross: float, kept: float, source: str = "meter") -> None:
    amounts = np.array([gross]), np.array([0.8 * gross]), np.array([kept])
    claims.tell(np.array([place]), day, amounts, code(source))


def test_nothing_is_claimed_at_first_and_the_usual_depth_follows_the_method(claims: Claims) -> None:
    assert claims.usual_mm.tolist() == [12.0, 25.0, 45.0]
    assert (claims.doubt() == 0.0).all()
    assert np.isnan(claims.seen_on).all()
    claims.begin(np.array([0, 2]), DAY)
    claims.begin(np.array([0, 1, 2]), DAY + 4)
    assert claims.seen_on.tolist() == [DAY - 1, DAY + 3, DAY - 1]


def test_told_water_adds_up_until_the_soil_is_seen(claims: Claims) -> None:
    tell(claims, 1, DAY, 30.0, 24.0)
    tell(claims, 1, DAY + 3, 20.0, 10.0, "reply")
    assert claims.told_gross_mm.tolist() == [0.0, 50.0, 0.0]
    assert claims.told_mm.tolist() == [0.0, 34.0, 0.0]
    assert (claims.told_first[1], claims.told_last[1]) == (DAY, DAY + 3)
    # 0.7 x (0.7 x 25 + 0.3 x 24) + 0.3 x 16
    assert claims.usual_mm[1] == pytest.approx(22.09)
    assert claims.watered_on[1] == DAY, "a reply is believed once the soil confirms it"
    assert claims.watched_by_meter[1] == 0.0


def test_next_to_nothing_is_no_irrigation(claims: Claims) -> None:
    tell(claims, 0, DAY, 0.04, 0.03)
    assert claims.usual_mm[0] == 12.0
    assert claims.watered_on[0] == 0.0


def test_water_of_later_that_day_is_taken_out_and_put_back(claims: Claims) -> None:
    tell(claims, 2, DAY, 50.0, 40.0)
    gross = np.array([0.0, 0.0, 50.0])
    before, later = claims.before(gross, np.full(3, 0.8))
    assert before.told_mm.tolist() == [0.0, 0.0, 0.0]
    assert later.tolist() == [0.0, 0.0, 40.0]
    again = before.with_later(later, gross, DAY)
    assert again.told_mm.tolist() == claims.told_mm.tolist()
    assert again.told_gross_mm.tolist() == claims.told_gross_mm.tolist()


def test_unreported_irrigation_is_likelier_where_it_is_dry_and_rarer_past_a_meter(claims: Claims) -> None:
    assert claims.rate(np.array([-1.0, 0.0, 2.0])).tolist() == pytest.approx([0.003, 0.003, 0.03])
    tell(claims, 2, DAY, 50.0, 40.0)
    assert claims.rate(np.ones(3)).tolist() == pytest.approx([0.03, 0.03, 0.015])
    claims.found[:2] = 4.0, 400.0
    assert claims.rate(np.ones(3)).tolist() == pytest.approx([0.09, 0.09, 0.015])
    claims.found[:] = 0.0
    claims.awaited[:] = 2.0
    assert claims.rate(np.ones(3))[0] == pytest.approx(0.015)


def test_doubt_depends_on_who_tells_and_on_what_came_of_it(claims: Claims) -> None:
    for place, source in enumerate(("meter", "reply", "inferred")):
        tell(claims, place, DAY, 30.0, 20.0, source)
    assert claims.doubt().tolist() == pytest.approx([0.01, 0.06, 0.30])
    claims.undone[1], claims.checked[1] = 3.0, 4.0
    assert claims.doubt()[1] == pytest.approx((0.06 * 8 + 3.0) / 12.0)
    claims.suspected[0] = 1.0
    assert claims.doubt()[0] == pytest.approx(0.4)


def test_claims_are_kept_as_one_array(claims: Claims) -> None:
    tell(claims, 1, DAY, 30.0, 24.0)
    kept = claims.stacked()
    again = Claims.unstacked(kept)
    assert kept.shape == (3, len(fields(Claims)))
    for field in fields(Claims):
        assert np.array_equal(getattr(again, field.name), getattr(claims, field.name), equal_nan=True)
    again.told_mm[0] = 99.0
    assert np.nanmax(kept[0]) < 99.0, "what was kept does not follow what goes on"
    part = claims.take(np.array([1]))
    part.told_mm[0] = 1.0
    claims.enter(np.array([1]), part)
    assert claims.told_mm.tolist() == [0.0, 1.0, 0.0]
