"""Files of the pyfao56 distribution: their units, days and gaps."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigurationError
from simulations.evaluation.water.files import (
    day_of,
    irrigation_file,
    metered,
    parameters_file,
    station_file,
    uniform_parcel,
)

WEATHER = """*****
           S Reference crop - Short ('S') or Tall ('T')
 361.0000000 Weather station elevation (z) (m)
  33.0690000 Weather station latitude (decimal degrees)
   3.0000000 Wind speed measurement height (m)

Year-DOY   Srad   Tmax   Tmin   Vapr   Tdew  RHmax  RHmin  Wndsp   Rain  ETref   MorP
2019-108  26.96  28.80   5.40    NaN  -7.70  38.30   7.60   1.50   0.00   5.43      M
2019-109  23.11  29.60  11.70    NaN  -4.30  35.40   7.30   4.00   2.00   7.97      M
"""
PARAMETERS = """*****
Comments: cotton
   0.1500 Kcbini, Kcb Initial
   1.1300 Kcbmid, Kcb Mid
   0.5200 Kcbend, Kcb End
       32 Lini, Length
       47 Ldev, Length
       37 Lmid, Length
       35 Lend, Length
   1.2000 hmax, Height
   0.2000 thetaFC, Field Capacity
   0.1000 thetaWP, Wilting Point
   0.1500 theta0, Initial
   0.2000 Zrini, Roots
   0.8000 Zrmax, Roots
   0.6500 pbase, Depletion
   0.0500 Ze, Layer
   4.0000 REW, Stage 1
"""
IRRIGATION = """Year-DOY  Depth     fw IrrEff
2019-109  20.40   1.00  100.0
2019-112  10.20   0.50  100.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.wth").write_text(WEATHER)
    (tmp_path / "a.par").write_text(PARAMETERS)
    (tmp_path / "a.irr").write_text(IRRIGATION)
    return tmp_path


def test_a_day_of_the_year_counts_from_one() -> None:
    assert day_of("2024-060") == date(2024, 2, 29)
    assert day_of("2018124") == date(2018, 5, 4)


def test_weather_is_read_with_its_station(folder: Path) -> None:
    station = station_file(folder / "a.wth")
    assert (station.elevation_m, station.latitude_deg, station.wind_height_m) == (361.0, 33.069, 3.0)
    assert np.isnan(station.columns["Vapr"]).all()
    forcing = station.forcing(2, last=date(2019, 4, 18))
    assert forcing.days.tolist() == [date(2019, 4, 18)]
    assert forcing.et0_mm.tolist() == [[5.43, 5.43]]
    # FAO-56 eq. 47: wind at 3 m times 4.87 / ln(67.8 x 3 - 5.42).
    assert forcing.wind_2m_m_s[0, 0] == pytest.approx(1.5 * 0.9204, abs=1e-3)


def test_a_parcel_of_parameters_has_their_soil_and_start(folder: Path) -> None:
    given = parameters_file(folder / "a.par")
    parcel = uniform_parcel("x", "cotton", given, station_file(folder / "a.wth"), date(2019, 4, 18))
    assert parcel.initial_depletion_mm == pytest.approx(10.0)
    assert parcel.soil.evaporable_water_mm == pytest.approx(7.5)
    assert parcel.crop_parameters.stage_lengths_days == (32, 47, 37, 35)


def test_irrigation_is_read_with_its_wetted_share_and_nothing_is_no_event(folder: Path) -> None:
    rows = irrigation_file(folder / "a.irr")
    assert rows == [(date(2019, 4, 19), 20.4, 1.0), (date(2019, 4, 22), 10.2, 0.5)]
    events = metered("x", [(date(2019, 4, 19), 20.4), (date(2019, 4, 20), 0.0)])
    assert [event.started_at for event in events] == [datetime(2019, 4, 19, 12, tzinfo=UTC)]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.wth: expected a field data file"):
        station_file(tmp_path / "none.wth")
