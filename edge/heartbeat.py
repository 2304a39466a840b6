"""How a gateway is, in its own words: what a heartbeat holds. Part of the field's contract, as ``edge.contract`` is."""

from typing import Annotated

from pydantic import Field

from edge.contract import FieldRecord, Rounded, Utc


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
    troubles: tuple[TroubleState, ...] = ()
    """What is wrong now, the oldest first; as many as leave a heartbeat small."""
