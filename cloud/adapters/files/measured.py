"""Observations as their file writes them: units that are told, values that no soil has, sources that mix both."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.errors import InputError
from cloud.records import Observation

FRACTION_KINDS: Final = frozenset({"canopy_cover_fraction", "stress_index", "cwsi", "soil_water_fraction"})
"""Kinds whose values may be told in percent."""

_BOUNDED_KINDS: Final = FRACTION_KINDS - {"cwsi"}
_AMBIGUOUS_KINDS: Final = FRACTION_KINDS - {"soil_water_fraction"}
"""A cover or a stress of 0.5 may be half or half a percent; no soil holds half a percent."""

_WETTEST_SOIL: Final = 0.7
_LARGEST_SIGMA: Final = 0.5
_WETTEST_MM: Final = -200.0
_DRIEST_MM: Final = 600.0
"""Water missing from a root zone; below zero it stands above what the soil can keep [mm]."""
_LARGEST_SIGMA_MM: Final = 200.0
_DEEPEST_M: Final = 5.0
_FRACTIONS: Final = frozenset({"", "fraction", "m3/m3", "m3 m-3", "-", "1"})
_PERCENTS: Final = frozenset({"percent", "%", "vol%", "pct"})
_MILLIMETRES: Final = frozenset({"", "mm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value and its error in the unit of its kind."""

    value: float
    sigma: float | None


@dataclass(slots=True)
class Measured:
    """What was met while reading a file's observations."""

    converted: int = 0
    """Values told in percent."""
    in_percent: set[Hashable] = field(default_factory=set)
    """Sources with a value that only a percentage can be, though no unit says so."""

    def value_of(self, kind: str, said: Value, unit: str, whose: Hashable) -> Value:
        """The value in the unit of its kind; InputError where it cannot be one."""
        if unit.lower() in _PERCENTS and kind in FRACTION_KINDS:
            self.converted += 1
            said = Value(value=said.value / 100.0, sigma=None if said.sigma is None else said.sigma / 100.0)
        elif unit.lower() not in (_FRACTIONS if kind in FRACTION_KINDS else _MILLIMETRES):
            expected = "fraction or percent" if kind in FRACTION_KINDS else "mm"
            raise InputError(f"unit: expected {expected} for {kind}, got {unit!r}; correct it")
        elif kind in _AMBIGUOUS_KINDS and said.value > 1.0:
            self.in_percent.add(whose)
        _check(kind, said)
        return said

    def settled(self, name: str, records: Sequence[Observation]) -> tuple[list[Observation], list[str], list[str]]:
        """Observations that can be used, problems and notes of the whole file."""
        mixed = [one for one in records if source_of(one) in self.in_percent]
        problems = [
            f"{name}: parcel {parcel_id}: {kind} of {source}: {count} values up to 1 stand beside percentages, which"
            " they may be too; add a column unit that says percent or fraction"
            for (parcel_id, kind, source), count in Counter(map(source_of, mixed)).items()
        ]
        kept, doubles = _once(name, [one for one in records if source_of(one) not in self.in_percent])
        notes = [f"{name}: {self.converted} values in percent were divided by 100"] if self.converted else []
        return kept, [*problems, *doubles[0]], [*notes, *doubles[1]]


def source_of(observation: Observation) -> tuple[str, str, str]:
    """Whose number an observation is: parcel, kind, source."""
    return observation.parcel_id, observation.kind, observation.source


def check_depths(top_m: float | None, bottom_m: float | None) -> None:
    """Refuse a layer that lies deeper than roots and probes go: it is told in another unit."""
    for name, depth in (("depth_from_m", top_m), ("depth_to_m", bottom_m)):
        if depth is not None and depth > _DEEPEST_M:
            raise InputError(f"{name}: expected at most {_DEEPEST_M:g} m, got {depth:g}; centimetres? divide by 100")


def _check(kind: str, said: Value) -> None:
    if kind in _BOUNDED_KINDS and not 0.0 <= said.value <= 1.0:
        raise InputError(
            f"{kind}: expected a fraction 0 to 1, got {said.value:g}; divide a percentage by 100 or say percent in a"
            " column unit"
        )
    if kind == "soil_water_fraction" and said.value > _WETTEST_SOIL:
        raise InputError(
            f"{kind}: expected at most {_WETTEST_SOIL:g}, more than any soil holds, got {said.value:g}; correct it or"
            " say its unit"
        )
    if kind == "depletion_mm" and not _WETTEST_MM <= said.value <= _DRIEST_MM:
        raise InputError(f"depletion_mm: expected {_WETTEST_MM:g} to {_DRIEST_MM:g} mm, got {said.value:g}; correct it")
    if kind == "depletion_mm" and said.sigma is not None and said.sigma > _LARGEST_SIGMA_MM:
        raise InputError(f"sigma: expected up to {_LARGEST_SIGMA_MM:g} mm for {kind}, got {said.sigma:g}; correct it")
    if kind in FRACTION_KINDS and said.sigma is not None and said.sigma > _LARGEST_SIGMA:
        raise InputError(
            f"sigma: expected up to {_LARGEST_SIGMA:g} for {kind}, got {said.sigma:g}; divide a percentage by 100"
        )


def _once(name: str, records: Sequence[Observation]) -> tuple[list[Observation], tuple[list[str], list[str]]]:
    """Observations without those told twice, what cannot be used since it is told in two ways, and what to tell."""
    values: dict[Hashable, set[float]] = {}
    moments = [(*source_of(one), one.observed_at, one.depth_from_m, one.depth_to_m) for one in records]
    for moment, one in zip(moments, records, strict=True):
        values.setdefault(moment, set()).add(one.value)
    kept, told = [], set[Hashable]()
    for moment, one in zip(moments, records, strict=True):
        if len(values[moment]) == 1 and moment not in told:
            kept.append(one)
            told.add(moment)
    problems = [
        f"{name}: parcel {parcel_id}: {kind} of {source} at {at.isoformat()}: expected one value, got"
        f" {' and '.join(f'{value:g}' for value in sorted(values[moment]))}; correct or delete them"
        for moment in dict.fromkeys(moments)
        for parcel_id, kind, source, at, *_ in (moment,)
        if len(values[moment]) > 1
    ]
    again = sum(len(values[moment]) == 1 for moment in moments) - len(kept)
    return kept, (problems, [f"{name}: {again} observations are told twice; each counts once"] if again else [])
