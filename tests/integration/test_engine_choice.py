"""The engine of the balance as an operator chooses it: the same rows, and one clear line for a name that is none."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.command_line import seguia


@pytest.fixture
def farm(tmp_path: Path) -> tuple[str, ...]:
    parcel, weather = tmp_path / "parcel.toml", tmp_path / "weather.csv"
    parcel.write_text(
        "crop = 'maize'\nplanted_on = 2024-04-01\nlatitude = 32.34\nlongitude = -6.35\n", encoding="utf-8"
    )
    first = date(2024, 3, 20)
    rows = [
        f"{first + timedelta(days=day)},{10 + day % 5},{26 + day % 7},{6 if day % 17 == 0 else 0}" for day in range(30)
    ]
    weather.write_text("\n".join(["date,tmin_c,tmax_c,rain_mm", *rows]) + "\n", encoding="utf-8")
    return "balance", "--parcel", str(parcel), "--weather", str(weather)


def numbers(lines: tuple[str, ...]) -> list[float]:
    return [float(cell) for line in lines[1:] for cell in line.split(",")[1:]]


def test_rows_are_the_same_whatever_computes_them(farm: tuple[str, ...]) -> None:
    plain = seguia(*farm, SEGUIA_ENGINE="numpy")
    compiled = seguia(*farm, SEGUIA_ENGINE="numba")
    assert plain.code == compiled.code
    assert numbers(plain.lines)
    assert numbers(compiled.lines) == pytest.approx(numbers(plain.lines), rel=1e-9, abs=1e-9)


def test_an_engine_that_does_not_exist_is_refused(farm: tuple[str, ...]) -> None:
    told = seguia(*farm, SEGUIA_ENGINE="cuda")
    assert told.code == 2
    assert "expected one of auto, numpy, numba, dask, got 'cuda'" in told.about("SEGUIA_ENGINE")
