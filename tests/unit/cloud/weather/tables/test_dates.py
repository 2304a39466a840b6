from datetime import date
from pathlib import Path

import pytest

from cloud.errors import InputError
from cloud.weather.tables.dates import days_of, parse_day, spans
from cloud.weather.tables.table import Table, read_table


def table(tmp_path: Path, text: str) -> Table:
    path = tmp_path / "weather.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date,a\n2024-02-29,1\n20240301,1\n", [date(2024, 2, 29), date(2024, 3, 1)]),
        ("YEAR,DOY,a\n2024,60,1\n2024,366,1\n2023,366,1\n", [date(2024, 2, 29), date(2024, 12, 31), None]),
        ("YEAR,MO,DY,a\n2024,2,29,1\n2024,2,30,1\n", [date(2024, 2, 29), None]),
        ("Jour,Mois,Année,a\n3,11,1979,1\n", [date(1979, 11, 3)]),
        ("year,doy,a\n2024,x,1\n0024,3,1\n", [None, None]),
    ],
)
def test_days_stand_in_one_column_or_in_several(tmp_path: Path, text: str, expected: list[date | None]) -> None:
    found = table(tmp_path, text)
    assert days_of(found) == expected
    assert len(found.problems) == expected.count(None)


def test_a_file_without_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a column date, got day, a"):
        days_of(table(tmp_path, "day,a\n2024-05-01,1\n"))


@pytest.mark.parametrize("text", ["14/07/2026", "9999-01-01", "0024-05-01", ""])
def test_a_slip_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid isoformat|expected a year"):
        parse_day(text)


def test_days_are_told_as_spans() -> None:
    days = [date(2024, 5, one) for one in (1, 2, 3, 7, 9, 11, 12, 20)]
    assert spans(days[:4]) == "2024-05-01 to 2024-05-03, 2024-05-07"
    assert spans(days) == "2024-05-01 to 2024-05-03, 2024-05-07, 2024-05-09 and 3 more days"
