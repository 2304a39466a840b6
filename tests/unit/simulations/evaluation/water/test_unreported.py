from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.agronomy.assimilation.claims import InferredIrrigation
from cloud.records import IrrigationEvent
from models.job import Job
from simulations.evaluation.water import unreported
from simulations.evaluation.water.maricopa import FOLDER, field_of
from simulations.evaluation.water.twin import DAYS, FIRST, ILL_FROM_DAY, Ailment, Setting, twin_of
from simulations.evaluation.water.unreported import fault_row, hidden_of, hits_of, maricopa_rows, reliability


def inferred(parcel: str, day: date, probability: float) -> InferredIrrigation:
    return InferredIrrigation(
        parcel_id=parcel,
        first_day=day,
        last_day=day + timedelta(days=1),
        depth_p10_mm=10.0,
        depth_p50_mm=20.0,
        depth_p90_mm=30.0,
        probability=probability,
        evidence="a probe",
    )


HIDDEN = [("a", date(2024, 5, 10)), ("a", date(2024, 5, 20)), ("b", date(2024, 5, 10))]


def test_hits_count_what_was_found_and_what_was_not_there() -> None:
    said = [
        inferred("a", date(2024, 5, 11), 0.9),
        inferred("a", date(2024, 5, 30), 0.6),
        inferred("b", date(2024, 5, 10), 0.3),
        inferred("c", date(2024, 5, 10), 0.8),
    ]
    hits = hits_of(HIDDEN, said, 0.5)
    assert (hits.hidden, hits.found, hits.right, hits.wrong) == (3, 1, 1, 2)
    assert hits_of(HIDDEN, said, 0.2).found == 2
    assert hits_of([], said, 0.5).wrong == 3


def test_reliability_compares_what_was_said_with_what_was() -> None:
    said = [
        inferred("a", date(2024, 5, 10), 0.55),
        inferred("c", date(2024, 5, 10), 0.65),
        inferred("b", HIDDEN[2][1], 1.0),
    ]
    rows = reliability([(HIDDEN, said)])
    assert [row["probability"] for row in rows] == ["0.5 to 0.7", "0.9 to 1"]
    assert rows[0]["mean_probability"] == pytest.approx(0.6)
    assert rows[0]["observed_fraction"] == pytest.approx(0.5)
    assert (rows[1]["inferred"], rows[1]["observed_fraction"]) == (1, 1.0)
    assert reliability([(HIDDEN, [])]) == []


def test_a_twin_is_the_same_for_the_same_seed_and_tells_what_it_hides() -> None:
    one, again, other = (twin_of(Setting(fields=6, seed=seed, unreported=0.3)) for seed in (3, 3, 4))
    assert one.events == again.events
    assert one.observations == again.observations
    assert one.events != other.events
    told = {(event.parcel_id, event.started_at.date()) for event in one.events}
    assert one.unreported
    assert not told & {(parcel, day) for parcel, day, _ in one.unreported}
    assert one.undone == ()
    assert one.truth.columns["depletion_mm"].shape == (DAYS, 6)
    # The truth is not what the file says of the field.
    capacity = one.truth.columns["total_available_mm"][-1]
    assert capacity.std() > 10.0


@pytest.mark.parametrize(
    ("ailment", "kind"),
    [("stuck", "soil_water_fraction"), ("out_of_soil", "soil_water_fraction"), ("always_stress", "stress_index")],
)
def test_an_ailment_changes_only_what_its_sensor_says_once_it_is_ill(ailment: Ailment, kind: str) -> None:
    well, ill = (twin_of(Setting(fields=3, seed=5, ailment=name)) for name in ("none", ailment))
    start = FIRST + timedelta(days=ILL_FROM_DAY)
    assert well.events == ill.events
    before = [one for one in ill.observations if one.observed_at.date() < start]
    assert before == [one for one in well.observations if one.observed_at.date() < start]
    late = [one.value for one in ill.observations if one.kind == kind and one.observed_at.date() >= start]
    healthy = [one.value for one in well.observations if one.kind == kind and one.observed_at.date() >= start]
    assert np.std(late) < 0.5 * np.std(healthy) + 0.1
    assert late != healthy


