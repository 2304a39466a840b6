"""What is carried from day to day besides the water: claims on it, every source's record, and what came of both."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final, Self

import numpy as np

from cloud.agronomy.assimilation.claims import Claims, DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.trust import Texts, Trusts
from cloud.agronomy.plots import Plots
from cloud.variables import Floats

KEPT_DAYS: Final = 30
"""What was concluded of water longer ago than this is history, and is not carried on."""

Irrigation = InferredIrrigation | DoubtedIrrigation


@dataclass(slots=True, kw_only=True)
class Watch:
    """Claims and trust of P parcels, being filled; and what was concluded, by parcel and first day."""

    claims: Claims
    trusts: Trusts = field(default_factory=Trusts)
    inferred: dict[tuple[str, int], InferredIrrigation] = field(default_factory=dict)
    doubted: dict[tuple[str, int], DoubtedIrrigation] = field(default_factory=dict)

    @classmethod
    def kept(cls, parcel_ids: Sequence[str], claims: Floats, sources: Texts, concluded: Texts) -> Self:
        """Parcels of an earlier run, from the claims (P, C) and the texts (P,) that it kept."""
        watch = cls(claims=Claims.unstacked(claims), trusts=Trusts.from_texts(parcel_ids, sources))
        for parcel_id, text in zip(parcel_ids, concluded.tolist(), strict=True):
            held: dict[str, list[tuple[int, dict[str, Any]]]] = json.loads(text) if text else {}
            for day, values in held.get("inferred", ()):
                watch.inferred[parcel_id, day] = InferredIrrigation(parcel_id=parcel_id, **_with_days(values))
            for day, values in held.get("doubted", ()):
                watch.doubted[parcel_id, day] = DoubtedIrrigation(parcel_id=parcel_id, **_with_days(values))
        return watch

    @classmethod
    def blank(cls, plots: Plots) -> Self:
        """Parcels that nobody has looked at yet."""
        return cls(claims=Claims.none(plots))

    def concluded(self, parcel_ids: Sequence[str], today: date) -> Texts:
        """(P,) what was concluded of each parcel and still matters, as JSON; empty where there is nothing."""
        since = int(np.datetime64(today).astype(np.int64)) - KEPT_DAYS
        # What is still being weighed may be told anew at the next reading, in the words it was first told in.
        weighed = np.flatnonzero(self.claims.guess_mm > 0.0).tolist()
        pending = {(parcel_ids[place], int(self.claims.guess_on[place])) for place in weighed}
        found: dict[str, dict[str, list[object]]] = defaultdict(lambda: {"inferred": [], "doubted": []})
        named: tuple[tuple[str, dict[tuple[str, int], Any]], ...] = (
            ("inferred", self.inferred),
            ("doubted", self.doubted),
        )
        for name, irrigations in named:
            for key in sorted(irrigations):
                last = int(np.datetime64(irrigations[key].last_day).astype(np.int64))
                if last >= since or (name == "inferred" and key in pending):
                    found[key[0]][name].append((key[1], _in_text(irrigations[key])))
        return np.array([json.dumps(found[one]) if one in found else "" for one in parcel_ids], dtype=object)


def _in_text(one: Irrigation) -> dict[str, object]:
    values = {name: value for name, value in asdict(one).items() if name != "parcel_id"}
    return {**values, "first_day": one.first_day.isoformat(), "last_day": one.last_day.isoformat()}


def _with_days(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, **{name: date.fromisoformat(values[name]) for name in ("first_day", "last_day")}}
