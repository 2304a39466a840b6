"""Faults put into a sound day: what goes wrong in files, records, sensors, code and on the way, one family at a time.

A family either spoils the inputs of a day (advisor and judge then get the same spoilt inputs, as they would), or the
recommendations between advisor and judge. Families are split in two halves by name order within their kind: limits
of the judge may be chosen on the half ``choosing`` only; the other is for judging it. Its families have been named in
reports since, and questions of the judge were added in view of them, though no limit was set on them; those of
``fresh_faults`` were written after all of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cloud.daily import DayInputs
from cloud.records import Recommendation

Kind = Literal["weather", "forecast", "parcel", "events", "photos", "advice"]
SpoilInputs = Callable[[DayInputs, frozenset[str], np.random.Generator], DayInputs]
SpoilAdvice = Callable[[Sequence[Recommendation], frozenset[str], np.random.Generator], list[Recommendation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One way in which a day goes wrong; ``everyone``: it strikes all parcels at once, else those that are drawn."""

    name: str
    kind: Kind
    summary: str
    everyone: bool
    inputs: SpoilInputs | None = None
    advice: SpoilAdvice | None = None


def halves(families: Sequence[Family]) -> Mapping[str, Literal["choosing", "judging"]]:
    """Which half each family belongs to: every second one of a kind, in the order of names."""
    found: dict[str, Literal["choosing", "judging"]] = {}
    for kind in sorted({family.kind for family in families}):
        names = sorted(family.name for family in families if family.kind == kind)
        for place, name in enumerate(names):
            found[name] = "choosing" if place % 2 == 0 else "judging"
    return found


SHARE_STRUCK: Final = 0.34


def struck(parcel_ids: Sequence[str], family: Family, generator: np.random.Generator) -> frozenset[str]:
    """Parcels that a fault strikes: all of them, or about a third."""
    if family.everyone:
        return frozenset(parcel_ids)
    count = max(2, round(SHARE_STRUCK * len(parcel_ids)))
    return frozenset(generator.choice(np.array(parcel_ids), size=count, replace=False).tolist())
