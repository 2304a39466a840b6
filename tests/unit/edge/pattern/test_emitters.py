"""Rows drier than their neighbours: found where they were put, and not where soil changes smoothly. All SYNTHETIC."""

import numpy as np
import pytest

from edge.pattern.emitters import DryBlock, RowTable, Table, dry_blocks, row_table, strength_asked
from edge.pattern.reading import index_pattern, named_rows, thermal_pattern
from edge.pattern.rows import FoundRows
from edge.pattern.view import Field, Mask, ParcelMap, view_from_above, view_from_pixel_size


def field(seed: int, rows: int = 16, stretches: int = 6, noise: float = 0.2) -> Table:
    generator = np.random.default_rng(seed)
    slope = np.linspace(0, 2, rows)[:, None] + np.linspace(0, 1, stretches)[None]
    return slope + generator.normal(0.0, noise, (rows, stretches))


def blocks_of(stress: Table, least_effect: float = 0.7) -> tuple[DryBlock, ...]:
    return dry_blocks(RowTable(stress=stress, edges=np.arange(stress.shape[1] + 1) * 10.0), least_effect=least_effect)


def test_a_dry_stretch_of_two_rows_is_found_with_its_place_and_size() -> None:
    stress = field(1)
    stress[6:8, 2:5] += 3.0
    (block,) = blocks_of(stress)
    assert (block.first_row, block.last_row) == (7, 8)
    assert (block.from_along, block.to_along) == (20.0, 50.0)
    assert block.effect == pytest.approx(3.0, abs=0.4)
    assert block.strength > strength_asked(*stress.shape)


def test_two_faults_are_both_found_the_clearer_first() -> None:
    stress = field(2, rows=30)
    stress[5] += 3.0
    stress[20:23] += 2.0
    found = blocks_of(stress)
    assert {(block.first_row, block.last_row) for block in found} == {(6, 6), (21, 23)}
    assert found[0].strength > found[1].strength


@pytest.mark.parametrize("seed", range(25))
def test_a_slope_with_noise_has_no_dry_rows(seed: int) -> None:
    assert blocks_of(field(seed, noise=0.4)) == ()


def test_a_wet_row_and_a_difference_too_small_to_matter_are_not_told() -> None:
    wet, slight = field(3), field(3, noise=0.05)
    wet[7] -= 3.0
    slight[7] += 0.5
    assert blocks_of(wet) == ()
    assert blocks_of(slight) == ()
    assert [block.first_row for block in blocks_of(slight, least_effect=0.3)] == [8]


def test_a_hump_without_edges_is_soil() -> None:
    hump = field(4, rows=24, noise=0.02)
    hump += 3.0 * np.exp(-(((np.arange(24) - 12) / 4.0) ** 2))[:, None]
    assert blocks_of(hump) == ()


