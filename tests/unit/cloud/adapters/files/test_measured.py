from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.adapters.files.measured import Measured, Value
from cloud.adapters.files.tables import read_observations
from cloud.errors import InputError
from cloud.records import Observation, Parcel

Told = tuple[list[Observation], tuple[str, ...], tuple[str, ...]]
Read = Callable[..., Told]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reader(*rows: str, header: str = "observed_at,kind,value,unit,sigma,source") -> Told:
        path = tmp_path / "seen.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        parcel = Parcel(id="a", crop="maize", latitude=32.0, longitude=-6.0)
        found = read_observations(path, [parcel])
        return list(found.records), found.problems, found.notes

    return reader


def test_a_percentage_that_says_so_is_converted_and_told(read: Read) -> None:
    records, problems, notes = read(
        "2024-05-01,soil_water_fraction,23.5,percent,2,probe",
        "2024-05-02,canopy_cover_fraction,40,%,,camera",
        "2024-05-03,soil_water_fraction,0.24,m3/m3,0.02,probe",
    )
    assert [one.value for one in records] == pytest.approx([0.235, 0.40, 0.24])
    assert [one.sigma for one in records] == pytest.approx([0.02, 0.10, 0.02])
    assert problems == ()
    assert notes == ("seen.csv: 2 values in percent were divided by 100",)


def test_a_percentage_without_a_unit_is_refused(read: Read) -> None:
    records, problems, notes = read("2024-05-01,soil_water_fraction,23.5,,,probe")
    assert records == []
    assert "divide a percentage by 100 or say percent" in problems[0]
    assert notes == ()


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("2024-05-01,soil_water_fraction,0.85,,,probe", "more than any soil holds"),
        ("2024-05-01,soil_water_fraction,-0.1,,,probe", "fraction 0 to 1"),
        ("2024-05-01,soil_water_fraction,85,percent,,probe", "more than any soil holds"),
        ("2024-05-01,soil_water_fraction,0.2,,2,probe", "divide a percentage"),
        ("2024-05-01,soil_water_fraction,0.2,inch,,probe", "expected fraction or percent"),
        ("2024-05-01,depletion_mm,3,cm,,probe", "expected mm"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(read: Read, row: str, word: str) -> None:
    records, problems, _ = read(row)
    assert records == []
    assert problems[0].startswith("seen.csv line 2")
    assert word in problems[0]


def test_a_cover_beside_percentages_may_be_one(read: Read) -> None:
    records, problems, _ = read(
        "2024-05-01,canopy_cover_fraction,0.5,,,camera",
        "2024-05-02,canopy_cover_fraction,45,,,camera",
        "2024-05-03,canopy_cover_fraction,0.5,,,other",
    )
    assert [one.source for one in records] == ["other"]
    assert len(problems) == 2
    assert "1 values up to 1 stand beside percentages" in problems[1]


def test_what_is_told_twice_counts_once_and_what_differs_not_at_all(read: Read) -> None:
    records, problems, notes = read(
        "2024-05-01T12:00,soil_water_fraction,0.2,,,probe",
        "2024-05-01T12:00,soil_water_fraction,0.2,,,probe",
        "2024-05-02T12:00,soil_water_fraction,0.2,,,probe",
        "2024-05-02T12:00,soil_water_fraction,0.3,,,probe",
        "2024-05-02T12:00,soil_water_fraction,0.3,,,south",
    )
    assert [(one.observed_at.day, one.source) for one in records] == [(1, "probe"), (2, "south")]
    assert len(problems) == 1
    assert "expected one value, got 0.2 and 0.3" in problems[0]
    assert notes == ("seen.csv: 1 observations are told twice; each counts once",)


def test_depths_in_centimetres_are_refused(read: Read) -> None:
    records, problems, _ = read(
        "2024-05-01,soil_water_fraction,0.2,0,30",
        "2024-05-01,soil_water_fraction,0.2,10,30",
        "2024-05-01,soil_water_fraction,0.2,0,0.3",
        header="observed_at,kind,value,depth_from_m,depth_to_m",
    )
    assert [one.depth_to_m for one in records] == [0.3]
    assert "depth_to_m: expected at most 5 m, got 30" in problems[0]
    assert "depth_from_m: expected at most 5 m, got 10" in problems[1]


@pytest.mark.parametrize(("value", "sigma"), [(5000.0, None), (-5000.0, 10.0), (20.0, 1e308)])
def test_a_depletion_that_no_soil_can_have_is_refused(value: float, sigma: float | None) -> None:
    with pytest.raises(InputError, match=r"(depletion_mm|sigma): expected .* mm.* got"):
        Measured().value_of("depletion_mm", Value(value=value, sigma=sigma), "mm", "plot")
    assert Measured().value_of("depletion_mm", Value(value=-20.0, sigma=10.0), "mm", "plot").value == -20.0
