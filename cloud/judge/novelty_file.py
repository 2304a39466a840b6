"""What was learned of released advice as bytes: skops, never pickle, so that opening a file runs nothing of it."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import numpy as np

from cloud.errors import InputError
from cloud.judge.forest import Forest
from cloud.judge.novelty import LearnedKind, Novelty, Ordinary
from cloud.judge.traits import TRAITS, Kind
from cloud.learned_file import DAMAGED, packed, unpacked

FORMAT: Final = "seguia novelty 1"


def dumps(novelty: Novelty) -> bytes:
    """The bytes of a file."""
    content = {
        "format": FORMAT,
        "last_day": novelty.last_day,
        "traits": {kind: list(names) for kind, names in TRAITS.items()},
        "kinds": {
            kind: {
                "forest": {name: getattr(learned.forest, name) for name in Forest.__slots__},
                "least_score": learned.least_score,
                "overall": _arrays(learned.overall),
                "own": {group: _arrays(one) for group, one in learned.own.items()},
                "seen": learned.seen,
            }
            for kind, learned in novelty.kinds.items()
        },
    }
    return packed(content)


def loads(content: bytes, name: str) -> Novelty:
    """What a file's bytes hold; InputError where they are of another kind or library, or hold what is not trusted."""
    try:
        return _read(content, name)
    except DAMAGED as error:
        raise InputError(
            f"{name}: expected a file made by: seguia judge learn, got another file or a damaged one"
            f" ({type(error).__name__}); learn again"
        ) from error


def _read(content: bytes, name: str) -> Novelty:
    found = unpacked(content, name)
    if found["format"] != FORMAT:
        raise InputError(f"{name}: expected {FORMAT!r}, got {found['format']!r}; learn again")
    if found["traits"] != {kind: list(names) for kind, names in TRAITS.items()}:
        raise InputError(f"{name}: expected the traits of this release, got others; learn again")
    kinds: dict[Kind, LearnedKind] = {
        kind: _learned(kind, found["kinds"][kind]) for kind in get_args(Kind) if kind in found["kinds"]
    }
    if not kinds:
        raise ValueError("nothing was learned")
    return Novelty(kinds=kinds, last_day=str(found["last_day"]))


def _learned(kind: Kind, found: Mapping[str, Any]) -> LearnedKind:
    learned = LearnedKind(
        forest=Forest(**found["forest"]),
        least_score=float(found["least_score"]),
        overall=Ordinary(**found["overall"]),
        own={str(group): Ordinary(**one) for group, one in found["own"].items()},
        seen=int(found["seen"]),
    )
    # What cannot judge one advice is found here and not in the night.
    shape = (len(TRAITS[kind]),)
    for one in (learned.overall, *learned.own.values()):
        if any(np.asarray(getattr(one, name)).shape != shape for name in Ordinary.__slots__):
            raise ValueError("traits are not those of the kind")
    learned.forest.check(shape[0])
    if not np.isfinite([learned.least_score, *learned.forest.scores(np.zeros((1, *shape)))]).all():
        raise ValueError("scores are no numbers")
    return learned


def _arrays(one: Ordinary) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Ordinary.__slots__}
