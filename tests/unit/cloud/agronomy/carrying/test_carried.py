"""Whether a parcel goes on from carried water, and what is told of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.agronomy.carrying.carried import _READ, CarriedWater, carry, described, going, set_aside_lines
from cloud.agronomy.water import WaterSettings, simulate
from cloud.errors import ConfigurationError, InputError
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.weather.forcing import Forcing

MakeForcing = Callable[..., Forcing]
FIRST = date(2024, 4, 1)
LAST = date(2024, 4, 30)
SETTINGS = WaterSettings(members=4)


@pytest.fixture
def left(maize: Parcel, make_forcing: MakeForcing) -> CarriedWater:
    history = simulate([maize], make_forcing(FIRST, [5.0] * 30), [], [], settings=SETTINGS)
    return carry(history.state, [maize], seed=0, profile_depth_m=None)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({}, None),
        ({"name": "Well", "area_ha": 3.0, "farm": "North"}, None),
        (
            {"irrigation": {"method": "drip"}},
            "is described otherwise than in the state of 2024-04-30; its water goes on",
        ),
        ({"crop": "Corn"}, None),
        (
            {"crop": "tomato"},
            "was maize in the state of 2024-04-30, is tomato; only what was learned of its soil counts",
        ),
        ({"planted_on": "2024-05-02"}, "was planted on 2024-04-01 in the state of 2024-04-30, now on 2024-05-02"),
        ({"crop_edition": "2025"}, "is described otherwise than in the state of 2024-04-30; its water goes on"),
        ({"soil": {"texture": "clay"}}, "its soil is described otherwise than in the state of 2024-04-30"),
        ({"id": "other"}, "parcel other: is not in the state of 2024-04-30; it starts from priors"),
    ],
)
def test_what_a_parcel_was_decides(
    left: CarriedWater, maize: Parcel, change: dict[str, object], note: str | None
) -> None:
    parcel = Parcel.model_validate(maize.model_dump() | change)
    days = np.datetime64("2024-05-01") + np.arange(5)
    who = going(left, [parcel], days)
    goes_on = note is None or "goes on" in note
    assert (who.on.tolist(), who.starting.tolist()) == (([0], []) if goes_on else ([], [0]))
    if note is None:
        assert who.notes == ()
    else:
        assert note in who.notes[0]


def test_every_field_of_a_parcel_is_compared_or_left_out_on_purpose() -> None:
    own = {"id", "crop", "planted_on", "soil", "cuttings"}
    # Names, areas and people do not move water; what is drawn of a parcel does not either.
    apart = {"name", "farm", "area_ha", "farmer", "geometry"}
    assert set(Parcel.model_fields) == own | apart | set(_READ)


def test_cuttings_count_up_to_the_day() -> None:
    base = {"id": "a", "crop": "alfalfa", "latitude": 32.3, "longitude": -6.4}
    early, late, none = (
        described(Parcel.model_validate({**base, "cuttings": cuttings}), LAST)
        for cuttings in (["2024-04-10"], ["2024-04-10", "2024-05-20"], [])
    )
    assert early == late
    assert early != none
    before = described(Parcel.model_validate({**base, "cuttings": ["2024-04-12"]}), LAST)
    assert before != early


def test_a_gap_in_the_weather_after_the_state_starts_the_water_anew(
    left: CarriedWater, maize: Parcel, make_forcing: MakeForcing
) -> None:
    history = simulate([maize], make_forcing(date(2024, 5, 4), [5.0] * 3), [], [], settings=SETTINGS, carried=left)
    assert "weather of 2024-05-01 and 2 more days after the state is missing; its water starts anew" in history.notes[0]
    assert len(history.rows(0)) == 3


def test_a_state_of_the_last_day_is_the_answer(left: CarriedWater, maize: Parcel, make_forcing: MakeForcing) -> None:
    other = maize.model_copy(update={"id": "other"})
    forcing = make_forcing(FIRST, [5.0] * 30, parcels=2)
    history = simulate([maize, other], forcing, [], [], settings=SETTINGS, carried=left)
    assert np.array_equal(history.state.depletion_mm[:1], left.state.depletion_mm)
    assert len(history.rows(1)) == 30
    alone = simulate([maize], forcing.at(np.array([0])), [], [], settings=SETTINGS, carried=left)
    assert alone.rows(0) == []
    assert alone.started[0]
    assert alone.state.day == LAST


def test_what_the_state_has_lived_is_not_lived_again(
    left: CarriedWater, maize: Parcel, make_forcing: MakeForcing
) -> None:
    def event(day: int, parcel_id: str = "maize") -> IrrigationEvent:
        at = datetime(2024, 4, day, 8, tzinfo=UTC)
        return IrrigationEvent(parcel_id=parcel_id, started_at=at, depth_mm=30.0, source="meter")

    seen = Observation(
        parcel_id="maize",
        observed_at=datetime(2024, 4, 12, 8, tzinfo=UTC),
        kind="depletion_mm",
        value=3.0,
        sigma=2.0,
        source="probe",
    )
    forcing = make_forcing(FIRST, [5.0] * 35)
    history = simulate(
        [maize], forcing, [event(3), event(9), event(4, "stranger")], [seen], settings=SETTINGS, carried=left
    )
    plain = simulate([maize], forcing, [], [], settings=SETTINGS, carried=left)
    assert np.array_equal(history.state.depletion_mm, plain.state.depletion_mm)
    assert "2 irrigations and 1 observations up to 2024-04-30 are in the state already" in history.notes
    assert any("parcel stranger is not among the parcels" in note for note in history.notes)


def test_a_state_of_another_run_is_refused(left: CarriedWater, maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(FIRST, [5.0] * 35)
    for settings, words in (
        (WaterSettings(members=8), "expected members 8, got 4"),
        (WaterSettings(members=4, seed=1), "expected seed 1, got 0"),
        (WaterSettings(members=4, profile_depth_m=1.0), r"expected profile depth \[m\] 1.0, got 0.0"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            simulate([maize], forcing, [], [], settings=settings, carried=left)
    with pytest.raises(InputError, match=r"expected a state of 2024-04-05 .* or earlier, got a later one"):
        simulate([maize], make_forcing(FIRST, [5.0] * 5), [], [], settings=SETTINGS, carried=left)


def test_a_parcel_set_aside_stays_aside(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(FIRST, [5.0] * 40)
    forcing.et0_mm[10] = np.nan
    part = simulate([maize], forcing.until(np.datetime64("2024-04-20")), [], [], settings=SETTINGS)
    carried = carry(part.state, [maize], seed=0, profile_depth_m=None)
    (line,) = set_aside_lines(carried)
    assert "got a state of 2024-04-20 in which some were missing" in line
    later = simulate([maize], forcing, [], [], settings=SETTINGS, carried=carried)
    assert later.problems == (line,)
    assert not later.started[0]
    standing = simulate([maize], forcing.until(np.datetime64("2024-04-20")), [], [], settings=SETTINGS, carried=carried)
    assert standing.problems == (line,)
    to_come = replace(carried.parcels[0], planted_on=date(2024, 6, 1))
    assert set_aside_lines(replace(carried, parcels=(to_come,))) == ()


def test_others_in_the_state_are_left_out_and_told(maize: Parcel, make_forcing: MakeForcing) -> None:
    other = maize.model_copy(update={"id": "other"})
    both = simulate([other, maize], make_forcing(FIRST, [5.0] * 30, parcels=2), [], [], settings=SETTINGS)
    carried = carry(both.state, [other, maize], seed=0, profile_depth_m=None)
    history = simulate([maize], make_forcing(FIRST, [5.0] * 40), [], [], settings=SETTINGS, carried=carried)
    assert "water state of 2024-04-30: 1 parcels in it were not asked for; they are left out" in history.notes
    alone = simulate([maize], make_forcing(FIRST, [5.0] * 40), [], [], settings=SETTINGS)
    assert np.array_equal(history.state.depletion_mm, alone.state.depletion_mm)
