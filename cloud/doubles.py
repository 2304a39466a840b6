"""Two gateways under one name, noticed by their heartbeats: who was replaced by another start does not come back."""

from typing import Final

_REMEMBERED: Final = 8


class Doubles:
    """Memory of the starts under which each gateway spoke, in the order in which they were first heard."""

    def __init__(self) -> None:
        self._starts: dict[tuple[str, str], list[str]] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._told: set[tuple[str, str]] = set()

    def note(self, organisation: str, gateway: str, start: str) -> bool:
        """Hear of a start; whether that shows, for the first time, that two gateways share the name."""
        place = (organisation, gateway)
        starts = self._starts.setdefault(place, [])
        before = self._last.get(place)
        self._last[place] = start
        if start not in starts:
            starts.append(start)
            del starts[:-_REMEMBERED]
            return False
        if before == start or place in self._told:
            return False
        self._told.add(place)
        return True
