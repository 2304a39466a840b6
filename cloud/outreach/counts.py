"""What the store counts of messages, one row a group: the numbers from which every measure is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

ASKING: Final = ("irrigate", "correction")
"""Kinds that tell an irrigation and ask whether it was given."""
TOLD: Final = ("wired", "sent", "delivered")
"""States in which a message surely left for its telephone."""
FIRST_MONTH: Final = 9
"""Month in which a season's costs begin: the agricultural year of Morocco runs from September to August."""


class MessageGroup(NamedTuple):
    """What messages that are counted together have in common; a tuple, since a season has millions of messages."""

    language: str
    channel: str
    carrier: str
    """Empty where none was given it."""
    season: int
    """Calendar year in which the season ends."""
    state: str
    taken: int
    """1 where the carrier took it, and so bills it."""
    late: int
    """1 where it was delivered after its validity had ended."""
    delay_s: int | None
    """Seconds from handing over to delivery; None where it is not known."""
    segments: int
    repeated: int
    """Words of carriers that said nothing new."""


class Told(NamedTuple):
    """One text that told an irrigation, or corrected one, and surely left; moments in seconds since 1970."""

    parcel_id: str
    position: int
    farmer_id: str
    language: str
    channel: str
    carrier: str
    queued_s: int
    until_s: int
    """End of its window."""
    correction: int
    irrigates: int
    """1 where it tells water: a correction may say to wait."""


class Heard(NamedTuple):
    """What somebody or a meter told of water on a parcel."""

    parcel_id: str
    started_s: int
    position: int
    source: str
    given: int
    """0 where it says that no water came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCount:
    """Irrigations told to one farmer whose window has passed, by language and carrier, and what became of them."""

    farmer_id: str
    language: str
    channel: str
    carrier: str
    told: int
    answered: int
    """The farmer said done, half or not done."""
    confirmed: int
    """Said done by the farmer or an agronomist, without a meter's word."""
    metered: int
    """A meter saw water."""
    denied: int
    """Said not done, and no meter saw water."""

    @property
    def followed(self) -> int:
        """Irrigations that surely were given; presumed ones do not count."""
        return self.confirmed + self.metered


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How many different farmers a carrier took messages for in a season."""

    carrier: str
    season: int
    farmers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Everything counted of a period."""

    messages: Sequence[tuple[MessageGroup, int]]
    """Groups with their number of messages."""
    told: Sequence[ToldCount]
    reached: Sequence[Reached]


def season_name(ends_in: int) -> str:
    """A season by its two years, such as 2025/26."""
    return f"{ends_in - 1}/{ends_in % 100:02d}"
