"""Any night of a synthetic season is decided again to the bit, whatever was written after it and whatever was lost."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloud.adapters.replay_folder import FOLDER
from cloud.adapters.state_ladder import FOLDER as STATES
from cloud.replay.packing import packed, unpacked
from tests.integration.test_audit_replay import replayed
from tests.integration.test_nightly_states import FIRST, night, photo, probed, watered
from tests.office import furnish, new_office

NIGHTS = 6
IDENTICAL = {"one": "identical", "two": "identical"}
ANY = st.floats(width=64, allow_nan=True, allow_infinity=True)


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An office after six nights in which records of every kind arrive, in time and late."""
    data = new_office(tmp_path_factory.mktemp("season"))
    furnish(data)
    for number in range(NIGHTS):
        day = FIRST + timedelta(days=number)
        photo(data, number, day - timedelta(days=1), late_days=number % 3)
        if number % 2:
            watered(data, day - timedelta(days=number))
        if number % 3 == 1:
            probed(data, day - timedelta(days=2 * number), 20.0 + number)
        assert night(data, day)[0] == 0
    yield data
    shutil.rmtree(data)


def later(data: Path, what: str, number: int) -> None:
    """Something that is written, or lost, after all the nights."""
    day: date = FIRST - timedelta(days=number)
    if what == "water":
        watered(data, day)
    elif what == "probe":
        probed(data, day, 40.0 + number)
    elif what == "photo":
        photo(data, 10 + number, day, late_days=1)
    elif what == "night":
        night(data, FIRST + timedelta(days=NIGHTS - 1))
    else:
        shutil.rmtree(data / STATES, ignore_errors=True)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(0, NIGHTS - 1),
    after=st.lists(
        st.tuples(st.sampled_from(("water", "probe", "photo", "night", "states lost")), st.integers(1, 20)),
        max_size=3,
        unique=True,
    ),
)
def test_any_night_replays_to_the_bit_whatever_came_after(
    season: Path, tmp_path_factory: pytest.TempPathFactory, number: int, after: list[tuple[str, int]]
) -> None:
    data = tmp_path_factory.mktemp("after") / "data"
    shutil.copytree(season, data)
    for what, which in after:
        later(data, what, which)
    assert replayed(data, FIRST + timedelta(days=number)) == (0, IDENTICAL, "")
    assert (data / FOLDER).is_dir()
    shutil.rmtree(data)


@settings(max_examples=40, deadline=None)
@given(
    values=arrays(np.float64, st.tuples(st.integers(0, 70), st.integers(1, 3)), elements=ANY),
    start=st.integers(0, 400),
    singles=st.booleans(),
)
def test_any_weather_comes_back_bit_by_bit(values: np.ndarray, start: int, singles: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32) if singles else values
    days = np.datetime64("2026-01-01") + start + np.arange(len(numbers))
    dataset = xr.Dataset({"rain_mm": (("time", "site"), numbers)}, coords={"time": days.astype("datetime64[ns]")})
    parts = packed(dataset)
    again = unpacked(parts)
    assert again["rain_mm"].values.tobytes() == dataset["rain_mm"].values.tobytes()
    assert again["rain_mm"].dtype == numbers.dtype
    assert np.array_equal(again["time"].values, dataset["time"].values)
    assert packed(again) == parts
