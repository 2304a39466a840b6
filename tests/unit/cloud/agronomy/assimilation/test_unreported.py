from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.agronomy.assimilation.assimilate import expected, observation_variance
from cloud.agronomy.assimilation.claims import Claims
from cloud.agronomy.assimilation.members import draws
from cloud.agronomy.assimilation.readings import Batch, batches
from cloud.agronomy.assimilation.unreported import (
    Cause,
    Footing,
    Sight,
    Weighed,
    drier,
    less_believed,
    shared_out,
    tried,
    weighed,
)
from cloud.records import Observation
from tests.unit.cloud.agronomy.assimilation.made import MEMBERS, evening

DAY = 19_863
"""20 May 2024."""
NORMAL = draws(MEMBERS, 0).rain
UNIFORM = (np.arange(MEMBERS) + 0.5) / MEMBERS


def sight_of(
    value: float | None, kind: str = "soil_water_fraction", given_mm: float = 60.0, shift: float = 0.0
) -> Sight:
    """A reading of that field: a value, or so much more than expected."""
    water, plots, fluxes = evening(given_mm)

    def batch(number: float) -> Batch:
        seen = Observation.model_validate(
            {
                "parcel_id": "a",
                "observed_at": datetime(2024, 5, 20, 18, tzinfo=UTC),
                "kind": kind,
                "value": number,
                "sigma": 0.02,
                "source": "probe",
            }
        )
        return batches([(0, seen)])[0]

    predicted = expected(water, plots, fluxes, batch(0.0))
    number = float(predicted.mean()) + shift if value is None else value
    return Sight.of(water, plots, fluxes, batch(number))


def claims_of(sight: Sight, days: int = 7, **values: float) -> Claims:
    claims = Claims.none(sight.plots)
    claims.seen_on[:] = DAY - days
    for name, value in values.items():
        getattr(claims, name)[:] = value
    return claims


def footing(sigma: float = 0.012, telling: float = 1.0, odd: float = 0.03, offset: float = 0.0) -> Footing:
    return Footing(
        offset=np.array([offset]),
        variance=np.array([sigma**2]),
        telling=np.array([telling]),
        odd=np.array([odd]),
    )


def causes(sight: Sight, claims: Claims, on: Footing | None = None) -> Weighed:
    return weighed(sight, claims, DAY, on or footing(), (NORMAL, UNIFORM))


def test_a_reading_as_expected_is_chance() -> None:
    sight = sight_of(None)
    found = causes(sight, claims_of(sight)).probability[0]
    assert found.sum() == pytest.approx(1.0)
    assert found[Cause.CHANCE] > 0.9


def test_a_rise_without_water_is_irrigation_that_nobody_told_of() -> None:
    sight = sight_of(None, shift=0.045)
    found = causes(sight, claims_of(sight)).probability[0]
    assert found[Cause.UNREPORTED] > 0.7
    assert found[Cause.UNDONE] == 0.0


def test_a_first_reading_tells_nothing_of_water() -> None:
    sight = sight_of(None, shift=0.045)
    found = causes(sight, claims_of(sight), footing(telling=0.0)).probability[0]
    assert found[Cause.UNREPORTED] == 0.0


def test_what_a_source_always_reads_beyond_the_balance_is_no_rise() -> None:
    sight = sight_of(None, shift=0.045)
    assert causes(sight, claims_of(sight), footing(offset=0.045)).probability[0, Cause.CHANCE] > 0.9


def test_a_jump_beyond_any_irrigation_is_a_fault() -> None:
    sight = sight_of(None, shift=0.25)
    assert causes(sight, claims_of(sight)).probability[0, Cause.FAULTY] > 0.9


def test_a_source_with_a_bad_record_is_suspected_first() -> None:
    sight = sight_of(None, shift=0.045)
    good, bad = (causes(sight, claims_of(sight), footing(odd=odd)).probability[0] for odd in (0.03, 0.9))
    assert bad[Cause.FAULTY] > 2.0 * good[Cause.FAULTY]


def test_a_fall_after_told_water_is_water_that_did_not_come() -> None:
    sight = sight_of(None, shift=-0.04)
    told = claims_of(sight, told_mm=45.0, told_gross_mm=56.25, reporter=1.0)
    found = causes(sight, told)
    assert found.probability[0, Cause.UNDONE] > 5.0 * told.doubt()[0]
    assert found.probability[0].argmax() in {Cause.CHANCE, Cause.UNDONE}
    share, error = found.told_share
    # 45 mm over the root zone is about 0.04: next to nothing of it is seen.
    assert abs(share[0]) < 3.0 * error[0]
    assert causes(sight, claims_of(sight)).probability[0, Cause.UNDONE] == 0.0


def test_told_water_that_percolated_shows_no_share() -> None:
    sight = sight_of(None)
    told = claims_of(sight, told_mm=10.0, told_gross_mm=100.0)
    assert np.isnan(causes(sight, told).told_share[0]).all()


