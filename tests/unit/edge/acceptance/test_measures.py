from pathlib import Path

import pytest

from edge.acceptance.measures import (
    EnergyCount,
    commit_ms,
    energy_counts,
    heat_c,
    joules_between,
    peak_memory_mb,
    speed,
)
from edge.errors import EdgeError


def zone(folder: Path, name: str, microjoules: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "energy_uj").write_text(microjoules)
    (folder / name / "max_energy_range_uj").write_text("1000000\n")


def test_energy_is_counted_over_packages_and_not_over_their_parts(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "100\n")
    zone(tmp_path, "intel-rapl:1", "200\n")
    zone(tmp_path, "intel-rapl:0:0", "999\n")
    zone(tmp_path, "intel-rapl:2", "not a number")
    assert set(energy_counts(tmp_path)) == {"intel-rapl:0", "intel-rapl:1"}
    assert energy_counts(tmp_path / "none") == {}


def test_a_count_that_began_anew_is_no_negative_energy() -> None:
    def count(microjoules: int) -> EnergyCount:
        return EnergyCount(microjoules=microjoules, range_microjoules=1_000_000)

    before = {"a": count(900_000), "b": count(0)}
    assert joules_between(before, {"a": count(100_000), "b": count(300_000)}) == pytest.approx(0.5)
    assert joules_between({}, {}) is None
    assert joules_between(before, {"a": count(1)}) is None


def test_every_installed_model_answers_and_energy_is_asked_of_the_machine(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "100\n")
    measured = speed(None, tmp_path)
    assert {"canopy", "wilting"} <= set(measured.models)
    assert measured.pictures_per_s == pytest.approx(measured.pictures / measured.elapsed_s)
    assert measured.processor_s > 0
    assert measured.joules == 0.0, "the count of this test stands still"
    assert speed(None, tmp_path / "none").joules is None


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "canopy").mkdir()
    (tmp_path / "canopy" / "card.toml").write_text("nothing")
    with pytest.raises(EdgeError, match="canopy"):
        speed(tmp_path)


def test_a_durable_write_takes_time_and_leaves_nothing(tmp_path: Path) -> None:
    taken = commit_ms(tmp_path)
    assert taken is not None
    assert taken > 0
    assert list(tmp_path.iterdir()) == []
    assert commit_ms(tmp_path / "none") is None


def test_the_hottest_part_counts_and_none_is_unknown(tmp_path: Path) -> None:
    for number, text in enumerate(("45000\n", "61500\n", "broken")):
        (tmp_path / f"thermal_zone{number}").mkdir()
        (tmp_path / f"thermal_zone{number}" / "temp").write_text(text)
    assert heat_c(tmp_path) == 61.5
    assert heat_c(tmp_path / "none") is None


def test_memory_is_that_of_this_process() -> None:
    assert 10 < peak_memory_mb() < 100_000
