"""What leaves the country: to whom, how much, and what it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a carrier takes what it is given."""

    where: str
    abroad: bool | None
    """None: not known to us; counts as abroad until somebody has asked."""


PLACES: Final[Mapping[str, Place]] = {
    "spool": Place(where="a folder of this machine; reaches nobody", abroad=False),
    "modem": Place(where="a SIM in a gateway of ours, on the country's own network", abroad=False),
    "africastalking": Place(where="Africa's Talking, Nairobi, Kenya, and the networks it uses", abroad=True),
    "ussd": Place(where="the service of the short code, and Africa's Talking where it answers", abroad=True),
    "voice": Place(where="the service of the call, and Africa's Talking where it answers", abroad=True),
    "missed_call": Place(where="the line that rang: a gateway's SIM, or a service of calls", abroad=None),
    "agronomist": Place(where="an agronomist of the installation", abroad=False),
}
UNKNOWN: Final = Place(where="not known to Seguia: ask the operator and write it down", abroad=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What one carrier was given, and gave, in a period."""

    carrier: str
    handed: int
    """Messages that it took."""
    perhaps: int
    """Messages of which nobody knows whether it took them."""
    people: int
    received: int
    """Texts and keypresses that came through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sovereignty:
    """The whole report."""

    first: date
    last: date
    traffic: tuple[Traffic, ...]
    configured: tuple[str, ...]
    """Carriers that may be used now."""
    at_home: tuple[str, ...] = ()
    """Carriers of which the operator made sure that they stay in the country."""
    weather: tuple[str, ...]
    """Services that are asked for weather: they see coordinates, and no person."""

    def place_of(self, carrier: str) -> Place:
        """Where a carrier takes what it is given; the operator's own word counts before ours."""
        if carrier in self.at_home:
            return Place(where="in the country, by the operator's own word", abroad=False)
        return PLACES.get(carrier, UNKNOWN)

    def object(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "leaves": ["telephone number", "text of the message"],
            "never_leaves": ["name", "parcel geometry", "pictures", "water states", "consents"],
            "carriers": [{**asdict(one), **asdict(self.place_of(one.carrier))} for one in self.traffic],
            "configured": list(self.configured),
            "weather_services": list(self.weather),
        }

    def lines(self) -> tuple[str, ...]:
        """For people."""
        head = f"{self.first} to {self.last}: a carrier is given the number and the text of a message, nothing else"
        said = [
            f"{one.carrier}: {one.handed} messages of {one.people} people handed over, {one.perhaps} perhaps,"
            f" {one.received} answers through it; {_said(self.place_of(one.carrier))}"
            for one in self.traffic
        ]
        none = [] if said else ["nothing was handed to any carrier"]
        now = [f"{name}: configured now; {_said(self.place_of(name))}" for name in self.configured]
        return (head, *said, *none, *now, f"weather: {weather_line(self.weather)}")


def weather_line(services: Sequence[str]) -> str:
    """What weather services are told."""
    if not services:
        return "no service is asked; files only, and nothing leaves"
    return f"{', '.join(services)} are asked for the weather of rounded coordinates; no person, no parcel's outline"


def _said(place: Place) -> str:
    stays = {True: "LEAVES THE COUNTRY", False: "stays", None: "counts as abroad"}[place.abroad]
    return f"{stays}: {place.where}"
