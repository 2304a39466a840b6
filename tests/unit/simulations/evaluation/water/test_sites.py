"""The sites on their real data: read whole, followed causally, in agreement with an independent program."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigurationError
from models.job import Job
from simulations.evaluation.water import maricopa, nebraska, oracle, parity, reference
from simulations.evaluation.water.maricopa import Field, field_of, followed, observations_of
from simulations.evaluation.water.scores import Series


@pytest.fixture(scope="module")
def field(shared_data: Path) -> Field:
    whole = field_of(shared_data / maricopa.FOLDER)
    assert len(whole.parcels) == 32
    few = whole.parcels[:3]
    names = {parcel.id for parcel in few}
    return replace(
        whole,
        parcels=few,
        events=tuple(event for event in whole.events if event.parcel_id in names),
        readings={name: visits for name, visits in whole.readings.items() if name in names},
    )


@pytest.fixture
def job(shared_data: Path, tmp_path: Path) -> Job:
    return Job(data=shared_data, out=tmp_path, steps=None, threads=1, told=lambda _: None)


def test_maricopa_is_read_as_its_files_tell_it(field: Field) -> None:
    visits = field.readings["p01-1"]
    assert len(visits) == 21
    assert visits[date(2018, 5, 4)][10] == 0.22252
    assert field.parcels[0].soil.layers[0].field_capacity == 0.246
    assert field.events[0].depth_mm == 20.4


def test_the_two_halves_of_the_visits_share_nothing(field: Field) -> None:
    first, second = ({(one.parcel_id, one.observed_at) for one in observations_of(field, parity)} for parity in (0, 1))
    assert not first & second
    assert len(first) + len(second) == sum(len(visits) for visits in field.readings.values())


def test_visits_that_were_assimilated_are_not_scored_and_change_nothing_before(field: Field) -> None:
    blind, informed = followed(field, None), followed(field, 1)
    for before, after in zip(blind, informed, strict=True):
        assert before.scored.all()
        assert list(after.scored[:3]) == [True, False, True]
        assert after.estimated[0] == before.estimated[0]
        assert after.estimated[1] != before.estimated[1]


def test_readings_help(field: Field) -> None:
    def error(several: list[Series]) -> float:
        return float(np.sqrt(np.mean([np.mean((one.estimated - one.measured)[one.scored] ** 2) for one in several])))

    assert error(followed(field, 0)) < 0.75 * error(followed(field, None))


def test_pyfao56_gives_the_plain_balance_its_rival(field: Field) -> None:
    pytest.importorskip("pyfao56", reason="needs an oracle of the extra [dev]: pyfao56")
    (rival,) = oracle.profile_series(replace(field, parcels=field.parcels[:1]))
    assert np.isfinite(rival.estimated).all()
    assert np.isnan(rival.low).all()


def test_the_plain_balance_agrees_with_pyfao56(job: Job) -> None:
    pytest.importorskip("pyfao56", reason="needs an oracle of the extra [dev]: pyfao56")
    figures = parity.run(job)
    assert [row["season"] for row in figures["rows"]] == ["maricopa2019", "greeley2022"]
    assert max(row["largest_difference_mm"] for row in figures["rows"]) < 1e-6


def test_reference_evapotranspiration_agrees_with_the_station(job: Job) -> None:
    (row,) = reference.run(job)["rows"]
    assert row["days"] > 6000
    assert row["largest_difference_mm_d"] < 0.01


def test_nebraska_has_every_mode_and_no_stress_without_days(job: Job) -> None:
    rows = {row["mode"]: row for row in nebraska.run(job)["rows"]}
    assert rows["prior only"]["plots"] == 11
    assert rows["every second visit assimilated: first, third, ..."]["rmse_mm"] < rows["prior only"]["rmse_mm"]
    assert rows["a constant"]["coverage_80"] is None


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    empty = Job(data=tmp_path, out=tmp_path, steps=None, threads=1, told=lambda _: None)
    with pytest.raises(ConfigurationError, match="nebraska2024"):
        nebraska.run(empty)
    with pytest.raises(ConfigurationError, match=r"cotton2018\.wth"):
        maricopa.run(empty)
    with pytest.raises(ConfigurationError, match="expected days of hourly weather"):
        nebraska.forcing_of([])


def test_maricopa_has_every_mode_its_rivals_and_its_bars(
    field: Field, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyfao56", reason="needs an oracle of the extra [dev]: pyfao56")
    monkeypatch.setattr(maricopa, "field_of", lambda _: field)
    figures = maricopa.run(job)
    rows = {row["mode"]: row for row in figures["rows"]}
    blind = rows["weather, limits and metered irrigation (blind)"]
    assert blind["readings"] == sum(len(visits) for visits in field.readings.values())
    assert rows["weather only, no irrigation told"]["rmse_mm"] > blind["rmse_mm"]
    both = rows["every second visit assimilated: both halves"]
    assert both["readings"] == blind["readings"]
    assert both["rmse_mm"] < rows["pyfao56, surveyed limits, uncalibrated"]["rmse_mm"]
    held = rows["the last reading held: both halves"]
    assert held["readings"] == rows["every second visit assimilated: both halves, after a first reading"]["readings"]
    assert {row["state"] for row in figures["bars"]["rows"]} <= {"met", "missed"}
    assert len(figures["bars"]["rows"]) == 16
    assert {row["plot"] for row in figures["plots"]} == set(field.readings)


def test_another_plot_changes_nothing_of_a_plot(field: Field) -> None:
    alone = followed(replace(field, parcels=field.parcels[:1]), 0)
    together = followed(field, 0)
    assert list(alone[0].estimated) == pytest.approx(list(together[0].estimated), abs=1e-9)
