"""What is unlike all advice released before: an isolation forest, and bounds of single traits, both learned.

The forest (Liu, Ting and Zhou 2008, doi:10.1109/ICDM.2008.17) finds what is easily told apart from the rest; the
bounds name the trait. Traits are scaled by crop and irrigation method. Without what was learned there is no opinion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.errors import InputError
from cloud.judge.coarse import system_of
from cloud.judge.evaporation import FloatArray
from cloud.judge.finding import Finding
from cloud.judge.forest import Forest
from cloud.judge.traits import BOUNDED, TRAITS, Kind, kind_of, traits_of
from cloud.records import Check, Parcel, Recommendation, Verdict

NAME: Final = "like_released"
NEEDED: Final = 200
"""Released verdicts of a kind from which anything is learned."""
OWN_NEEDED: Final = 40
"""Released verdicts of a crop under a method from which its own scale and bounds are learned."""
TREES: Final = 100
SAMPLES: Final = 256
KNOWN_SHARE: Final = 0.999
"""Share of what was released that the forest must find ordinary."""
SCORE_MARGIN: Final = 0.02
BEYOND: Final = 0.35
"""A trait may pass the farthest seen by this share of the spread that was seen."""
LEAST_SCALE: Final = 0.05
RELEASED: Final = frozenset({"release", "shrink"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """What is ordinary of one kind of advice, of one crop and method or of all: arrays (T,) over its traits."""

    middle: FloatArray
    scale: FloatArray
    lowest: FloatArray
    highest: FloatArray

    def scaled(self, values: FloatArray) -> FloatArray:
        """Traits in units of what is ordinary; the unknown is ordinary."""
        result: FloatArray = np.nan_to_num((values - self.middle) / self.scale, nan=0.0)
        return np.clip(result, -20.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedKind:
    """What was learned of one kind of advice; ``forest`` scores scaled traits, the lower the stranger."""

    forest: Forest
    least_score: float
    overall: Ordinary
    own: Mapping[str, Ordinary]
    """By crop and method."""
    seen: int

    def ordinary_of(self, group: str) -> Ordinary:
        """What is ordinary of a crop and method, of all where too few were seen."""
        return self.own.get(group, self.overall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """What was learned from released advice."""

    kinds: Mapping[Kind, LearnedKind]
    last_day: str

    def findings(
        self, asked: Sequence[tuple[Recommendation, Parcel | None, Sequence[Check]]]
    ) -> tuple[Finding | None, ...]:
        """One finding for each advice that the kinds tell of; all are scored at once."""
        found: list[Finding | None] = [None] * len(asked)
        for kind, learned in self.kinds.items():
            places, rows, ordinaries = [], [], []
            for place, (proposed, parcel, checks) in enumerate(asked):
                if parcel is not None and kind_of(proposed) == kind:
                    places.append(place)
                    rows.append(np.array(traits_of(kind, proposed, checks, system_of(parcel))))
                    ordinaries.append(learned.ordinary_of(group_of(parcel)))
            if places:
                for place, finding in zip(places, _judged(kind, learned, rows, ordinaries), strict=True):
                    found[place] = finding
        return tuple(found)


def group_of(parcel: Parcel) -> str:
    """Crop and method, by which traits are scaled."""
    return f"{parcel.crop} {parcel.irrigation.method}"


def learn(verdicts: Sequence[Verdict], parcels: Sequence[Parcel], *, seed: int = 0) -> Novelty:
    """What is ordinary among released verdicts, each counted once; InputError where too few of either kind are."""
    known = {parcel.id: parcel for parcel in parcels}
    systems = {name: system_of(parcel) for name, parcel in known.items()}
    # An advice that was judged again, or stands in the history twice, counts once, as it was judged last.
    told = {one.proposed.model_dump_json(): one for one in verdicts}
    released = [one for one in told.values() if one.decision in RELEASED]
    kinds: dict[Kind, LearnedKind] = {}
    for kind in TRAITS:
        own = [one for one in released if kind_of(one.proposed) == kind]
        if len(own) >= NEEDED:
            names = [one.proposed.parcel_id for one in own]
            rows = [
                traits_of(kind, one.proposed, one.checks, systems.get(name))
                for one, name in zip(own, names, strict=True)
            ]
            groups = [group_of(known[name]) if name in known else "" for name in names]
            kinds[kind] = _learned(np.array(rows), groups, seed)
    if not kinds:
        raise InputError(
            f"history: expected at least {NEEDED} released verdicts of irrigations or of waits, got"
            f" {len(released)} of both; learn again when more have been released"
        )
    return Novelty(kinds=kinds, last_day=str(max(one.proposed.day for one in released)))


def _learned(rows: FloatArray, groups: Sequence[str], seed: int) -> LearnedKind:
    overall = _ordinary(rows)
    own = {}
    labels = np.array(groups)
    for group in sorted({one for one in groups if one}):
        members = rows[labels == group]
        if len(members) >= OWN_NEEDED:
            own[group] = _ordinary(members)
    scaled = np.array([own.get(group, overall).scaled(row) for row, group in zip(rows, groups, strict=True)])
    forest = Forest.grown(scaled, trees=TREES, samples=SAMPLES, seed=seed)
    least = float(np.quantile(forest.scores(scaled), 1.0 - KNOWN_SHARE)) - SCORE_MARGIN
    return LearnedKind(forest=forest, least_score=least, overall=overall, own=own, seen=len(rows))


def _ordinary(rows: FloatArray) -> Ordinary:
    known = np.where(np.isfinite(rows), rows, np.nan)
    empty = ~np.isfinite(known).any(axis=0)
    known[:, empty] = 0.0
    low, middle, high = np.nanquantile(known, [0.25, 0.5, 0.75], axis=0)
    lowest, highest = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
    scale = np.maximum((high - low) / 1.35, LEAST_SCALE)
    beyond = BEYOND * np.maximum(highest - lowest, scale)
    unknown = np.where(empty, np.inf, 0.0)
    return Ordinary(middle=middle, scale=scale, lowest=lowest - beyond - unknown, highest=highest + beyond + unknown)


def _judged(
    kind: Kind, learned: LearnedKind, rows: Sequence[FloatArray], ordinaries: Sequence[Ordinary]
) -> list[Finding]:
    scaled = np.array([one.scaled(row) for one, row in zip(ordinaries, rows, strict=True)])
    scores = learned.forest.scores(scaled)
    return [
        _finding(kind, learned, row, ordinary, float(score), far)
        for row, ordinary, score, far in zip(rows, ordinaries, scores, scaled, strict=True)
    ]


def _finding(
    kind: Kind, learned: LearnedKind, row: FloatArray, ordinary: Ordinary, score: float, far: FloatArray
) -> Finding:
    """Novel where a trait leaves what was seen, or the forest finds the whole strange; the trait is named."""
    names = TRAITS[kind]
    bounded = np.array([name in BOUNDED for name in names])
    outside = np.nonzero(bounded & ((row < ordinary.lowest) | (row > ordinary.highest)))[0]
    strange = score < learned.least_score
    if not outside.size and not strange:
        return Finding(name=NAME, passed=True, measured=-score, limit=-learned.least_score)
    farthest = max(outside.tolist() or range(len(names)), key=lambda trait: abs(far[trait]))
    limit = f"{ordinary.lowest[farthest]:.3g} to {ordinary.highest[farthest]:.3g} among {learned.seen} released"
    return Finding(name=NAME, passed=False, measured=f"{names[farthest]} {row[farthest]:.3g}", limit=limit)
