import pytest

from cloud.weather.tables.headers import Meaning, first_few, meaning_of


def meaning(quantity: str, statistic: str | None, unit: str, height_m: float | None = None) -> Meaning:
    return Meaning(quantity=quantity, statistic=statistic, unit=unit, height_m=height_m)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("tmin (°C)", meaning("temperature", "min", "°C")),
        ("T min [°F]", meaning("temperature", "min", "°F")),
        ("MAX_TEMPERATURE_C", meaning("temperature", "max", "degC")),
        ("Température minimale (°C)", meaning("temperature", "min", "°C")),
        ("WINDSPEED_MAX_KMH", meaning("wind", "max", "km h-1")),
        ("Vent moyen 10m (km/h)", meaning("wind", "mean", "km/h", 10.0)),
        ("Velocidad del viento 2m (m/s)", meaning("wind", None, "m/s", 2.0)),
        ("rafale_km_h", meaning("wind", "gust", "km h-1")),
        ("Précipitations (mm)", meaning("rain", None, "mm")),
        ("Humedad relativa media (%)", meaning("humidity", "mean", "%")),
        ("Rayonnement global (W/m²)", meaning("radiation", None, "W/m²")),
        ("radiation_mj_m2", meaning("radiation", None, "MJ m-2")),
        ("Insolation (h)", meaning("sunshine", None, "h")),
        ("temp_c", meaning("temperature", None, "degC")),
    ],
)
def test_words_and_units_are_understood(header: str, expected: Meaning) -> None:
    assert meaning_of(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "rain",
        "tmin",
        "TEMPERATURE_9H",
        "TEMPERATURE_MORNING_C_6H",
        "HEATINDEX_MAX_C",
        "UV_INDEX",
        "wind rain (mm)",
        "TOTAL_SNOW_MM",
        "mm",
        "",
    ],
)
def test_what_is_not_said_is_not_guessed(header: str) -> None:
    assert meaning_of(header) is None


def test_at_most_six_names_stand_in_a_line() -> None:
    assert first_few(list("abcdef")) == "a, b, c, d, e, f"
    assert first_few(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"
