"""What the spread of an ensemble is put down to, where the truth is known because the test made it."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.agronomy.assimilation.members import draws
from cloud.agronomy.assimilation.spread import CAUSES, explained, spreads_of
from cloud.agronomy.water import WaterHistory, WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel, Soil
from cloud.weather.forcing import Forcing

FIRST = date(2024, 5, 1)
MakeForcing = Callable[..., Forcing]


def independent(members: int, count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(1)
    matrix = generator.standard_normal((members, count + 1))
    matrix[:, 0] = 1.0
    return [column[None, :] for column in np.linalg.qr(matrix)[0].T[1:]]


def test_independent_causes_get_the_variance_they_brought() -> None:
    first, second, third = independent(64, 3)
    shares = explained(3.0 * first + 4.0 * second, [first, second, third])
    np.testing.assert_allclose(shares, [[9 / 25, 16 / 25, 0.0, 0.0]], atol=1e-9)
    halved = explained(3.0 * first + 4.0 * second, [first, third])
    np.testing.assert_allclose(halved, [[9 / 25, 0.0, 16 / 25]], atol=1e-9)


def test_causes_that_are_one_share_alike_and_what_never_differs_gets_nothing() -> None:
    first, second = independent(64, 2)
    shares = explained(first + second, [first, first, np.ones_like(first)])
    np.testing.assert_allclose(shares, [[0.25, 0.25, 0.0, 0.5]], atol=1e-9)


def test_shares_are_parts_of_one_for_any_members() -> None:
    generator = np.random.default_rng(2)
    causes = [generator.standard_normal((50, 16)) for _ in range(7)]
    shares = explained(generator.standard_normal((50, 16)) + causes[0], causes)
    assert shares.shape == (50, 8)
    assert shares.min() >= 0.0
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-9)


def run(
    make_forcing: MakeForcing,
    parcel: Parcel,
    events: list[IrrigationEvent],
    observations: tuple[Observation, ...] = (),
    settings: WaterSettings | None = None,
) -> WaterHistory:
    return simulate([parcel], make_forcing(FIRST, [5.0] * 25), events, observations, settings=settings)


def test_the_cause_that_a_parcel_does_not_know_is_named(make_forcing: MakeForcing, maize: Parcel) -> None:
    unsure = [
        IrrigationEvent(
            parcel_id="maize", started_at=datetime(2024, 5, 20, 8, tzinfo=UTC), depth_mm=60.0, source="inferred"
        )
    ]
    shallow = maize.model_copy(update={"soil": Soil(field_capacity=0.25, wilting_point=0.12, depth_m=0.5)})
    history = run(make_forcing, shallow, unsure)
    (told,) = spreads_of(history.state, draws(64, 0), history.parcel_ids)
    assert told.day == history.state.day
    assert told.sigma_mm == pytest.approx(float(history.state.depletion_mm.std(ddof=1)), abs=0.01)
    assert set(told.shares) == set(CAUSES)
    assert sum(told.shares.values()) == pytest.approx(1.0, abs=0.005)
    dry = run(make_forcing, shallow, [])
    (without,) = spreads_of(dry.state, draws(64, 0), dry.parcel_ids)
    # Half of the variance of one irrigation is its own, and belongs to the rest.
    assert told.shares["irrigation"] > without.shares["irrigation"] + 0.05


def test_what_a_probe_settles_is_no_cause_any_more(make_forcing: MakeForcing, maize: Parcel) -> None:
    probe = Observation(
        parcel_id="maize",
        observed_at=datetime(2024, 5, 25, 10, tzinfo=UTC),
        kind="depletion_mm",
        value=40.0,
        sigma=1.0,
        source="probe",
    )
    before, after = run(make_forcing, maize, []), run(make_forcing, maize, [], (probe,))
    (blind,), (seen,) = (spreads_of(one.state, draws(64, 0), one.parcel_ids) for one in (before, after))
    assert seen.sigma_mm < 0.5 * blind.sigma_mm


def test_one_member_and_a_parcel_without_a_state_have_no_spread(make_forcing: MakeForcing, maize: Parcel) -> None:
    single = run(make_forcing, maize, [], settings=WaterSettings(fixed_parameters=True))
    assert spreads_of(single.state, draws(1, 0), single.parcel_ids) == []
    later = maize.model_copy(update={"planted_on": date(2024, 8, 1)})
    unborn = run(make_forcing, later, [])
    assert spreads_of(unborn.state, draws(64, 0), unborn.parcel_ids) == []


def test_how_many_parcels_are_taken_at_once_changes_nothing(
    make_forcing: MakeForcing, maize: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    soils = (Soil(field_capacity=0.25 + 0.02 * place, wilting_point=0.12) for place in range(5))
    parcels = [maize.model_copy(update={"id": f"p{place}", "soil": soil}) for place, soil in enumerate(soils)]
    history = simulate(parcels, make_forcing(FIRST, [5.0] * 10, parcels=5), [], [])
    whole = spreads_of(history.state, draws(64, 0), history.parcel_ids)
    monkeypatch.setattr("cloud.agronomy.assimilation.spread._AT_ONCE", 2)
    assert spreads_of(history.state, draws(64, 0), history.parcel_ids) == whole
    assert [one.parcel_id for one in whole] == [parcel.id for parcel in parcels]
    assert len({one.sigma_mm for one in whole}) == 5
