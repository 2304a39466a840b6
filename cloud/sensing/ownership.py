"""Whose word about a parcel's soil and water counts: instruments of its own gateways, and of nobody else's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cloud.sensing.sensed import Sensed


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """What the operator says of who measures where."""

    organisation: str | None = None
    """Gateways of another one are not believed; None: of any."""
    gateways: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By parcel; of a parcel that is not named every gateway of the organisation is believed, and two are told."""

    def own(self, sensed: Iterable[Sensed]) -> tuple[list[Sensed], tuple[str, ...]]:
        """Readings that count, and one line for each gateway that spoke of another's parcel."""
        believed: list[Sensed] = []
        strangers: set[str] = set()
        heard: dict[str, set[str]] = defaultdict(set)
        for one in sensed:
            parcel_id = one.reading.parcel_id or ""
            if self._is_own(one, parcel_id):
                believed.append(one)
                heard[parcel_id].add(one.name.gateway)
            else:
                strangers.add(
                    f"instruments of gateway {one.name.organisation}/{one.name.gateway}: speak of parcel {parcel_id!r},"
                    " which is not theirs; not used (name them in [sensing] gateways if they are)"
                )
        several = {
            f"parcel {parcel_id}: instruments of gateways {', '.join(sorted(names))} speak of it; name its own in"
            " [sensing] gateways"
            for parcel_id, names in heard.items()
            if len(names) > 1 and parcel_id not in self.gateways
        }
        return believed, (*sorted(strangers), *sorted(several))

    def _is_own(self, one: Sensed, parcel_id: str) -> bool:
        if self.organisation is not None and one.name.organisation != self.organisation:
            return False
        named = self.gateways.get(parcel_id)
        return named is None or one.name.gateway in named


ANYBODY = Owners()
"""Nobody said who measures where."""
