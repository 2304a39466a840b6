"""A Plan: what a gateway may advise by itself when the cloud is silent. Part of the field's contract.

It is made by the cloud out of the same night's water and advice, and holds numbers to look up, never a formula of
evapotranspiration. A gateway adds up what the plan says of each day, looks its dose up, keeps it within the judge's
limits, and fills the plan's own words. It is sealed for one gateway and signed (``edge.plan_seal``).
"""

import json
import zlib
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from edge.contract import FieldRecord, Identifier, Utc
from edge.errors import ContractError

PLAN_VERSION: Final = 1
LONGEST_DAYS: Final = 45
LARGEST_MESSAGE_BYTES: Final = 300 * 1024
"""Of a signed bundle on the wire: what brokers and gateways of ours let through."""
LARGEST_BYTES: Final = 4 * 1024 * 1024
"""A bundle that grows beyond this when it is unpacked is none of ours."""

Millimetres = Annotated[float, Field(ge=0.0, le=5000.0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0.0, le=1.0)]
Temperature = Annotated[float, Field(ge=-60.0, le=70.0)]
Answer = Literal["done", "not_done", "half", "no_water", "rain", "stop", "start"]
Kind = Literal["irrigate", "wait"]


class DoseStep(FieldRecord):
    """A dose that may be spoken: its gross depth, volume and time agree and are rounded as the cloud rounds them."""

    depth_mm: Annotated[int, Field(ge=1, le=5000)]
    volume_m3: Annotated[float, Field(gt=0.0)]
    duration_h: Annotated[float, Field(gt=0.0, le=24.0)] | None = None


class PlanDay(FieldRecord):
    """One local day of a plan."""

    day: date
    begins_at: Utc
    """Local midnight."""
    starts_from: Utc | None = None
    """First moment at which water may be opened; null: none can be had on the day."""
    starts_to: Utc | None = None
    """Last such moment; until then the advice of the day may be told."""
    use_mm: tuple[Millimetres, Millimetres, Millimetres]
    """Net water that the crop uses on the day if it is cool, usual or hot for the season."""
    usual_from_c: Temperature | None = None
    """Highest air temperature from which the day is not cool; null: nobody can tell."""
    hot_from_c: Temperature | None = None
    rain_mm: Millimetres = 0.0
    """Net rain to be expected where no gauge measures."""
    spread_mm: Millimetres
    """Half of the 80 % interval of what is missing if nothing is measured until the day; it never narrows with age."""
    most_mm: Millimetres
    """Largest gross depth that the day's turn, pump or hours can bring."""
    limit_use_mm: Millimetres
    """What the judge's own rough bucket uses on the day."""
    limit_most_mm: Millimetres
    """What that bucket may miss at most: what is readily available in it."""
    doses_mm: tuple[Annotated[int, Field(ge=0, le=5000)], ...]
    """Gross depth to give by what is missing, one for each of the plan's levels; 0: wait."""


class HardLimits(FieldRecord):
    """The judge's limits of one parcel as data: no advice of a gateway passes them."""

    smallest_mm: Millimetres
    largest_mm: Millimetres
    """Gross depths of one event."""
    longest_run_h: Annotated[float, Field(gt=0.0, le=48.0)]
    efficiency: Share
    margin_mm: Millimetres
    margin_fraction: Annotated[float, Field(ge=0.0, le=1.0)]
    """A dose may pass what the judge's bucket misses by the larger of the two, net."""
    useful_rain: Share
    refill_from: Share
    refill_least_mm: Millimetres
    refill_keeps: Annotated[float, Field(ge=0.0, le=1.0)]
    """Net water of at least that share of what is missing, or of the least, was a refill: so much of the rest stays."""
    missing_mm: Millimetres
    """What the judge's bucket misses on the evening before the plan's first day."""
    left_m3: Annotated[float, Field(ge=0.0)] | None = None
    """What is left of a quota; null where there is none."""


class RainClass(FieldRecord):
    """How much of a day's measured rain counts, net."""

    from_mm: Millimetres
    counts_mm: Millimetres


class PlanGiven(FieldRecord):
    """Water that the cloud knows of or has told to be given, on a day of the plan."""

    day: date
    depth_mm: Millimetres
    """Gross, as much as can be expected of it."""
    told_mm: Millimetres | None = None
    """The dose that was told and that nobody has spoken of yet: what a farmer's answer is about."""


class ProbeTable(FieldRecord):
    """What a soil probe's reading says of the missing water, driest last."""

    depth_from_m: Annotated[float, Field(ge=0.0, le=5.0)]
    depth_to_m: Annotated[float, Field(gt=0.0, le=5.0)]
    upto_fraction: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...]
    """Volumetric reading below which each level is reached, falling; as many as the plan has levels."""