@pytest.mark.parametrize("rows", [1, 4, 5])
def test_few_rows_are_not_compared(rows: int) -> None:
    stress = field(5, rows=rows)
    stress[rows // 2] += 5.0
    assert blocks_of(stress) == ()


def test_unknown_cells_are_left_out_and_an_unknown_row_says_nothing() -> None:
    stress = field(6)
    stress[9] += 3.0
    stress[3, :4] = np.nan
    stress[12] = np.nan
    assert [(block.first_row, block.last_row) for block in blocks_of(stress)] == [(10, 10)]
    assert blocks_of(np.full((12, 3), np.nan)) == ()


def test_the_same_table_gives_the_same_answer() -> None:
    stress = field(7)
    stress[4:6] += 2.0
    kept = stress.copy()
    assert blocks_of(stress) == blocks_of(stress)
    assert np.array_equal(stress, kept)


def found_rows(across: tuple[float, float]) -> FoundRows:
    places = tuple(10.0 * number + 5.0 for number in range(8))
    return FoundRows(across=across, places=places, spacing=10.0, direction_deg=0.0, contrast=1.0, unit="m")


@pytest.mark.parametrize("across", [(1.0, 0.0), (0.0, 1.0)])
def test_stretches_count_from_the_upper_or_left_end(across: tuple[float, float]) -> None:
    stress = np.zeros((80, 80), np.float32)
    stress[:20, :] = 4.0 if across[0] else 0.0
    stress[:, :20] += 0.0 if across[0] else 4.0
    seen = np.ones(stress.shape, bool)
    parcel = ParcelMap(canopy=seen, stress=stress, seen=seen, step=1.0, unit="m", rows_from=None)
    table = row_table(parcel, found_rows(across))
    assert table.stress.shape == (8, 1)
    wide = ParcelMap(
        canopy=seen, stress=np.kron(stress, np.ones((2, 2), np.float32)), seen=seen, step=1.0, unit="m", rows_from=None
    )
    cut = row_table(wide, found_rows(across))
    assert cut.stress.shape == (8, 3)
    assert (cut.stress[:, 0] == 4.0).all()
    assert (cut.stress[:, 2] == 0.0).all()
    assert cut.edges[0] == 0.0


def test_a_map_without_canopy_gives_an_unknown_table() -> None:
    nothing = np.full((20, 20), np.nan, np.float32)
    seen = np.ones(nothing.shape, bool)
    parcel = ParcelMap(canopy=~seen, stress=nothing, seen=seen, step=1.0, unit="px", rows_from=None)
    assert np.isnan(row_table(parcel, found_rows((1.0, 0.0))).stress).all()


def vineyard(dry: slice | None = None) -> tuple[Field, Mask]:
    """Temperatures [deg C] and canopy of sixteen rows that run down the picture."""
    generator = np.random.default_rng(8)
    rows = np.arange(320) // 20
    canopy = np.broadcast_to(np.arange(320) % 20 < 9, (240, 320)).copy()
    temperature = (30 + 0.1 * rows + generator.normal(0, 0.3, (240, 320))).astype(np.float32)
    if dry is not None:
        temperature[:, dry.start * 20 : dry.stop * 20] += 3.0
    return temperature, canopy


def test_a_frame_of_temperatures_names_its_dry_rows() -> None:
    pattern = thermal_pattern(view_from_pixel_size(0.1, 0.1), *vineyard(slice(6, 9)))
    assert pattern.rows is not None
    assert pattern.rows.count == 16
    assert pattern.dry_rows == (7, 8, 9)
    assert pattern.note == "rows 7-9 drier"
    assert thermal_pattern(view_from_pixel_size(0.1, 0.1), *vineyard(slice(6, 7))).note == "row 7 drier"
    assert np.nanmax(pattern.grid.stress) > 0.25


def test_a_frame_of_bands_names_rows_of_a_lower_index() -> None:
    temperature, canopy = vineyard(slice(6, 9))
    pattern = index_pattern(
        view_from_above(), np.float32(0.8) - (temperature - np.float32(30)) / np.float32(30), canopy
    )
    assert pattern.quantity == "index_loss"
    assert pattern.dry_rows == (7, 8, 9)


def test_an_even_frame_says_so_and_one_without_rows_too() -> None:
    temperature, canopy = vineyard()
    assert thermal_pattern(view_from_above(), temperature, canopy).note == "no row stands drier than its neighbours"
    full = thermal_pattern(view_from_above(), temperature, np.ones_like(canopy))
    assert full.rows is None
    assert full.dry_rows == ()
    assert full.note == "no rows found"


def test_too_few_rows_are_named_as_that() -> None:
    temperature, canopy = vineyard()
    few = thermal_pattern(view_from_above(), temperature[:, :100], canopy[:, :100])
    assert few.rows is not None
    assert few.note == "5 rows: too few to compare"


@pytest.mark.parametrize(("numbers", "text"), [((), ""), ((3,), "3"), ((9, 7, 8, 12), "7-9, 12")])
def test_row_numbers_in_short(numbers: tuple[int, ...], text: str) -> None:
    assert named_rows(numbers) == text
