"""How a gateway is, in its own words: what a heartbeat holds. Part of the field's contract, as ``edge.contract`` is."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from edge.contract import FieldRecord, FractionValue, Identifier, Reason, Rounded, Utc


class ModemState(FieldRecord):
    """A GSM modem at work, without anything about a person."""

    ready: bool
    signal_dbm: Annotated[int, Field(ge=-120, le=0)] | None = None
    waiting: Annotated[int, Field(ge=0)] = 0
    """Texts taken and not sent yet."""
    sent_today: Annotated[int, Field(ge=0)] = 0
    """Parts sent since midnight UTC."""
    trouble: Annotated[str, Field(max_length=160)] | None = None


class TroubleState(FieldRecord):
    """One thing that is wrong at the gateway now, in the words of its log, cut short."""

    part: Annotated[str, Field(max_length=40)]
    text: Annotated[str, Field(max_length=120)]
    since: Utc | None = None
    """Null when the gateway's clock could not be believed then."""


class PowerState(FieldRecord):
    """What a gateway's battery allows."""

    mode: Literal["normal", "lean", "survive", "sleep"]
    charge: FractionValue | None = None
    """0 empty, 1 full; null while it was not read since the start."""
    age_s: Annotated[int, Field(ge=0)] | None = None
    """How old that is."""


class SensorState(FieldRecord):
    """A gateway's instruments."""

    count: Annotated[int, Field(ge=0)]
    wrong: Annotated[int, Field(ge=0)] = 0
    """How many are silent, stuck or say what cannot be."""
    trouble: Annotated[str, Field(max_length=120)] | None = None
    """One of them and what is wrong with it."""


class UpdateState(FieldRecord):
    """Releases at a gateway; what came with the device is in none of these."""

    running: dict[str, str] = Field(default_factory=dict)
    """Kind (models, config, code) and the name of the release that runs."""
    trial: tuple[str, ...] = ()
    """Kinds whose release is on trial."""
    refused: Annotated[str, Field(max_length=160)] | None = None
    """The release that was refused or taken back last, and why."""
    last_look: Annotated[str, Field(max_length=160)] | None = None
    """How the last look at the repository ended; null before the first."""


class PlanState(FieldRecord):
    """What a gateway may advise by itself."""

    number: Annotated[int, Field(ge=1)] | None = None
    """The bundle of plans at hand; null before the first."""
    parcels: Annotated[int, Field(ge=0)] = 0
    until: Utc | None = None
    alone_since: Utc | None = None
    """When the cloud was last heard, where the gateway advises by itself."""
    refused: Annotated[str, Field(max_length=120)] | None = None
    """Why the last plan that came was not taken."""


class CareState(FieldRecord):
    """What at the gateway waits for a hand: nothing about a person."""

    due: tuple[Annotated[str, Field(max_length=20)], ...] = ()
    """lens, panel, sim_credit, lightning, theft."""
    overdue_days: Annotated[int, Field(ge=0)] | None = None
    """Of what is due longest; null when nothing is."""
    commissioned_on: date | None = None
    """Day on which the set-up was ended; null before."""


class ClockState(FieldRecord):
    """What a gateway knows of the time, and its question to the cloud."""

    quality: Literal["cloud", "network", "kept", "floor"]
    """Who stands behind the time: the cloud, a time service, nobody, or (``floor``) the wall clock is wrong."""
    off_s: Annotated[int, Field(ge=-(10**11), le=10**11)] | None = None
    """How far the wall clock is ahead of the time that is believed; null while they agree."""
    boot: Annotated[str, Field(max_length=40)] = ""
    """This start of the machine."""
    uptime_s: Annotated[float, Field(ge=0.0, le=1e10, allow_inf_nan=False)] = 0.0
    ask: bool = False
    """The cloud is asked for the time, which it tells in an ack."""
    held: Annotated[int, Field(ge=0)] = 0
    """Detections that wait for a date."""


class UplinkState(FieldRecord):
    """How a gateway reaches the broker."""

    instance: Annotated[str, Field(max_length=40)]
    """This start of the gateway: two that take turns under one name are two gateways."""
    route: Annotated[str, Field(max_length=40)] | None = None
    """The uplink in use, where several are named."""
    connections: Annotated[int, Field(ge=0)] = 0
    """Since the start."""
    taken_over: Annotated[int, Field(ge=0)] = 0
    """How often somebody else took our place at the broker since the start."""
    certificate_days: Annotated[int, Field(ge=-100_000, le=100_000)] | None = None
    """Days left of this gateway's certificate; negative once it ended; null without one."""
    sent_today_kb: Rounded | None = None


class CameraState(FieldRecord):
    """How one camera is."""

    camera_id: Identifier
    last_at: Utc | None = None
    """Its newest picture."""
    troubles: Annotated[tuple[Reason, ...], Field(max_length=12)] = ()
    """One word each: absent, hangs, cut, refused, crashed, gone, frozen, tilted, turned, dirty, dark, ..."""


class Heartbeat(FieldRecord):
    """A gateway's own state."""

    online: bool
    at: Utc | None = None
    software: str = ""
    queued: int = 0
    oldest_queued_s: Rounded | None = None
    disk_free_mb: Rounded | None = None
    rss_mb: Rounded | None = None
    models: tuple[str, ...] = ()
    modem: ModemState | None = None
    """How the gateway's own GSM modem is; null where there is none."""
    power: PowerState | None = None
    """What the battery allows; null where none is measured."""
    sensors: SensorState | None = None
    """How the instruments are; null where there are none."""
    update: UpdateState | None = None
    """Which releases run; null where none are followed."""
    plan: PlanState | None = None
    """What it may advise by itself; null where it never does."""
    care: CareState | None = None
    """What is due for care; null from a gateway that does not count it."""
    clock: ClockState | None = None
    """What it knows of the time."""
    uplink: UplinkState | None = None
    """How it reaches the broker."""
    cameras: tuple[CameraState, ...] = ()
    """The cameras, those in trouble first; as many as leave a heartbeat small."""
    troubles: tuple[TroubleState, ...] = ()
    """What is wrong now, the oldest first; as many as leave a heartbeat small."""
    trouble_count: Annotated[int, Field(ge=0)] = 0
    """How many things are wrong now, those not listed included."""
