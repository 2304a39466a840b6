from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import InputError
from cloud.weather.tables.site import Site, site_of
from cloud.weather.tables.table import read_table

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(text: str) -> Path:
        path = tmp_path / "weather.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_told_by_the_header(write: Write, delimiter: str) -> None:
    table = read_table(
        write("\ufeff" + delimiter.join(("Date", "tmin_c")) + "\n" + delimiter.join(("2024-05-01", "3")))
    )
    assert table.header == ("date", "tmin_c")
    assert table.numbers("tmin_c").tolist() == [3.0]


def test_decimal_commas_and_arabic_digits_are_numbers(write: Write) -> None:
    table = read_table(
        write(
            "date;a\n\u0662\u0660\u0662\u0664-\u0660\u0665-\u0660\u0661;\u0661\u0662\u066b\u0665\n2024-05-02;12,5\n2024-05-03;\u22123\n"
        )
    )
    assert table.column("date")[0] == "2024-05-01"
    assert table.numbers("a").tolist() == [12.5, 12.5, -3.0]


def test_what_is_no_number_is_missing_and_named(write: Write) -> None:
    table = read_table(write("date,a\n2024-05-01,-999\n2024-05-02,x\n2024-05-03,inf\n2024-05-04,--\n"))
    assert np.isnan(table.numbers("a")).all()
    assert table.stand_ins == {"a": [2]}
    assert table.problems == ["weather.csv line 3: a: expected a number, got 'x'; taken as missing"]
    assert table.line(3) == "weather.csv line 5"


POWER = """-BEGIN HEADER-
NASA/POWER Source Native Resolution Daily Data
Dates (month/day/year): 01/01/2024 through 01/02/2024 in LST
Location: Latitude  32.34   Longitude -6.35
Elevation from MERRA-2: Average for 0.5 x 0.625 degree lat/lon region = 715.61 meters
The value for missing source data that cannot be computed or is outside of the sources availability range: -999
Parameter(s):
T2M_MAX               MERRA-2 Temperature at 2 Meters Maximum (C)
ALLSKY_SFC_SW_DWN     CERES SYN1deg All Sky Surface Shortwave Downward Irradiance (kW-hr/m^2/day)
-END HEADER-
YEAR,DOY,T2M_MAX,T2M_MIN,ALLSKY_SFC_SW_DWN
2024,1,18.5,4.1,3.0
2024,60,-999,4.0,-999
"""


def test_the_header_block_of_nasa_power_is_read(write: Write) -> None:
    table = read_table(write(POWER))
    assert table.units == {"t2m_max": "C", "allsky_sfc_sw_dwn": "kW-hr/m^2/day"}
    assert site_of(table, None) == Site(latitude=32.34, longitude=-6.35, elevation_m=715.61)
    assert table.line(0) == "weather.csv line 12"


def test_a_town_file_says_its_place_in_a_comment(write: Write) -> None:
    table = read_table(
        write('#### EXPORT POUR "X" (LAT/LON: 35.251650/-3.937230)\nDATE,MAX_TEMPERATURE_C\n2024-05-01,3\n')
    )
    assert site_of(table, Site(longitude=-4.0)) == Site(latitude=35.25165, longitude=-4.0)


def test_an_empty_file_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match="empty file"):
        read_table(write("# only: comments\n"))
