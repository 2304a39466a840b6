"""Sensors err as their cards say, fall silent when they should, and stay the same whatever else is simulated."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from cloud.advice.observe import observe
from cloud.records import Parcel
from simulations.closed_loop.camera_bank import CameraBank, camera_bank, rendered, shipped_models
from simulations.closed_loop.pilot import Sensors
from simulations.closed_loop.sensors import (
    CARD_BIAS,
    UNVALIDATED_SIGMA,
    Equipment,
    SensorField,
    Sight,
    counted,
    equipment_of,
)

SOWN = date(2025, 4, 1)
ALL = Sensors(cameras=1.0, thermal=1.0, sick_cameras=0.0, probes=1.0, photo_every_days=1)


def equipped(settings: Sensors, count: int = 60, crop: str = "maize") -> list[Equipment]:
    return [equipment_of(f"{crop}-{place}", crop, SOWN, settings, 3) for place in range(count)]


def sight(count: int = 60, day: date = SOWN + timedelta(days=50), **changes: float) -> Sight:
    def all_of(name: str, usual: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.full(count, changes.get(name, usual))

    return Sight(
        day=day,
        canopy_cover=all_of("cover", 0.6),
        stress=all_of("stress", 0.4),
        soil_water=np.full((count, 2), changes.get("water", 0.25)),
        rain_mm=all_of("rain", 0.0),
    )


def test_shares_of_equipment_are_those_of_the_pilot() -> None:
    settings = Sensors(cameras=0.5, thermal=0.2, sick_cameras=0.3, probes=0.1)
    found = counted(equipped(settings, 2000))
    assert found["fields"] == 2000
    assert found["cameras"] == pytest.approx(1000, abs=80)
    assert found["thermal"] == pytest.approx(400, abs=70)
    assert found["probes"] == pytest.approx(200, abs=50)
    assert found["cameras_that_fall_ill"] == pytest.approx(300, abs=60)


def test_no_sensors_say_nothing() -> None:
    field = SensorField(equipped(Sensors(cameras=0.0, probes=0.0)), Sensors(), 3)
    assert field.detections(sight()) == []
    assert field.readings(sight()) == []


def test_cover_and_stress_err_as_stated() -> None:
    field = SensorField(equipped(ALL, 300), ALL, 3)
    answers = [one for one in field.detections(sight(300)) if one.opinion]
    assert 240 < len(answers) < 295  # about a tenth abstains on a dry day
    covers = np.array([one.canopy_cover_fraction for one in answers], dtype=float)
    assert covers.mean() == pytest.approx(0.6 + CARD_BIAS, abs=0.015)
    assert 0.04 < covers.std() < 0.08
    stress = np.array([one.stress_index for one in answers], dtype=float)
    assert stress.mean() == pytest.approx(0.4, abs=0.05)
    assert {one.stress_sigma for one in answers} == {0.25}
    assert all(one.looks_down for one in answers)


def test_an_error_partly_stays_with_its_camera() -> None:
    field = SensorField(equipped(ALL, 120), ALL, 3)
    days = [field.detections(sight(120, SOWN + timedelta(days=day))) for day in (30, 31)]
    pairs = [
        (one.canopy_cover_fraction, other.canopy_cover_fraction)
        for one, other in zip(*days, strict=True)
        if one.canopy_cover_fraction is not None and other.canopy_cover_fraction is not None
    ]
    first, second = np.array(pairs).T
    assert 0.25 < float(np.corrcoef(first, second)[0, 1]) < 0.75


def test_crops_without_evaluation_give_no_stress_unless_the_pilot_opts_in() -> None:
    plain = SensorField(equipped(ALL, crop="wheat"), ALL, 3).detections(sight())
    assert all(one.stress_index is None for one in plain)
    assert any("crop_not_validated" in one.reasons for one in plain)
    willing = ALL.model_copy(update={"unvalidated_stress": True})
    opted = SensorField(equipped(willing, crop="wheat"), willing, 3).detections(sight())
    assert {one.stress_sigma for one in opted if one.opinion} == {UNVALIDATED_SIGMA}


@pytest.mark.parametrize(("cover", "rain", "reason"), [(0.0, 0.0, "soil_only"), (0.6, 20.0, "dark")])
def test_silence_has_its_reason(cover: float, rain: float, reason: str) -> None:
    answers = SensorField(equipped(ALL), ALL, 3).detections(sight(cover=cover, rain=rain))
    silent = [one for one in answers if not one.opinion]
    assert len(silent) > 0.4 * len(answers)
    assert {one.reasons[0] for one in silent} == {reason}


def test_a_camera_that_freezes_says_nothing_more_and_others_err() -> None:
    settings = ALL.model_copy(update={"sick_cameras": 1.0})
    equipment = equipped(settings, 300)
    ailments = {place: one.camera.ailment for place, one in enumerate(equipment) if one.camera}
    late = SensorField(equipment, settings, 3).detections(sight(300, SOWN + timedelta(days=120)))
    for one in late:
        place = int((one.parcel_id or "").rsplit("-", 1)[1])
        if ailments[place] == "frozen":
            assert one.reasons == ("frozen_frame",)
    tinted = [
        one.canopy_cover_fraction
        for one in late
        if ailments[int((one.parcel_id or "").rsplit("-", 1)[1])] == "tinted" and one.canopy_cover_fraction is not None
    ]
    assert np.mean(tinted) == pytest.approx(0.45, abs=0.05)
    assert any("camera_drifted" in one.reasons for one in late)
    early = SensorField(equipment, settings, 3).detections(sight(300, SOWN + timedelta(days=10)))
    assert not any(one.reasons == ("frozen_frame",) for one in early)


def test_photos_before_sowing_and_between_turns_are_not_taken() -> None:
    settings = ALL.model_copy(update={"photo_every_days": 5})
    field = SensorField(equipped(settings, 100), settings, 3)
    assert field.detections(sight(100, SOWN - timedelta(days=1))) == []
    assert 5 < len(field.detections(sight(100))) < 40


def test_probes_read_two_layers_with_a_lasting_error() -> None:
    field = SensorField(equipped(ALL, 40), ALL, 3)
    readings = field.readings(sight(40))
    assert len(readings) == 80
    assert {(one.depth_from_m, one.depth_to_m) for one in readings} == {(0.1, 0.3), (0.3, 0.6)}
    assert np.mean([one.value for one in readings]) == pytest.approx(0.25, abs=0.01)
    assert field.readings(sight(40, water=float("nan"))) == []
    assert field.readings(sight(40, SOWN - timedelta(days=1))) == []


def test_a_day_is_the_same_whoever_else_is_there() -> None:
    few, many = (SensorField(equipped(ALL, count), ALL, 3) for count in (3, 30))
    assert few.detections(sight(3)) == many.detections(sight(30))[:3]


def test_the_advisor_takes_what_cameras_say() -> None:
    parcels = [
        Parcel(id=f"maize-{place}", crop="maize", planted_on=SOWN, latitude=30.0, longitude=0.0, timezone="UTC")
        for place in range(60)
    ]
    field = SensorField(equipped(ALL), ALL, 3)
    seen, _ = observe(field.detections(sight()), parcels, SOWN + timedelta(days=51))
    assert {one.kind for one in seen} == {"canopy_cover_fraction", "stress_index"}


def test_bank_of_rendered_pictures_is_of_the_shipped_models() -> None:
    bank = camera_bank()
    assert bank.models == shipped_models()
    assert 0.1 < bank.abstained_fraction < 0.9


def test_bank_answers_with_the_error_of_like_pictures() -> None:
    bank = CameraBank(
        models={},
        true_cover=np.array([0.1, 0.5, 0.9]),
        told_cover=np.array([0.2, np.nan, 0.95]),
        reasons=("", "fog", ""),
    )
    assert bank.told(0.1, 0.0) == pytest.approx(0.2)
    assert bank.told(0.5, 0.0) is None
    assert bank.told(0.99, 0.0) == 1.0


def test_rendered_errors_can_be_asked_for() -> None:
    settings = ALL.model_copy(update={"camera_errors": "rendered"})
    answers = SensorField(equipped(settings), settings, 3).detections(sight())
    told = [one.canopy_cover_fraction for one in answers if one.canopy_cover_fraction is not None]
    assert told
    assert np.mean(told) > 0.65  # rendered closed canopies are read as too full
    assert any(one.reasons == ("blurred",) for one in answers)


def test_the_first_row_of_the_bank_is_rendered_again() -> None:
    row = next(rendered())
    kept = camera_bank()
    assert row["cover"] == pytest.approx(float(kept.true_cover[0]), abs=1e-3)
    assert (row["told"] is None) == bool(np.isnan(kept.told_cover[0]))
