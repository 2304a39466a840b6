from pathlib import Path

import numpy as np
import pytest

from cloud.agronomy.radiation import daylight_h
from cloud.weather.forcing import site_reference
from cloud.weather.product import read_product
from cloud.weather.scrutiny.quality import Quality, quality_of
from cloud.weather.tables.town_history import town_table

HEAD = """#### EXPORT DONNEES METEO POUR "SOMEWHERE" (LAT/LON: 32.300000/-6.400000)
#### DONNEES PROVENANT DE WWW.HISTORIQUE-METEO.NET - UTILISATION LIBRE A CONDITION DE MENTIONNER LEUR PROVENANCE
DATE,MAX_TEMPERATURE_C,MIN_TEMPERATURE_C,WINDSPEED_MAX_KMH,PRECIP_TOTAL_DAY_MM,HUMIDITY_MAX_PERCENT"""
ROWS = """
2020-06-01,30,15,13,0.0,40,25,9
2020-06-02,31,16,14,0.0,41,,10
2020-06-02,39,10,14,0.0,41,100,1
2020-06-04,29,14,12,1.2,60,140,90
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export-somewhere0.csv"
    path.write_text(f"{HEAD},CLOUDCOVER_AVG_PERCENT,DEWPOINT_MAX_C{ROWS}", encoding="utf-8")
    return path


def test_sunshine_is_what_cloud_leaves_of_the_day(export: Path) -> None:
    found = read_product(export)
    daylight = float(daylight_h(np.array(32.3), np.array(153.0)))
    assert found["sunshine_h"].values[0, 0] == pytest.approx(0.75 * daylight)
    assert quality_of(found, "sunshine_h")[:, 0].tolist() == [
        Quality.ESTIMATED,
        Quality.MISSING,
        Quality.MISSING,
        Quality.MISSING,
    ]
    assert "sunshine is the daylight that cloudcover_avg_percent leaves" in found.attrs["notes"]
    assert "the weather is a model's, not measured" in found.attrs["notes"]
    assert site_reference(found).method[0, 0] == "Penman-Monteith (radiation from sunshine)"


def test_the_first_of_two_rows_counts_and_what_cannot_be_is_unknown(export: Path) -> None:
    highest = read_product(export)["dewpoint_max_c"].values[:, 0]
    assert highest[:2].tolist() == [9.0, 10.0]
    assert np.isnan(highest[2:]).all()


def test_an_export_without_these_columns_is_plain_weather(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"{HEAD}\n2020-06-01,30,15,13,0.0,40\n", encoding="utf-8")
    found = read_product(path)
    assert "sunshine_h" not in found
    assert "dewpoint_max_c" not in found
    assert town_table(path) is not None


def test_other_files_are_read_as_weather(tmp_path: Path) -> None:
    path = tmp_path / "station.csv"
    path.write_text("# latitude: 32.3\ndate,tmin_c,tmax_c\n2020-06-01,15,30\n", encoding="utf-8")
    found = read_product(path, elevation_m=500.0)
    assert set(found.data_vars) == {"tmin_c", "tmax_c"}
    assert town_table(path) is None
    found.to_netcdf(tmp_path / "w.nc", engine="netcdf4")
    # A cube needs its longitude too, which a station file may leave out.
    cube = read_product(tmp_path / "w.nc")
    assert cube["tmax_c"].values.tolist() == [[30.0]]


def test_a_real_town_is_read_whole(shared_data: Path) -> None:
    found = read_product(shared_data / "weather" / "morocco_towns" / "export-beni-mellal0.csv")
    assert found.sizes["time"] == 6240
    assert np.isfinite(found["sunshine_h"].values).mean() > 0.99
    assert np.isfinite(found["dewpoint_max_c"].values).mean() > 0.99
