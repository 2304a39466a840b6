"""A night of a SYNTHETIC spring, its plans, and a gateway that is left alone with them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cloud.daily import DayDecision, DayInputs, decide
from cloud.messages import Farmer
from cloud.planning.making import PlansMade, make_plans
from cloud.planning.words import answers_known, recipient_of
from cloud.records import IrrigationEvent, Parcel
from cloud.speech.voice import Voice
from edge.advice import Measured
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Command
from edge.fallback import Fallback, FallbackTools
from edge.letters import Letters
from edge.outbox import Outbox
from edge.plan import Plan, PlanBundle, PlanDay
from edge.plan_seal import encode_plans, opening_public, seal_recipients, sealed_for, signing_public
from edge.settings.fallback import FallbackConfig
from edge.voice import Voice as Log
from tests.synthetic_season import FIRST, ahead, parcel, past, series

DAY = date(2026, 6, 10)
EVE = DAY - timedelta(days=1)
MADE_AT = datetime(2026, 6, 9, 16, tzinfo=UTC)
SIGNING_KEY, OPENING_KEY = bytes(range(32)), bytes(range(32, 64))
TOPIC = "seguia/v1/coop/gw-01/plan"
ZONE = ZoneInfo("Africa/Casablanca")
NUMBER = "+212612345678"


def night(*parcels: Parcel, events: tuple[IrrigationEvent, ...] = ()) -> tuple[DayInputs, DayDecision]:
    """A day decided with weather until its eve."""
    inputs = DayInputs(
        day=DAY,
        parcels=parcels or (parcel(initial_depletion_mm=10.0),),
        weather=past(EVE),
        forecast=ahead(DAY),
        code_version="test",
        events=events or watered(parcels or (parcel(),)),
        members=16,
        engine="numpy",
    )
    return inputs, decide(inputs)


def watered(parcels: tuple[Parcel, ...]) -> tuple[IrrigationEvent, ...]:
    """Water every fourth day until a few days ago."""
    return tuple(
        IrrigationEvent(
            parcel_id=one.id,
            started_at=datetime(2026, 4, 10, 18, tzinfo=UTC) + timedelta(days=days),
            depth_mm=24.0,
            source="meter",
        )
        for one in parcels
        for days in range(0, 58, 4)
    )


def planned(*parcels: Parcel, days: int = 31) -> tuple[DayInputs, PlansMade]:
    """The plans of such a night."""
    inputs, decision = night(*parcels)
    return inputs, make_plans(inputs, decision, [one.id for one in inputs.parcels], MADE_AT, days=days)


def farmer(language: str = "en", **changes: object) -> Farmer:
    """A person in the given language."""
    return Farmer.model_validate(
        {"id": "f-1", "name": "Somebody", "phone_number": NUMBER, "language": language, **changes}
    )


def bundle_of(made: PlansMade, *people: Farmer, number: int = 7, sealed_to: bytes = OPENING_KEY) -> PlanBundle:
    """A bundle of all plans, told to the same people."""
    plans = []
    for name, plan in made.plans.items():
        recipients = tuple(recipient_of(plan, made.made[name], one, Voice(draft=True)) for one in people)
        sealed = seal_recipients(recipients, sealed_for(name, number), opening_public(sealed_to))
        plans.append(plan.model_copy(update={"sealed_recipients": sealed}))
    return PlanBundle(
        organisation="coop",
        gateway="gw-01",
        number=number,
        made_at=MADE_AT,
        until=plans[0].days[-1].begins_at + timedelta(days=1),
        plans=tuple(plans),
        answers=answers_known(),
        shower_mm=4.0,
    )


def signed(bundle: PlanBundle, topic: str = TOPIC, key: bytes = SIGNING_KEY) -> bytes:
    """Bytes of a bundle on the wire."""
    return encode_plans(bundle, topic, key)


def truth(day: date) -> Measured:
    """What a gauge and a thermometer measured on a day of the SYNTHETIC season."""
    row, content = (day - FIRST).days, series()
    return Measured(rain_mm=round(float(content["rain_mm"][row]), 1), highest_c=round(float(content["tmax_c"][row]), 1))


@dataclass(kw_only=True)
class Alone:
    """A gateway with a fallback, a clock that is set by hand, and a book of what it would send."""

    folder: Path
    now: datetime = MADE_AT
    measures: bool = True
    said: list[str] = field(default_factory=list)
    modem: bool = True

    def __post_init__(self) -> None:
        (self.folder / "plan-cloud.pub").write_text(signing_public(SIGNING_KEY).hex() + "\n")
        (self.folder / "plan.key").write_text(OPENING_KEY.hex() + "\n")
        self.open()

    def open(self) -> None:
        """Begin, or begin again after a stop."""
        self.outbox = Outbox(self.folder / "outbox.sqlite", now=lambda: self.now, clock=self.clock(), tell=self.say)
        self.letters = Letters(self.outbox)
        config = GatewayConfig(organisation="coop", gateway_id="gw-01", data_dir=self.folder)
        settings = FallbackConfig(plan_key_file=self.folder / "plan-cloud.pub", seal_key_file=self.folder / "plan.key")
        tools = FallbackTools(
            outbox=self.outbox,
            clock=self.clock(),
            voice=Log(self.say),
            letters=self.letters if self.modem else None,
            measured=self.measured,
        )
        self.fallback = Fallback(config, settings, tools)

    def say(self, line: str) -> None:
        """Keep a line of the log."""
        self.said.append(line)

    def clock(self) -> Clock:
        """The clock that is set by hand; a network stands behind it."""
        return Clock(
            now=lambda: self.now,
            monotonic_s=self.elapsed_s,
            synchronised=lambda: True,
            boot=lambda: "boot",
        )

    def elapsed_s(self) -> float:
        """Time since the plans were made [s]."""
        return (self.now - MADE_AT).total_seconds()

    def measured(self, _plan: Plan, day: PlanDay) -> Measured:
        """What was measured of a day until now."""
        if not self.measures or day.begins_at > self.now:
            return Measured()
        if day.begins_at + timedelta(days=1) > self.now:
            return Measured(rain_mm=0.0)
        return truth(day.day)

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Look at a moment of local time."""
        self.now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)
        self.fallback.step()

    def texts(self) -> list[dict[str, object]]:
        """Every text that the modem was given, oldest first."""
        rows = self.outbox.database.rows("SELECT id, about, number, text, valid_until FROM letter ORDER BY rowid")
        return [dict(zip(("id", "about", "number", "text", "valid_until"), row, strict=True)) for row in rows]

    def told(self) -> list[bytes]:
        """Every advice that waits for the cloud."""
        return [one.payload for one in self.outbox.pending(1000) if one.kind == "advice"]


def command(**changes: object) -> Command:
    """A text that the cloud wants sent."""
    return Command.model_validate(
        {
            "id": "cloud-1",
            "about": "plot-2026-06-15-irrigate",
            "phone_number": NUMBER,
            "text": "hello",
            "valid_until": datetime(2026, 6, 20, tzinfo=UTC),
            **changes,
        }
    )