def test_a_drifting_probe_a_doubling_meter_and_undone_replies() -> None:
    well = twin_of(Setting(fields=3, seed=5))
    drift = twin_of(Setting(fields=3, seed=5, ailment="drifts"))
    last = [[one for one in twin.observations if one.source == "probe"][-1].value for twin in (well, drift)]
    assert last[1] - last[0] == pytest.approx(0.01 * (DAYS - 2 - ILL_FROM_DAY) / 7.0, abs=1e-9)
    double = twin_of(Setting(fields=3, seed=5, ailment="too_much"))
    pairs = [(a.depth_mm, b.depth_mm) for a, b in zip(well.events, double.events, strict=True)]
    assert {round(b / a, 6) for a, b in pairs} == {1.0, 2.0}
    undone = twin_of(Setting(fields=3, seed=5, ailment="not_seen", reporter="reply"))
    told = {(event.parcel_id, event.started_at.date()) for event in undone.events}
    assert undone.undone
    assert set(undone.undone) <= told
    assert {event.source for event in undone.events} == {"reply"}


def test_a_fault_of_the_twin_is_named() -> None:
    row = fault_row("out_of_soil", seed=7, fields=3)
    assert row["mode"] == "SYNTHETIC fault: probe in air"
    assert (row["named"], row["something_else_named"]) == (3, 0)
    assert row["rmse_mm"] != row["rmse_without_inference_mm"]
    assert 0.0 <= row["coverage_80"] <= 1.0


def test_every_fifth_irrigation_is_hidden_if_it_is_one() -> None:
    def event(parcel: str, day: int, depth_mm: float) -> IrrigationEvent:
        return IrrigationEvent.model_validate(
            {"parcel_id": parcel, "started_at": f"2018-05-{day:02d}T12:00Z", "depth_mm": depth_mm, "source": "meter"}
        )

    events = [event("a", day, 20.0) for day in range(1, 12)] + [event("b", day, 5.0) for day in range(1, 12)]
    assert [(one.parcel_id, one.started_at.day) for one in hidden_of(events)] == [("a", 5), ("a", 10)]


def test_the_part_labels_what_is_synthetic(monkeypatch: pytest.MonkeyPatch, shared_data: Path, tmp_path: Path) -> None:
    small = {"a third unreported": Setting(fields=3, seed=101, unreported=0.3)}
    monkeypatch.setattr(unreported, "SETTINGS", small)
    monkeypatch.setattr(unreported, "AILMENTS", {"out_of_soil": unreported.AILMENTS["out_of_soil"]})
    monkeypatch.setattr(unreported, "ILL_FIELDS", 3)
    monkeypatch.setattr(unreported, "maricopa_rows", lambda field: [{"mode": "real", "plots": len(field.parcels)}])
    told: list[str] = []
    figures = unreported.run(Job(data=shared_data, out=tmp_path, steps=None, threads=1, told=told.append))
    assert all(row["mode"].startswith("SYNTHETIC") for row in (*figures["rows"], *figures["faults"]))
    assert figures["maricopa"] == [{"mode": "real", "plots": 32}]
    assert figures["rows"][0]["hidden"] > 0
    assert any("SYNTHETIC" in line for line in told)


def test_hidden_irrigation_of_real_fields_is_looked_for(shared_data: Path) -> None:
    whole = field_of(shared_data / FOLDER)
    names = {parcel.id for parcel in whole.parcels[:3]}
    part = type(whole)(
        parcels=whole.parcels[:3],
        station=whole.station,
        parameters=whole.parameters,
        events=tuple(event for event in whole.events if event.parcel_id in names),
        readings={name: visits for name, visits in whole.readings.items() if name in names},
    )
    rows = maricopa_rows(part)
    assert [row["mode"].partition(",")[0] for row in rows] == ["every visit"] * 2 + ["every second visit"] * 2
    assert rows[0]["hidden"] > 10
    assert rows[1]["hidden"] == 0
    assert rows[1]["found_share"] is None
    assert rows[2]["rmse_mm"] > 0.0
