"""Rows and places that no station can have: the row is named and the others are read."""

from pathlib import Path

import numpy as np
import pytest

from cloud.errors import InputError
from cloud.weather.tables.dates import days_of
from cloud.weather.tables.moments import moments_of
from cloud.weather.tables.site import Site, site_of
from cloud.weather.tables.table import Table, read_table


def table(tmp_path: Path, text: str) -> Table:
    path = tmp_path / "station.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path)


@pytest.mark.parametrize("cells", ["2024,1e9", "2024,1e400", "inf,1", "2024,nan", "9999,366"])
def test_a_day_of_the_year_that_is_none_parks_its_row(tmp_path: Path, cells: str) -> None:
    read = table(tmp_path, f"year,doy,tmin_c,tmax_c\n{cells},1,2\n2024,2,1,2\n")
    assert [str(day) for day in days_of(read)] == ["None", "2024-01-02"]
    assert "line 2: expected a date" in read.problems[0]


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00", "9999-12-31T24:00", "9999-12-31T23:00"])
def test_an_hour_of_no_century_of_ours_parks_its_row(tmp_path: Path, stamp: str) -> None:
    read = table(tmp_path, f"date,temp_c\n{stamp},20\n2024-05-01T06:00,20\n")
    assert np.isnan(moments_of(read, None)).tolist() == [True, False]
    assert "line 2: expected a time" in read.problems[0]


@pytest.mark.parametrize(
    "comment", ["wind_height: 0.05", "wind_height: 0", "elevation: 1e9", "elevation: inf", "latitude: nan"]
)
def test_a_place_where_no_station_stands_is_refused_by_name(tmp_path: Path, comment: str) -> None:
    read = table(tmp_path, f"# {comment}\ndate,tmin_c\n2024-05-01,2\n")
    with pytest.raises(InputError, match=rf"station.csv: {comment.partition(':')[0]}\w*: expected .* correct it"):
        site_of(read, None)
    assert site_of(read, Site(latitude=32.0, elevation_m=500.0, wind_height_m=2.0)).elevation_m == 500.0


def test_a_cell_that_no_csv_has_parks_its_row(tmp_path: Path) -> None:
    read = table(tmp_path, f"date,tmin_c\n2024-05-01,2\n2024-05-02,{'9' * 200000}\n2024-05-03,3\n")
    assert [str(day) for day in days_of(read)] == ["2024-05-01", "None", "2024-05-03"]
    assert read.problems[0].startswith("station.csv line 3: expected cells of at most")
