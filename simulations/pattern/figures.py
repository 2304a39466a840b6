"""How often the finder of dry rows is wrong and what it finds, on SYNTHETIC fields and with faults put into real ones.

The finder's limits were chosen on other draws of the same kind of field. How fields differ in truth is not known here,
so these figures say what the rule does to such fields, not how many emitters it finds on a farm.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.frame import load_frame
from edge.pattern.emitters import DryBlock, RowTable, dry_blocks, row_table
from edge.pattern.grid import warmth_k
from edge.pattern.reading import LEAST_WARMTH_K
from edge.pattern.rows import find_rows
from edge.pattern.view import lay_flat
from edge.radiometry.masks import thermal_canopy
from models.evaluation.bars import Bar
from models.job import Job
from simulations.pattern.fields import Fault, Soil, Table, even_field, fault_in, with_fault
from simulations.pattern.rendered import rendered_rows

SEED: Final = 22_112_026
SHAPES: Final = ((6, 4), (8, 4), (12, 1), (12, 6), (16, 8), (30, 12))
FIELDS_A_SHAPE: Final = 100
HARDER_A_SHAPE: Final = 50
FAULTS_A_CASE: Final = 20
EFFECTS_K: Final = (1.0, 2.0, 3.0)
BLOCKS: Final = (1, 2, 3)
MOST_FALSE: Final = 0.02
USUAL: Final = "slopes, waves, soil patches of 1.5 to 4 rows and up to 0.8 K"
SOILS: Final[Mapping[str, Soil]] = {
    USUAL: Soil(least_rows=1.5, most_rows=4.0, most_k=0.8),
    "no patches": Soil(least_rows=1.5, most_rows=4.0, most_k=0.0),
    "the hardest: patches of 1.5 rows and up to 1.6 K": Soil(least_rows=1.5, most_rows=1.6, most_k=1.6),
}
VINEYARDS: Final = ("vineyard_A_2015-06-02_T_degC_0.6m.tif", "vineyard_B_T_degC_0.57m.tif")
PARCEL_ROWS: Final = 16
Row = dict[str, Any]


def run(job: Job) -> Row:
    """All figures; those on real vineyards only where the data set is at hand."""
    job.told("pattern: SYNTHETIC fields without a fault")
    quiet = [_false_alarms(name, FIELDS_A_SHAPE if name == USUAL else HARDER_A_SHAPE) for name in SOILS]
    job.told("pattern: SYNTHETIC fields with a fault")
    power = [_found(shape, FAULTS_A_CASE) for shape in SHAPES]
    job.told("pattern: SYNTHETIC rendered scenes")
    scenes = rendered_rows()
    bar = Bar(what="SYNTHETIC fields without a fault in which a row is called dry", most=MOST_FALSE)
    return {
        "bars": [bar.row(quiet[0]["alarms"] / quiet[0]["fields"], f"upper end of 95 %: {quiet[0]['at_most']:.4f}")],
        "synthetic_fields_without_a_fault": quiet,
        "synthetic_fields_with_a_fault": [row for rows in power for row in rows],
        "synthetic_rendered_scenes": scenes,
        "faults_put_into_real_vineyards": _vineyards(job),
    }


def _false_alarms(name: str, count: int) -> Row:
    alarms = [bool(_blocks(even_field(shape, SOILS[name], generator))) for shape, generator in _draws(SHAPES, count)]
    return {
        "fields_are": name,
        "fields": len(alarms),
        "alarms": sum(alarms),
        "at_most": upper_limit(sum(alarms), len(alarms)),
        **{
            f"alarms_{rows}x{stretches}": sum(alarms[place * count : (place + 1) * count])
            for place, (rows, stretches) in enumerate(SHAPES)
        },
    }


def _found(shape: tuple[int, int], count: int) -> list[Row]:
    rows = []
    for size in (size for size in BLOCKS if size <= shape[0] // 3):
        for whole in (True, False) if shape[1] > 1 else (True,):
            row: Row = {"rows": shape[0], "stretches": shape[1], "dry_rows": size, "length": "all" if whole else "half"}
            for effect in EFFECTS_K:
                named = []
                for _, generator in _draws((shape,), count, first=1_000_000):
                    field = even_field(shape, SOILS[USUAL], generator)
                    fault = fault_in(shape, size, whole=whole, generator=generator)
                    named.append(_named(_blocks(with_fault(field, fault, effect)), fault))
                row |= _shares(named, f"{effect:g}_k")
            rows.append(row)
    return rows


def _shares(named: Sequence[tuple[bool, bool]], effect: str) -> Row:
    found, exact = np.mean(np.asarray(named, float), axis=0)
    return {f"found_{effect}": float(found), f"rows_exact_{effect}": float(exact)}


def _named(blocks: Sequence[DryBlock], fault: Fault) -> tuple[bool, bool]:
    """Whether a row of the fault is named, and whether exactly its rows are."""
    told = {number for block in blocks for number in range(block.first_row, block.last_row + 1)}
    return bool(told & fault.numbers), told == fault.numbers


def _vineyards(job: Job) -> list[Row]:
    """Parcels of 16 neighbouring rows cut from real maps, as they are (their truth is unknown) and with a fault."""
    rows = []
    for name in VINEYARDS:
        path = job.data / "imagery" / "vineyard_rgbn_thermal" / name
        if not path.is_file():
            continue
        parcels = _parcels(_real_table(path))
        row: Row = {"map": name, "parcels": len(parcels), "as_they_are": sum(bool(_blocks(part)) for part in parcels)}
        for size in BLOCKS:
            for effect in EFFECTS_K:
                found = []
                for place, parcel in enumerate(parcels):
                    generator = np.random.default_rng((SEED, place, size))
                    fault = fault_in(parcel.shape, size, whole=True, generator=generator)
                    found.append(_named(_blocks(with_fault(parcel, fault, effect)), fault)[0])
                row[f"{size}_rows_{effect:g}_k"] = float(np.mean(found))
        rows.append(row)
    return rows


def _real_table(path: Path) -> Table:
    frame = load_frame(path)
    assert frame.temperature_c is not None
    assert frame.parcel_view is not None
    canopy = thermal_canopy(frame.temperature_c)
    assert canopy is not None
    parcel = lay_flat(frame.parcel_view, canopy, warmth_k(frame.temperature_c, canopy))
    found = find_rows(parcel)
    assert found is not None
    return row_table(parcel, found).stress


def _parcels(table: Table) -> list[Table]:
    return [table[top : top + PARCEL_ROWS] for top in range(0, len(table) - PARCEL_ROWS + 1, 3)]


def _blocks(field: Table) -> tuple[DryBlock, ...]:
    edges = np.arange(field.shape[1] + 1, dtype=np.float64)
    return dry_blocks(RowTable(stress=field, edges=edges), least_effect=LEAST_WARMTH_K)


def _draws(
    shapes: Sequence[tuple[int, int]], count: int, *, first: int = 0
) -> Iterator[tuple[tuple[int, int], np.random.Generator]]:
    for shape in shapes:
        for place in range(count):
            yield shape, np.random.default_rng((SEED, first, *shape, place))


def upper_limit(events: int, cases: int, z: float = 1.645) -> float:
    """One-sided 95 % limit of a share, by Wilson's score; (1927) J. Am. Stat. Assoc. 22, 209-212."""
    share, spread = events / cases, z * z / cases
    half = z * np.sqrt(share * (1 - share) / cases + spread / (4 * cases))
    return float((share + spread / 2 + half) / (1 + spread))