def test_a_guess_is_taken_back_when_the_soil_dries_by_it() -> None:
    sight = sight_of(None, shift=-0.04)
    guess = claims_of(sight, days=2, guess_mm=40.0, guess_share=0.8, guess_probability=0.8)
    assert causes(sight, guess).probability[0, Cause.RETRACTED] > 0.6
    assert causes(sight_of(None), guess).probability[0, Cause.RETRACTED] < 0.2


def test_next_to_nothing_told_is_a_hint() -> None:
    sight = sight_of(None, shift=0.03)
    bare = causes(sight, claims_of(sight)).probability[0, Cause.UNREPORTED]
    hint = causes(sight, claims_of(sight, told_gross_mm=0.05, told_mm=0.04)).probability[0, Cause.UNREPORTED]
    assert hint > bare


def test_cover_says_nothing_of_water() -> None:
    sight = sight_of(0.9, "canopy_cover_fraction")
    found = causes(sight, claims_of(sight, told_mm=40.0, told_gross_mm=50.0)).probability[0]
    assert found[[Cause.UNREPORTED, Cause.UNDONE, Cause.RETRACTED]].tolist() == [0.0, 0.0, 0.0]
    assert found.sum() == pytest.approx(1.0)


def test_stress_that_is_gone_points_to_water() -> None:
    sight = sight_of(0.0, "stress_index", given_mm=110.0)
    assert sight.predicted.mean() > 0.3
    found = causes(sight, claims_of(sight), footing(sigma=float(np.sqrt(sight.variance[0])))).probability[0]
    assert found[Cause.UNREPORTED] > found[Cause.FAULTY]


def test_an_irrigation_that_is_tried_dries_no_member_and_spares_what_evaporated_since() -> None:
    sight = sight_of(None, given_mm=40.0)
    guess = tried(sight, claims_of(sight, days=10), DAY, (NORMAL, UNIFORM))
    assert (guess.water.depletion_mm <= sight.water.depletion_mm + 1e-9).all()
    since = guess.days_ago * sight.fluxes.etc_mm.mean()
    assert (guess.water.depletion_mm >= np.minimum(since, sight.water.depletion_mm) - 1e-9).all()
    assert (guess.depth_mm > 0.0).all()
    assert (guess.days_ago < 10.0).all()


def test_longer_out_of_sight_may_be_more_than_one_irrigation() -> None:
    sight = sight_of(None)
    short, long = (tried(sight, claims_of(sight, days=days), DAY, (NORMAL, UNIFORM)) for days in (2, 60))
    assert long.depth_mm.mean() > 1.5 * short.depth_mm.mean()


def test_soil_is_dried_to_its_last_available_water_only() -> None:
    sight = sight_of(None)
    dry = drier(sight, np.array([[1e4]]))
    assert dry.depletion_mm == pytest.approx(np.maximum(sight.fluxes.total_available_mm, sight.water.depletion_mm))


def test_a_doubtful_reading_gets_a_larger_error() -> None:
    sight = sight_of(None)
    variance = observation_variance(sight.batch)[:, 0]
    halved = less_believed(sight.batch, variance, np.array([0.5]))
    assert observation_variance(halved)[:, 0] == pytest.approx(2.0 * variance)
    lost = less_believed(sight.batch, variance, np.ones(1))
    assert observation_variance(lost)[:, 0] == pytest.approx(1000.0 * variance)


def test_members_are_dealt_to_explanations_by_their_probability() -> None:
    sight = sight_of(None)
    wet, dry = drier(sight, np.array([[-30.0]])), drier(sight, np.array([[20.0]]))
    order = np.random.default_rng(0).permutation(UNIFORM)
    dealt = shared_out(sight.water, (wet, dry), (np.array([0.25]), np.array([0.5])), order)
    change = dealt.depletion_mm - sight.water.depletion_mm
    assert int((change < -1.0).sum()) == 8
    assert int((change > 1.0).sum()) == 16
    assert dealt.capacity_scale.tolist() == sight.water.capacity_scale.tolist()


@settings(max_examples=40, deadline=None)
@given(
    shift=st.floats(-0.2, 0.2),
    days=st.integers(0, 90),
    told=st.floats(0.0, 120.0),
    guess=st.floats(0.0, 80.0),
    chance=st.floats(0.0, 1.0),
)
def test_explanations_always_share_one_whole(shift: float, days: int, told: float, guess: float, chance: float) -> None:
    sight = sight_of(None, shift=shift)
    claims = claims_of(
        sight,
        days=days,
        told_mm=told,
        told_gross_mm=1.25 * told,
        guess_mm=guess,
        guess_share=chance,
        guess_probability=chance,
    )
    found = causes(sight, claims).probability
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    assert found.sum() == pytest.approx(1.0)
