"""Reading a weather file gives back what was written, and gaps stay gaps."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.weather.scrutiny.gaps import LONGEST_FILLED_DAYS, filled
from cloud.weather.tables.stations import read_station_csv

ROWS = st.lists(
    st.tuples(
        st.floats(-20.0, 20.0).map(lambda value: round(value, 2)),
        st.one_of(st.none(), st.floats(0.0, 150.0).map(lambda value: round(value, 2))),
        st.booleans(),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_what_is_written_is_read(rows: list[tuple[float, float | None, bool]]) -> None:
    first = date(2024, 2, 20)
    lines = ["date,tmin_c,tmax_c,rain_mm"]
    for place, (tmin, rain, _) in enumerate(rows):
        lines.append(f"{first + timedelta(days=place)},{tmin},{tmin + 8},{'' if rain is None else rain}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weather.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        dataset = read_station_csv(path)
    expected = np.array([np.nan if rain is None else rain for _, rain, _ in rows])
    np.testing.assert_array_equal(dataset["rain_mm"].values[:, 0], expected)
    assert dataset["tmin_c"].values[:, 0].tolist() == [tmin for tmin, _, _ in rows]


@settings(max_examples=60, deadline=None)
@given(holes=st.sets(st.integers(0, 59), max_size=30), seed=st.integers(0, 100))
def test_filling_touches_only_short_gaps_and_stays_within_the_known(holes: set[int], seed: int) -> None:
    values = np.random.default_rng(seed).uniform(1.0, 9.0, 60)
    values[sorted(holes)] = np.nan
    result, flags = filled(values)
    assert set(np.flatnonzero(flags).tolist()) <= holes
    known = ~np.isnan(values)
    np.testing.assert_array_equal(result[known], values[known])
    assert (result[flags] >= values[known].min()).all()
    assert (result[flags] <= values[known].max()).all()
    run = 0
    for place in range(60):
        run = run + 1 if place in holes else 0
        if run > LONGEST_FILLED_DAYS:
            assert np.isnan(result[place])
