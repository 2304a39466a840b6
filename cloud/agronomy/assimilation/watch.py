"""What is carried from day to day besides the water: claims on it, every source's record, and what came of both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from cloud.agronomy.assimilation.claims import Claims, DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.trust import Texts, Trusts
from cloud.agronomy.plots import Plots
from cloud.variables import Floats


@dataclass(slots=True, kw_only=True)
class Watch:
    """Claims and trust of P parcels, being filled; and what was concluded, by parcel and first day."""

    claims: Claims
    trusts: Trusts = field(default_factory=Trusts)
    inferred: dict[tuple[str, int], InferredIrrigation] = field(default_factory=dict)
    doubted: dict[tuple[str, int], DoubtedIrrigation] = field(default_factory=dict)

    @classmethod
    def kept(cls, parcel_ids: Sequence[str], claims: Floats, sources: Texts) -> Self:
        """Parcels of an earlier run, from the claims (P, C) and the texts (P,) that it kept."""
        return cls(claims=Claims.unstacked(claims), trusts=Trusts.from_texts(parcel_ids, sources))

    @classmethod
    def blank(cls, plots: Plots) -> Self:
        """Parcels that nobody has looked at yet."""
        return cls(claims=Claims.none(plots))