class Sayings(FieldRecord):
    """The words of one language, written by the cloud's catalogue with slots for what the gateway looks up."""

    reviewed: bool = False
    """Whether a native reader has signed the words."""
    irrigate: Annotated[str, Field(min_length=1, max_length=2000, repr=False)]
    """Slots ``{when}``, ``{duration}``, ``{volume}`` and ``{depth}``."""
    irrigate_in_doubt: Annotated[str, Field(min_length=1, max_length=2000, repr=False)]
    """The same with a word to look at the soil first."""
    wait: Annotated[str, Field(min_length=1, max_length=2000, repr=False)]
    """Slot ``{day}``."""
    wait_in_doubt: Annotated[str, Field(min_length=1, max_length=2000, repr=False)]
    when: tuple[str, ...]
    """The start window of each day; empty where no water can be had."""
    days: tuple[str, ...]
    """Each day by its name and date."""
    durations: tuple[str, ...]
    """The time of each dose; empty where none is known."""


class PlanRecipient(FieldRecord):
    """A person whom the gateway may tell; it exists only sealed, or in the gateway's own memory."""

    farmer_id: Identifier
    phone_number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", repr=False)]
    language: Annotated[str, Field(pattern=r"^[A-Za-z-]{2,12}$")]
    quiet_from_minute: Annotated[int, Field(ge=0, le=1440)] = 1200
    quiet_until_minute: Annotated[int, Field(ge=0, le=1440)] = 420
    """Between these minutes of the local day no text leaves; equal: no quiet hours."""
    sayings: Sayings


class Plan(FieldRecord):
    """The next days of one parcel."""

    parcel_id: Identifier
    made_at: Utc
    missing_mm: Millimetres
    """Net water missing in the root zone on the evening before the first day, middle estimate."""
    total_mm: Millimetres
    """What the root zone holds."""
    efficiency: Share
    """Share of a gross dose that stays in the root zone."""
    counted: Share = 1.0
    """Share of what stays that is not lost from the wetted surface."""
    levels_mm: Annotated[tuple[Millimetres, ...], Field(min_length=1, max_length=64)]
    """Missing water from which each column of the dose table holds, rising from 0."""
    steps: Annotated[tuple[DoseStep, ...], Field(max_length=400)]
    """Doses that may be spoken, rising."""
    rain: tuple[RainClass, ...] = ()
    probe: ProbeTable | None = None
    given: Annotated[tuple[PlanGiven, ...], Field(max_length=60)] = ()
    presumed: Share = 0.75
    """Share of a told dose that can be expected while nobody has spoken of it."""
    limits: HardLimits
    days: Annotated[tuple[PlanDay, ...], Field(min_length=1, max_length=LONGEST_DAYS)]
    doubt_mm: Millimetres
    """From this spread on the words ask to look at the soil first."""
    sealed_recipients: str = ""
    """Who is told, encrypted to the gateway alone (base64)."""

    @model_validator(mode="after")
    def _is_one_piece(self) -> Self:
        first = self.days[0].day.toordinal()
        if [one.day.toordinal() for one in self.days] != list(range(first, first + len(self.days))):
            raise ValueError("days: expected one after the other")
        if any(len(one.doses_mm) != len(self.levels_mm) for one in self.days):
            raise ValueError("doses_mm: expected one for each level")
        if list(self.levels_mm) != sorted(self.levels_mm) or self.levels_mm[0] > 0.0:
            raise ValueError("levels_mm: expected to rise from 0")
        depths = [step.depth_mm for step in self.steps]
        if depths != sorted(set(depths)):
            raise ValueError("steps: expected rising depths")
        spreads = [one.spread_mm for one in self.days]
        if spreads != sorted(spreads):
            raise ValueError("spread_mm: expected never to narrow with age")
        if self.probe is not None and len(self.probe.upto_fraction) != len(self.levels_mm):
            raise ValueError("probe: expected one reading for each level")
        return self


class PlanBundle(FieldRecord):
    """All plans of one gateway, made together; a greater number replaces a smaller one whole."""

    organisation: Identifier
    gateway: Identifier
    number: Annotated[int, Field(ge=1)]
    made_at: Utc
    until: Utc
    """From here on nothing of it is said any more."""
    plans: Annotated[tuple[Plan, ...], Field(max_length=500)]
    answers: dict[str, Answer] = Field(default_factory=dict)
    """What a farmer's whole answer means, letters folded (``edge.answers``)."""
    shower_mm: Millimetres = 0.0
    """What rain that somebody told of counts as on a day on which no gauge measured any."""


def pack(bundle: PlanBundle) -> bytes:
    """A bundle as compressed JSON."""
    content = {"v": PLAN_VERSION, **bundle.model_dump(mode="json", exclude_none=True)}
    return zlib.compress(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode(), 9)


def unpack(packed: bytes) -> PlanBundle:
    """A bundle read again; ContractError, which repeats no content, when it cannot be."""
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(packed, LARGEST_BYTES)
        if inflate.unconsumed_tail or not inflate.eof:
            raise ContractError(f"plan: expected at most {LARGEST_BYTES} bytes, complete, got more or less")
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("v") != PLAN_VERSION:
            raise ContractError(f"plan: expected version {PLAN_VERSION}, got another; update seguia")
        return PlanBundle.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ContractError(f"plan: {'.'.join(str(part) for part in first['loc'])}: {first['type']}") from None
    except (zlib.error, ValueError, RecursionError) as error:
        raise ContractError(f"plan: expected a compressed JSON object, got {type(error).__name__}") from None
