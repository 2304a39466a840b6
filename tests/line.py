"""A telephone line over a store in memory, with two invented farmers who share nothing, shared by its tests."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cloud.answering import CallRules, Line
from cloud.messages import Farmer, Inbound
from cloud.records import Language, Parcel, Verdict
from cloud.speech.catalogue import catalogue
from cloud.speech.render import render
from cloud.telephone.caller import Speaker
from tests.spoken import verdict

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
AMINA = "+212612345678"
BRAHIM = "+212687654321"
STRANGER = "+212600000009"


def spoken_advice(told: Verdict, language: Language) -> str:
    return render(told, language=language, draft=True).text


SPEAKER = Speaker(words=catalogue, advice=spoken_advice, languages=("fr", "ary", "en"))


def farmer(farmer_id: str, number: str, **changed: Any) -> Farmer:  # noqa: ANN401 -- any field
    return Farmer(id=farmer_id, name=f"Invented {farmer_id}", phone_number=number, **({"language": "en"} | changed))


def parcel(parcel_id: str, name: str) -> Parcel:
    return Parcel(id=parcel_id, name=name, crop="olive", latitude=32.3, longitude=-6.4)


@dataclass
class MemoryLine:
    farmers: list[Farmer] = field(default_factory=lambda: [farmer("amina", AMINA), farmer("brahim", BRAHIM)])
    told: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"amina": ("p1",), "brahim": ("p2", "p3")})
    parcels: dict[str, Parcel] = field(
        default_factory=lambda: {
            one.id: one for one in (parcel("p1", "Oliviers nord"), parcel("p2", "Sud"), parcel("p3", "Canal"))
        }
    )
    verdicts: dict[str, Verdict] = field(default_factory=lambda: {"p1": verdict()})
    inbound: dict[tuple[str, str], Inbound] = field(default_factory=dict)
    chosen: list[tuple[str, Language]] = field(default_factory=list)
    ended: list[tuple[str, bool]] = field(default_factory=list)
    parked: list[tuple[str, str, str, bytes, str]] = field(default_factory=list)

    def present_farmers(self, number: str) -> tuple[Farmer, ...]:
        return tuple(one for one in self.farmers if one.phone_number == number)

    def parcels_of(self, farmer_id: str, day: date) -> tuple[str, ...]:
        assert day == date(2026, 7, 21)
        return self.told.get(farmer_id, ())

    def parcel(self, parcel_id: str) -> Parcel | None:
        return self.parcels.get(parcel_id)

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        return self.verdicts.get(parcel_id)

    def add_inbound(self, inbound: Inbound) -> bool:
        key = (inbound.carrier, inbound.carrier_id)
        known = key in self.inbound
        self.inbound.setdefault(key, inbound)
        return not known

    def choose_language(self, farmer_id: str, language: Language) -> None:
        self.chosen.append((farmer_id, language))

    def call_ended(self, session: str, now: datetime, *, taken: bool) -> None:
        assert now == NOW
        self.ended.append((session, taken))

    def park(
        self, organisation: str, gateway: str, kind: str, payload: bytes, reason: str, received_at: datetime
    ) -> None:
        assert received_at == NOW
        self.parked.append((organisation, gateway, kind, payload, reason))

    @property
    def heard(self) -> list[Inbound]:
        return list(self.inbound.values())


def line(store: MemoryLine, **rules: Any) -> Line:  # noqa: ANN401 -- any rule of calls
    return Line(store=store, speaker=SPEAKER, clock=lambda: NOW, rules=CallRules(**rules), strangers_language="en")
