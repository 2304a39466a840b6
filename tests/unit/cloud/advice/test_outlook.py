from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from cloud.advice.outlook import SPREAD_BEYOND, Outlook, mean_of, quantiles_of

DAY = date(2026, 5, 14)
OutlookOf = Callable[..., Outlook]


def may(day: int) -> date:
    return date(2026, 5, day)


def test_rows_are_days_after_the_state(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([10.0])
    assert outlook.row(may(13)) == 0
    assert outlook.row(DAY) == 1
    assert outlook.row(may(1)) == 0
    assert outlook.last_day() == may(23)


def test_stress_is_the_share_of_members_above_readily_available_water(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([30.0, 38.0, 43.0, 60.0])
    # After two days of 5 mm: 40, 48, 53, 70 against 50.
    assert outlook.stress_probability(DAY, may(15)) == 0.5
    assert outlook.stress_probability(DAY, DAY) == 0.25


def test_a_member_that_recovers_by_rain_was_stressed_all_the_same(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([47.0, 10.0], rain=[0.0, 40.0])
    assert outlook.stress_probability(DAY, may(15)) == 0.5
    assert outlook.stress_probability(may(15), may(15)) == 0.0


def test_beyond_the_forecast_each_member_goes_on_in_its_own_way(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([0.0] * 20, use=4.0)
    longer = outlook.reaching(may(28))
    assert longer.depletion_mm.shape == (16, 20)
    # Five days of 4 mm after 40 mm, more or less of them.
    last = longer.depletion_mm[-1]
    assert np.mean(last) == pytest.approx(60.0, abs=0.5)
    assert np.std(last) == pytest.approx(20.0 * SPREAD_BEYOND, rel=0.1)
    assert outlook.stress_probability(DAY, may(23)) == 0.0
    assert 0.0 < outlook.stress_probability(DAY, may(26)) < 1.0
    assert outlook.reaching(may(20)) is outlook


def test_beyond_the_forecast_every_second_member_has_rain(outlook_of: OutlookOf) -> None:
    wet, dry = outlook_of([0.0] * 40, use=4.0, rain=[0.0] * 9 + [20.0]), outlook_of([0.0] * 40, use=4.0)
    rained, without = (one.reaching(may(28)).depletion_mm[-1] - one.depletion_mm[-1] for one in (wet, dry))
    # 2 mm a day on the mean of ten days, for five days, in half of the members.
    np.testing.assert_allclose(without[0::2], rained[0::2])
    np.testing.assert_allclose(without[1::2] - rained[1::2], 10.0)


def test_what_is_lost_to_stress_follows_equation_84(outlook_of: OutlookOf) -> None:
    lost = outlook_of([45.0, 70.0], use=6.0).lost_mm(0, 2)
    # Readily available 50 of 100: 70 is 20/50 of the way; a day later 51 and 76.
    np.testing.assert_allclose(lost, [[0.0, 2.4], [0.12, 3.12]])


def test_without_the_forecast_rain_stress_is_at_least_as_probable(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([42.0], rain=[20.0])
    assert outlook.stress_probability(DAY, may(15)) == 0.0
    assert outlook.dry_stress_probability(DAY, may(15)) == 1.0


def test_room_is_the_depletion_of_the_evening(outlook_of: OutlookOf) -> None:
    room = outlook_of([30.0, 40.0]).room_mm(DAY)
    assert room.tolist() == [35.0, 45.0]


def test_forecast_rain_within_five_days_takes_room(outlook_of: OutlookOf) -> None:
    soon = outlook_of([30.0], rain=[0.0, 0.0, 25.0]).room_mm(DAY)
    late = outlook_of([30.0], rain=[0.0] * 6 + [25.0]).room_mm(DAY)
    assert soon.tolist() == [20.0]
    assert late.tolist() == [35.0]


def test_expected_rain_is_the_mean_over_members(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([30.0, 30.0], rain=[2.0, 4.0, 8.0])
    assert outlook.expected_rain_mm(DAY, 2) == pytest.approx(6.0)


def test_depletion_beyond_the_forecast_is_the_last_known(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([0.0])
    assert outlook.depletion_on(date(2026, 6, 30)).tolist() == [50.0]


def test_what_is_kept_of_an_outlook_shows_the_day_and_the_rain_as_before(outlook_of: OutlookOf) -> None:
    outlook = outlook_of([30.0, 38.0, 43.0, 60.0], rain=[0.0, 8.0])
    kept = outlook.until(DAY)
    assert kept.depletion_mm.shape == (2, 4)
    assert kept.depletion_mm.base is None
    np.testing.assert_array_equal(kept.depletion_on(DAY), outlook.depletion_on(DAY))
    assert kept.expected_rain_mm(DAY, 3) == outlook.expected_rain_mm(DAY, 3) == 8.0


def test_quantiles_are_linear_between_ranks() -> None:
    values = quantiles_of(np.arange(100, -1, -1, dtype=np.float64))
    assert (values.p10, values.p50, values.p90) == (10.0, 50.0, 90.0)
    pair = quantiles_of(np.array([4.0, 2.0]))
    assert (pair.p10, pair.p50, pair.p90) == (2.2, 3.0, 3.8)
    alone = quantiles_of(np.array([7.0]))
    assert (alone.p10, alone.p50, alone.p90) == (7.0, 7.0, 7.0)


def test_the_mean_of_a_few_is_numpys_own_to_the_bit() -> None:
    generator = np.random.default_rng(3)
    for shape in ((1,), (7,), (64,), (129,), (3, 64)):
        values = generator.gamma(2.0, 11.0, shape)
        assert mean_of(values) == float(np.mean(values))
    wide = generator.gamma(2.0, 11.0, (11, 40, 64))
    assert mean_of(wide[2:5, 7]) == float(np.mean(wide[2:5, 7]))
