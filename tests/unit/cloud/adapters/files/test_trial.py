"""The folder of a trial: what is there is read, what is wrong is named."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from cloud.adapters.files.trial import read_trial
from cloud.errors import InputError
from cloud.impact.data import TrialData
from tests.synthetic_trial import Trial, parcel_ids, write_parcels, write_trial

SMALL = Trial(groups=2, parcels_per_group=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_trial(tmp_path, SMALL, {"g0p0": "2025"})
    return tmp_path


def changed(folder: Path, name: str, change: Callable[[str], str]) -> TrialData:
    path = folder / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return read_trial(folder)


def test_everything_is_read(folder: Path) -> None:
    data = read_trial(folder)
    assert [parcel.id for parcel in data.parcels] == parcel_ids(SMALL)
    assert len(data.seasons) == 16
    assert data.seasons[0].crop == "potato"
    assert data.seasons[0].first == date(2023, 4, 15)
    assert data.seasons[0].yield_t_ha is not None
    assert len(data.readings["g0p0"]) == 4 * 16
    assert data.advice["g0p0"].since == date(2025, 4, 15)
    assert data.advice["g0p0"].followed_fraction == 0.8
    assert not data.problems
    assert set(data.digests) == {"parcels.geojson", "seasons.csv", "yields.csv", "readings.csv", "advised.csv"}


def test_no_folder_no_seasons_no_meters(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of a trial"):
        read_trial(tmp_path / "none")
    write_parcels(tmp_path, SMALL)
    with pytest.raises(InputError, match=r"expected seasons\.csv"):
        read_trial(tmp_path)
    (tmp_path / "seasons.csv").write_text("parcel_id,season,starts_on,ends_on\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"expected readings\.csv or events\.csv"):
        read_trial(tmp_path)


@pytest.mark.parametrize(
    ("name", "row", "words"),
    [
        ("seasons.csv", "nobody,2025,maize,2025-04-15,2025-08-01", "parcel_id: expected a parcel of parcels.geojson"),
        ("seasons.csv", "g0p0,2025,maize,15/04/2025,2025-08-01", "starts_on: expected a day like 2026-05-01"),
        ("seasons.csv", "g0p0,2025,maize,2025-08-01,2025-04-15", "ends_on: expected a day within 400 days"),
        ("yields.csv", "g0p0,2025,-3", "yield_t_ha: expected a number from 0 to 200, got '-3'"),
        ("yields.csv", "g0p0,2025,much", "yield_t_ha: expected a number"),
        ("readings.csv", "g0p0,m1,yesterday,5", "read_at: expected an ISO date or time, got 'yesterday'"),
        ("readings.csv", "g0p0,m1,2025-05-01,nan5", "counter_m3: expected a number"),
        ("advised.csv", "g0p1,2025-04-15,3", "followed_fraction: expected a number from 0 to 1"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_read(folder: Path, name: str, row: str, words: str) -> None:
    before = len(read_trial(folder).seasons)
    data = changed(folder, name, lambda text: text + row + "\n")
    assert len(data.seasons) == before
    assert len(data.problems) == 1
    assert data.problems[0].startswith(f"{name} line ")
    assert words in data.problems[0]


def test_empty_cells_are_no_problem_and_no_number(folder: Path) -> None:
    data = changed(folder, "yields.csv", lambda text: text.splitlines()[0] + "\ng0p0,2023,\n")
    assert all(one.yield_t_ha is None for one in data.seasons)
    data = changed(folder, "readings.csv", lambda text: text + "g0p0,m1,2026-08-20,\n")
    assert len(data.readings["g0p0"]) == 4 * 16
    data = changed(folder, "advised.csv", lambda text: text + "g0p1,,\n")
    assert "g0p1" not in data.advice
    assert not data.problems


def test_a_missing_column_and_an_unknown_one(folder: Path) -> None:
    data = changed(folder, "yields.csv", lambda text: text.replace("yield_t_ha", "yield_t_ha,remark", 1))
    assert any("unknown fields remark were ignored" in note for note in data.notes)
    with pytest.raises(InputError, match=r"yields\.csv: expected a column yield_t_ha"):
        changed(folder, "yields.csv", lambda text: text.replace("yield_t_ha", "harvest", 1))


def test_single_events_and_outages(folder: Path) -> None:
    (folder / "readings.csv").unlink()
    (folder / "events.csv").write_text(
        "parcel_id,started_at,volume_m3,source\ng0p0,2025-05-01T23:30:00Z,300,meter\n", encoding="utf-8"
    )
    (folder / "outages.csv").write_text(
        "parcel_id,from,to\ng0p0,2025-06-01,2025-06-10\ng0p0,2025-06-10,2025-06-01\n", encoding="utf-8"
    )
    data = read_trial(folder)
    # Half past midnight of the next day in Morocco; 300 m3 on 1 ha.
    assert data.events_mm == {"g0p0": [(date(2025, 5, 2), 30.0)]}
    assert data.outages == {"g0p0": [(date(2025, 6, 1), date(2025, 6, 10))]}
    assert "to: expected a day from 2025-06-10 on" in data.problems[0]


def test_a_date_alone_is_noon_of_the_parcels_day(folder: Path) -> None:
    data = changed(folder, "readings.csv", lambda text: text.splitlines()[0] + "\ng0p0,m1,2025-05-01,7\n")
    assert data.readings["g0p0"][0].at.hour == 12
