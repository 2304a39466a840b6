"""The figures of the dry-row finder: SYNTHETIC fields are drawn as said, and counted right."""

from pathlib import Path

import numpy as np
import pytest

from edge.pattern.emitters import DryBlock, RowTable
from models.job import Job
from simulations.pattern import figures, rendered
from simulations.pattern.fields import Fault, Soil, even_field, fault_in, with_fault

SOIL = Soil(least_rows=1.5, most_rows=4.0, most_k=0.8)


def job(data: Path) -> Job:
    return Job(data=data, out=data, steps=None, threads=1, told=lambda _: None)


def test_a_field_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    fields = [even_field((12, 6), SOIL, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(fields[0], fields[1])
    assert not np.array_equal(fields[0], fields[2])
    assert fields[0].shape == (12, 6)


@pytest.mark.parametrize(("whole", "stretches"), [(True, 6), (False, 3)])
def test_a_fault_warms_only_its_own_rows_and_leaves_the_outermost(*, whole: bool, stretches: int) -> None:
    for seed in range(30):
        fault = fault_in((8, 6), 2, whole=whole, generator=np.random.default_rng(seed))
        assert fault.stretches == stretches
        assert fault.top >= 1
        assert fault.top + fault.rows <= 7
    fault = Fault(top=3, rows=2, left=0, stretches=stretches)
    field = np.zeros((8, 6))
    warm = with_fault(field, fault, 2.0)
    assert field.sum() == 0.0
    assert warm.sum() == 2.0 * 2 * stretches
    assert {int(row) + 1 for row in np.flatnonzero(warm.any(axis=1))} == fault.numbers


def test_the_limit_of_a_share_lies_above_it() -> None:
    assert figures.upper_limit(0, 300) == pytest.approx(0.0089, abs=2e-4)
    assert figures.upper_limit(6, 300) > 0.02
    assert figures.upper_limit(300, 300) == pytest.approx(1.0)


def finder(monkeypatch: pytest.MonkeyPatch, rows: tuple[int, int] | None) -> None:
    """Stands in for the finder: it always names these rows, or none."""

    def dry_blocks(table: RowTable, *, least_effect: float) -> tuple[DryBlock, ...]:
        assert table.stress.ndim == 2
        assert least_effect > 0
        if rows is None:
            return ()
        block = DryBlock(first_row=rows[0], last_row=rows[1], from_along=0.0, to_along=1.0, effect=1.0, strength=9.0)
        return (block,)

    monkeypatch.setattr(figures, "dry_blocks", dry_blocks)
    monkeypatch.setattr(figures, "FIELDS_A_SHAPE", 4)
    monkeypatch.setattr(figures, "HARDER_A_SHAPE", 2)
    monkeypatch.setattr(figures, "FAULTS_A_CASE", 3)
    monkeypatch.setattr(figures, "rendered_rows", list)


def test_a_finder_that_names_everything_misses_the_bar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    finder(monkeypatch, (1, 99))
    told = figures.run(job(tmp_path))
    assert told["bars"][0]["state"] == "missed"
    assert told["bars"][0]["value"] == 1.0
    first = told["synthetic_fields_without_a_fault"][0]
    assert first["alarms"] == first["fields"] == 4 * len(figures.SHAPES)
    row = told["synthetic_fields_with_a_fault"][0]
    assert (row["found_1_k"], row["rows_exact_1_k"]) == (1.0, 0.0)
    assert told["faults_put_into_real_vineyards"] == []


def test_a_silent_finder_meets_the_bar_and_finds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    finder(monkeypatch, None)
    told = figures.run(job(tmp_path))
    assert told["bars"][0]["state"] == "met"
    assert {row["found_3_k"] for row in told["synthetic_fields_with_a_fault"]} == {0.0}


def test_the_real_finder_is_right_on_a_few_fields_drawn_here() -> None:
    named = []
    for seed in range(8):
        field = np.random.default_rng(seed).normal(0, 0.2, (16, 6))
        fault = Fault(top=5, rows=2, left=0, stretches=6)
        named.append(figures._named(figures._blocks(with_fault(field, fault, 3.0)), fault))
        assert figures._blocks(field) == ()
    assert np.mean([exact for _, exact in named]) >= 0.9


def test_a_rendered_scene_goes_the_whole_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "SCENES_A_CASE", 1)
    monkeypatch.setattr(rendered, "FAULT_STRESS", (0.8,))
    even, dry = rendered.rendered_rows()
    assert (even["scenes"], even["a_row_is_called_dry"], even["exactly_the_dry_rows"]) == (1, 0, 1)
    assert (dry["a_row_is_called_dry"], dry["exactly_the_dry_rows"]) == (1, 1)


def test_real_vineyards_take_part_where_they_are_at_hand(monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    finder(monkeypatch, None)
    monkeypatch.setattr(figures, "VINEYARDS", figures.VINEYARDS[1:])
    (row,) = figures.run(job(shared_data))["faults_put_into_real_vineyards"]
    assert row["parcels"] >= 4
    assert (row["as_they_are"], row["3_rows_3_k"]) == (0, 0.0)
