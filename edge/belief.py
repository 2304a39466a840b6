"""What time it is, as far as a gateway can know: the wall clock against what was known before, without a clock.

Witnesses differ in rank: a clock nobody vouches for (``kept``), one that a time service disciplines (``network``), the
cloud's own word (``cloud``). Within one start of the machine the uptime carries what a witness said; over starts there
is the floor, a time that is surely past. A floor yields to a witness of at least the rank of whoever raised it, never
to a clock that nobody vouches for: so a clock that wakes up in the past is seen, and one that was wrong ahead once is
forgiven as soon as anybody vouches for the time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from edge.clock import AHEAD, BACKWARD_TOLERANCE, SOFTWARE_BORN_AT

WallQuality = Literal["cloud", "network", "kept", "floor"]
"""Who stands behind a time. ``kept``: nobody, and nothing speaks against it; ``floor``: it is later than that."""

NEAR: Final = BACKWARD_TOLERANCE
"""Two clocks so close agree."""
RIVAL_MUST_LAST_S: Final = 600.0
"""A network time that contradicts the network time before it is believed once it stood so long."""


class Believed(NamedTuple):
    """The time as far as it is known, and who stands behind it."""

    at: datetime
    quality: WallQuality

    @property
    def sure(self) -> bool:
        """Whether somebody else vouches for it."""
        return self.quality in ("cloud", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look at a gateway's clocks."""

    wall: datetime
    uptime_s: float
    boot: str
    synchronised: bool

    @property
    def zero(self) -> datetime:
        """The moment at which the uptime was 0, by the wall clock."""
        return self.wall - timedelta(seconds=self.uptime_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """When the uptime of one start of the machine was 0, and by whose word."""

    boot: str
    zero: datetime
    by: WallQuality
    rival: datetime | None = None
    """Another such moment, by a network time that contradicts this one."""
    rival_since_s: float = 0.0
    """Uptime at which the rival was first seen [s]."""

    def at(self, uptime_s: float) -> datetime:
        """The moment of an uptime of the same start."""
        return self.zero + timedelta(seconds=uptime_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """Times that are surely past, by the rank of who said so; each at least as late as the next."""

    kept: datetime = SOFTWARE_BORN_AT
    network: datetime = SOFTWARE_BORN_AT
    cloud: datetime = SOFTWARE_BORN_AT

    def told(self, believed: Believed) -> "Floors":
        """The floors after a time is known: raised to it, and lowered to it where its witness may."""
        at, quality = max(believed.at, SOFTWARE_BORN_AT), believed.quality
        match quality:
            case "cloud":
                return Floors(kept=at, network=at, cloud=at)
            case "network":
                return Floors(kept=max(at, self.cloud), network=max(at, self.cloud), cloud=self.cloud)
            case "kept":
                return replace(self, kept=max(self.kept, at))
            case "floor":
                return self

    def at_least(self, at: datetime) -> "Floors":
        """The floors once the cloud said that a moment is past."""
        return Floors(kept=max(self.kept, at), network=max(self.network, at), cloud=max(self.cloud, at))


def believe(sight: Sight, floors: Floors, anchor: Anchor | None) -> tuple[Believed, Anchor]:
    """The time to go by, and what to remember of this start of the machine."""
    if anchor is not None and not (sight.boot and anchor.boot == sight.boot):
        anchor = None
    if anchor is not None and anchor.by in ("cloud", "network"):
        return _against_a_witness(sight, floors, anchor)
    if sight.synchronised and sight.wall >= floors.cloud - NEAR:
        return _said(sight, "network")
    return _without_a_witness(sight, floors, anchor)


def _against_a_witness(sight: Sight, floors: Floors, anchor: Anchor) -> tuple[Believed, Anchor]:
    """Somebody vouched for a time since the machine started: the wall clock may go on with it, not contradict it."""
    if abs(sight.zero - anchor.zero) <= NEAR:
        return Believed(sight.wall, anchor.by), replace(anchor, zero=sight.zero, rival=None)
    carried = Believed(anchor.at(sight.uptime_s), anchor.by)
    if not sight.synchronised or anchor.by == "cloud" or sight.wall < floors.cloud - NEAR:
        return carried, replace(anchor, rival=None)
    if anchor.rival is None or abs(sight.zero - anchor.rival) > NEAR:
        return carried, replace(anchor, rival=sight.zero, rival_since_s=sight.uptime_s)
    if sight.uptime_s - anchor.rival_since_s < RIVAL_MUST_LAST_S:
        return carried, anchor
    return _said(sight, "network")


def _without_a_witness(sight: Sight, floors: Floors, anchor: Anchor | None) -> tuple[Believed, Anchor]:
    floor = floors.kept
    if anchor is None:
        if sight.wall >= floor - NEAR:
            return _said(sight, "kept")
        anchor = Anchor(boot=sight.boot, zero=floor - timedelta(seconds=sight.uptime_s), by="floor")
        return Believed(floor, "floor"), anchor
    carried = max(anchor.at(sight.uptime_s), floor)
    leaps = anchor.by == "kept" and sight.wall - anchor.at(sight.uptime_s) > AHEAD
    if leaps or sight.wall < carried - NEAR:
        return Believed(carried, "floor"), anchor
    return _said(sight, "kept")


def _said(sight: Sight, by: WallQuality) -> tuple[Believed, Anchor]:
    return Believed(sight.wall, by), Anchor(boot=sight.boot, zero=sight.zero, by=by)
