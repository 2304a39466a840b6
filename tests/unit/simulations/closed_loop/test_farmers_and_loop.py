"""Farmers do about what they are told to, in the shares that their habits say; the loop brings it all together."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from cloud.variables import Floats
from simulations.closed_loop.farmers import EXACT, Done, Farmers, Habits
from simulations.closed_loop.fields import Design, FieldSeason, fields_of

FIRST = date(2025, 5, 1)


def many(count: int = 300) -> tuple[FieldSeason, ...]:
    return fields_of(Design(crops=("maize",), climates=("tunis",), seasons=(1990,), textures=("loam",), per_cell=count))


def acted(habits: Habits, days: int = 30, every: int = 5, fields: tuple[FieldSeason, ...] | None = None) -> list[Done]:
    fields = fields or many()
    farmers, growing = Farmers(fields, habits, 3), np.ones(len(fields), dtype=np.bool_)
    wish = np.full(len(fields), 20.0)
    return [
        farmers.act(FIRST + timedelta(days=day), wish if day % every == 0 else 0.0 * wish, growing)
        for day in range(days)
    ]


def total(done: list[Done]) -> Floats:
    summed: Floats = np.sum([one.gross_mm for one in done], axis=0)
    return summed


def test_exact_farmers_do_exactly_as_wished() -> None:
    done = acted(EXACT)

    np.testing.assert_array_equal(total(done), 120.0)
    assert all(np.isnan(one.metered_mm).all() and not one.answered.any() for one in done)


def test_four_of_five_wishes_are_done_on_their_day() -> None:
    habits = Habits(unasked=0.0, depth_cv=0.0, farm_cv=0.0)
    done = acted(habits)
    on_the_day = np.mean([one.gross_mm[:] == 20.0 for one in done[::5]])
    other_days = np.mean([one.gross_mm > 0.0 for place, one in enumerate(done) if place % 5])

    assert on_the_day == pytest.approx(0.8, abs=0.04)
    # A fifth is not followed, three tenths of that come late, spread over the four days between.
    assert other_days == pytest.approx(0.2 * 0.3 / 4.0, abs=0.01)


def test_compliance_differs_from_farmer_to_farmer_and_lasts() -> None:
    farmers = Farmers(many(), Habits(), 3)

    assert farmers.compliance.mean() == pytest.approx(0.8, abs=0.03)
    assert farmers.compliance.std() > 0.1
    assert farmers.meter.mean() == pytest.approx(0.3, abs=0.08)


def test_a_farmer_acts_the_same_whoever_else_is_there() -> None:
    fields = many(40)
    alone = acted(Habits(), fields=fields[7:8])
    together = acted(Habits(), fields=fields)

    assert [float(one.gross_mm[0]) for one in alone] == [float(one.gross_mm[7]) for one in together]


def test_irrigations_that_nobody_asked_for_come_and_are_as_deep_as_the_last() -> None:
    habits = replace(EXACT, unasked=0.05)
    done = acted(habits, every=100)

    unasked = np.concatenate([one.gross_mm[one.gross_mm > 0.0] for one in done[1:]])
    assert unasked.size / (29 * 300) == pytest.approx(0.05, abs=0.01)
    np.testing.assert_array_equal(unasked, 20.0)


def test_answers_are_mostly_true_and_a_meter_is_near() -> None:
    done = acted(Habits())
    spoken = [
        (one.answered[place], one.gross_mm[place] > 0.0) for one in done for place in np.flatnonzero(one.answered)
    ]
    true = np.mean([(answer > 0) == came for answer, came in spoken])
    metered = np.concatenate([one.metered_mm[one.gross_mm > 0.0] / one.gross_mm[one.gross_mm > 0.0] for one in done])

    assert true == pytest.approx(0.95, abs=0.02)
    known = metered[np.isfinite(metered)]
    assert known.mean() == pytest.approx(1.0, abs=0.01)
    assert known.std() == pytest.approx(0.03, abs=0.01)
    assert all(np.isnan(one.answered_mm[one.answered <= 0]).all() for one in done)


def test_nothing_is_given_where_nothing_grows() -> None:
    fields = many(20)
    farmers = Farmers(fields, Habits(unasked=0.9), 1)
    growing = np.zeros(20, dtype=np.bool_)

    done = farmers.act(FIRST, np.full(20, 30.0), growing)

    assert not done.gross_mm.any()
