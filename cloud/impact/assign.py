"""Who starts when, drawn by a seed before the season: pairs that resemble each other, or blocks in a random order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, log, radians
from typing import Final

import numpy as np

from cloud.agronomy.crops.crop import find_crop
from cloud.errors import ConfigurationError
from cloud.impact.compliance import block_of
from cloud.impact.design import Assigned, Design
from cloud.records import Parcel
from cloud.variables import Floats

_LEAST_PER_START: Final = 2
_EARTH_KM: Final = 6371.0
_UNKNOWN: Final = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The assignment, and what was left out and why."""

    assignment: tuple[Assigned, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def drawn(parcels: Sequence[Parcel], design: Design, past_use: Mapping[str, float] | None = None) -> Drawn:
    """The assignment of the design's seed; ``past_use`` is each parcel's use over need before [-], where metered."""
    if not design.randomised:
        raise ConfigurationError("kind: expected stepped or pairs to draw from, got observed; choose one")
    inside, problems = _eligible(parcels, design)
    random = np.random.default_rng([design.seed, 1])
    if design.kind == "pairs":
        return _pairs(inside, design, past_use or {}, (random, problems))
    return _stepped(inside, design, random, problems)


def _eligible(parcels: Sequence[Parcel], design: Design) -> tuple[list[Parcel], list[str]]:
    wanted = {find_crop(crop).name for crop in design.crops}
    inside = []
    problems = []
    for parcel in sorted(parcels, key=lambda one: one.id):
        if parcel.id in design.exclude:
            continue
        if wanted and find_crop(parcel.crop).name not in wanted:
            problems.append(f"parcel {parcel.id}: crop {parcel.crop} is not one of the design's; it is left out")
            continue
        inside.append(parcel)
    return inside, problems


def _stepped(inside: Sequence[Parcel], design: Design, random: np.random.Generator, problems: list[str]) -> Drawn:
    blocks = list(dict.fromkeys(block_of(parcel, design) for parcel in inside))
    starts: list[str | None] = [*design.trial_seasons, None]
    if len(blocks) < _LEAST_PER_START * len(starts):
        raise ConfigurationError(
            f"block {design.block}: expected at least {_LEAST_PER_START * len(starts)} blocks for"
            f" {len(design.trial_seasons)} seasons and those who wait until the end, got {len(blocks)}; draw smaller"
            " blocks, or plan fewer seasons"
        )
    order = random.permutation(len(blocks))
    # Even shares; where they do not divide, the early starts take one more.
    start_of = {blocks[block]: starts[place % len(starts)] for place, block in enumerate(order)}
    assignment = [
        Assigned(parcel_id=one.id, block=block_of(one, design), starts=start_of[block_of(one, design)])
        for one in inside
    ]
    lone = sum(block.startswith("parcel ") for block in blocks)
    notes = (
        [f"{lone} parcels name no {design.block}: each is a block of its own"]
        if lone and design.block != "parcel"
        else []
    )
    return Drawn(assignment=tuple(assignment), problems=tuple(problems), notes=tuple(notes))


def _pairs(
    inside: Sequence[Parcel],
    design: Design,
    past_use: Mapping[str, float],
    how: tuple[np.random.Generator, list[str]],
) -> Drawn:
    random, problems = how
    alike: dict[tuple[str, ...], list[Parcel]] = {}
    for parcel in inside:
        alike.setdefault(_stratum(parcel, design), []).append(parcel)
    assignment = []
    for stratum in sorted(alike):
        members = alike[stratum]
        matched = closest_pairs(distances(members, past_use))
        for left, right in matched:
            first, second = (left, right) if random.random() < 0.5 else (right, left)  # noqa: PLR2004 -- a fair coin
            name = f"{members[left].id}+{members[right].id}"
            for place, starts in ((first, design.trial_seasons[0]), (second, None)):
                parcel = members[place]
                block = name if design.block in {"pair", "parcel"} else block_of(parcel, design)
                assignment.append(Assigned(parcel_id=parcel.id, block=block, starts=starts, pair=name))
        alone = set(range(len(members))) - {place for pair in matched for place in pair}
        problems += [
            f"parcel {members[place].id}: no other parcel with {', '.join(part for part in stratum if part)} is left to"
            " pair it with; it is not in the trial"
            for place in sorted(alone)
        ]
    if not assignment:
        raise ConfigurationError(
            "pairs: expected two parcels of one crop, method and canal, got none; use kind stepped"
        )
    unmetered = sum(parcel.id not in past_use for parcel in inside)
    notes = [f"{unmetered} of {len(inside)} parcels were paired without past use"] if unmetered else []
    return Drawn(assignment=tuple(assignment), problems=tuple(problems), notes=tuple(notes))


def _stratum(parcel: Parcel, design: Design) -> tuple[str, ...]:
    """What partners share: crop, method, canal; the canal group or farm too where that is the block."""
    block = block_of(parcel, design) if design.block in {"group", "farm"} else ""
    return find_crop(parcel.crop).name, parcel.irrigation.method, parcel.water.canal or "", block


def distances(members: Sequence[Parcel], past_use: Mapping[str, float]) -> Floats:
    """How unlike parcels are (N, N): area, place along the canal, past use; each on its own spread."""
    middle = cos(radians(sum(one.latitude for one in members) / len(members)))
    known = [log(max(past_use[one.id], 1e-3)) for one in members if one.id in past_use]
    usual = sum(known) / len(known) if known else _UNKNOWN
    traits = np.array(
        [
            [
                log(one.area_ha),
                log(max(past_use[one.id], 1e-3)) if one.id in past_use else usual,
            ]
            for one in members
        ]
    )
    places = np.radians([[one.latitude, one.longitude * middle] for one in members]) * _EARTH_KM
    away = np.array([[hypot(*(here - there)) for there in places] for here in places])
    spread = traits.std(axis=0)
    scaled = (traits - traits.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    unlike = np.sqrt(((scaled[:, None] - scaled[None]) ** 2).sum(axis=2))
    result: Floats = unlike + away / max(float(away.mean()), 1e-9)
    return result


def closest_pairs(away: Floats) -> list[tuple[int, int]]:
    """Pairs of the least distance first, each place once."""
    left, right = np.triu_indices(away.shape[0], k=1)
    free = np.ones(away.shape[0], dtype=bool)
    pairs = []
    for place in np.argsort(away[left, right], kind="stable"):
        one, other = int(left[place]), int(right[place])
        if free[one] and free[other]:
            free[[one, other]] = False
            pairs.append((one, other))
    return pairs
