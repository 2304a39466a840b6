"""Which states an installation keeps, and what it says of those that cannot serve."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.adapters.state_ladder import FOLDER, StateLadder
from cloud.agronomy.carrying.carried import carry
from cloud.agronomy.carrying.checkpoints import Checkpoint
from cloud.agronomy.carrying.lived import Lived, diary_of, lived_on
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import Parcel
from cloud.weather.forcing import Forcing

PARCELS = [
    Parcel(id=name, crop="maize", planted_on=date(2024, 4, 1), latitude=32.3, longitude=-6.4) for name in ("a", "b")
]


def forcing(days: int) -> Forcing:
    shape = (days, len(PARCELS))
    return Forcing(
        days=np.datetime64("2024-04-10") + np.arange(days),
        et0_mm=np.full(shape, 4.7),
        rain_mm=np.full(shape, 0.3),
        wind_2m_m_s=np.full(shape, 2.3),
        rh_min_percent=np.full(shape, 41.0),
        tmin_c=np.full(shape, 12.0),
        tmax_c=np.full(shape, 29.0),
        radiation_mj_m2=np.full(shape, 22.0),
    )


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    weather, places = forcing(5), np.arange(len(PARCELS))
    history = simulate(PARCELS, weather, [], [], settings=WaterSettings(members=3))
    begins, last = weather.days[0], weather.days[-1]
    lived = lived_on(Lived.nothing(2, begins), diary_of(PARCELS, weather, [], []), places, (begins, last))
    return Checkpoint(carried=carry(history.state, PARCELS, seed=0, profile_depth_m=None), lived=lived, engine="numpy")


def on(checkpoint: Checkpoint, day: date) -> Checkpoint:
    state = replace(checkpoint.carried.state, day=day)
    return replace(checkpoint, carried=replace(checkpoint.carried, state=state))


def ladder(folder: Path, *, code_version: str = "1", states_kept: int = 3, monthly_states_kept: int = 2) -> StateLadder:
    return StateLadder.in_folder(
        folder, code_version=code_version, states_kept=states_kept, monthly_states_kept=monthly_states_kept
    )


def test_the_newest_days_and_the_first_of_months_stay(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own = ladder(tmp_path)
    first = date(2024, 4, 28)
    told = [own.keep(on(checkpoint, first + timedelta(days=number)), []) for number in range(50)]
    days = [str(day) for day in own.checkpoints.days()]
    assert days == ["2024-06-16", "2024-06-15", "2024-06-14", "2024-06-01", "2024-05-01"]
    size = sum(path.stat().st_size for path in (tmp_path / FOLDER).glob("*.nc"))
    assert told[-1] == f"water states kept: 5, {size / 1e6:.1f} MB"
    assert own.forget() == 5
    assert own.checkpoints.days() == []


def test_what_was_kept_comes_back(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own, day = ladder(tmp_path), checkpoint.carried.state.day
    own.keep(checkpoint, [])
    marks = own.checkpoints.marks(day)
    assert marks is not None
    assert marks.parcels == checkpoint.carried.parcels
    assert (marks.members, marks.seed, marks.profile_depth_m) == (3, 0, 0.0)
    assert marks.lived.months == ("2024-04",)
    assert marks.lived.sums.dtype == np.uint64
    for name in ("since", "sums", "seen"):
        assert np.array_equal(getattr(marks.lived, name), getattr(checkpoint.lived, name))
    carried = own.checkpoints.water(day, np.array([1]))
    assert carried is not None
    assert carried.parcels == checkpoint.carried.parcels[1:]
    assert np.array_equal(carried.state.depletion_mm, checkpoint.carried.state.depletion_mm[1:])
    assert own.troubles == ()


def test_states_that_cannot_serve_are_named_once(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own, day = ladder(tmp_path, code_version="2"), checkpoint.carried.state.day
    ladder(tmp_path).keep(checkpoint, [])
    assert own.checkpoints.marks(day) is None
    assert own.checkpoints.marks(day) is None
    assert own.troubles == (f"water state of {day}: was made by version 1, this is 2; not used",)
    path = own.checkpoints.path(day)
    path.write_bytes(path.read_bytes()[:500])
    assert own.checkpoints.water(day, np.array([0])) is None
    assert "cannot be read" in own.troubles[-1]
    (tmp_path / FOLDER / "notes.nc").write_text("no state", encoding="utf-8")
    (tmp_path / FOLDER / "2024-04-30.nc.77.half").write_text("torn", encoding="utf-8")
    assert own.checkpoints.days() == [day]


def test_seasons_that_ended_on_one_day_stand_side_by_side(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own, day = ladder(tmp_path), checkpoint.carried.state.day
    parts = [
        Checkpoint(carried=checkpoint.carried.take(rows), lived=checkpoint.lived.take(rows), engine="numpy")
        for rows in (np.array([1]), np.array([0]), np.array([1]))
    ]
    for part in parts:
        own.keep(on(checkpoint, day + timedelta(days=9)), [part])
    own.forget()
    marks = own.seasons.marks(day)
    assert marks is not None
    assert [one.parcel_id for one in marks.parcels] == ["a", "b"]
    carried = own.seasons.water(day, np.arange(2))
    assert carried is not None
    assert np.array_equal(carried.state.water.root_scale, checkpoint.carried.state.water.root_scale)
    assert np.array_equal(marks.lived.seen, checkpoint.lived.seen)


def test_an_installation_may_keep_none(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own = ladder(tmp_path, states_kept=0)
    assert own.keep(checkpoint, []) == "water states kept: 0, 0.0 MB"
    assert not (tmp_path / FOLDER).exists()


def test_a_season_state_that_cannot_be_read_is_set_aside_and_the_new_one_kept(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    own, day = ladder(tmp_path), checkpoint.carried.state.day
    own.keep(checkpoint, [checkpoint])
    path = own.seasons.path(day)
    path.write_bytes(path.read_bytes()[:900])
    assert own.keep(checkpoint, [checkpoint]).startswith("water states kept: 1, ")
    assert f"(set aside as {day}.nc.damaged)" in own.troubles[-1]
    assert own.seasons.marks(day) is not None
    # One of fewer members cannot stand beside it.
    state = checkpoint.carried.state
    fewer = replace(state, depletion_mm=state.depletion_mm[:, :2])
    odd = replace(checkpoint, carried=replace(checkpoint.carried, state=fewer))
    own.keep(checkpoint, [odd])
    assert "got one of 2024-04-14 with 3" in own.troubles[-1]


def test_names_that_are_no_states_are_passed_over(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own, day = ladder(tmp_path, states_kept=1, monthly_states_kept=0), checkpoint.carried.state.day
    own.keep(checkpoint, [])
    folder = own.checkpoints.folder
    (folder / "2026-02-30.nc").write_bytes(b"x")
    (folder / "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661.nc").write_bytes(b"x")
    assert own.checkpoints.days() == [day]
    assert not own.troubles
    (folder / "2024-04-02.nc").symlink_to(tmp_path / "gone")
    assert own.checkpoints.days() == [day]
    assert own.troubles == ("2024-04-02.nc: expected a water state, got no file; not used",)


def test_a_state_under_the_name_of_another_day_is_not_used(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own, day = ladder(tmp_path), checkpoint.carried.state.day
    own.keep(checkpoint, [])
    own.checkpoints.path(day).rename(own.checkpoints.path(day - timedelta(days=1)))
    assert own.checkpoints.water(day - timedelta(days=1), np.array([0])) is None
    assert "expected the water state of its day" in own.troubles[-1]


def test_what_cannot_be_let_go_or_is_gone_is_no_trouble_to_the_rest(checkpoint: Checkpoint, tmp_path: Path) -> None:
    own, day = ladder(tmp_path), checkpoint.carried.state.day
    own.keep(checkpoint, [])
    gone = day - timedelta(days=3)
    own.checkpoints.path(gone).mkdir()
    own.checkpoints.drop([gone, day])
    assert "cannot be let go" in own.troubles[-1]
    assert not own.checkpoints.path(day).exists()
    assert own.checkpoints.size_bytes([day]) == 0
