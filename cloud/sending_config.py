"""When and how fast messages leave, and what a day may cost, as an operator sets it."""

from datetime import date
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.dispatch.ramadan import Fast
from cloud.dispatch.timing import USUAL_HOURS, Hours, Span

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
LONGEST_FAST: Final = 30


class HoursConfig(Section):
    """Local hours of messages; each farmer's own quiet hours, market day and faith are kept with the farmer."""

    rehearse: bool = False
    """Keep the hours on a spool or a stand-in too; on a live carrier they are always kept."""
    evening: Span = USUAL_HOURS.evening
    friday: Span = USUAL_HOURS.friday
    market: Span = USUAL_HOURS.market
    fast_evening: Span = USUAL_HOURS.fast_evening
    fast_break: Span = USUAL_HOURS.fast_break
    fast_quiet: Span = USUAL_HOURS.fast_quiet
    ramadan: tuple[tuple[date, date], ...] = ()
    """First and last days as the country announced them; others are computed, a day wider."""

    @model_validator(mode="after")
    def _local_and_in_order(self) -> Self:
        spans = (self.evening, self.friday, self.market, self.fast_evening, self.fast_break, self.fast_quiet)
        if any(moment.tzinfo is not None for span in spans for moment in span):
            raise ValueError("expected local times such as 17:30:00, got one with an offset")
        if any(first > last or (last - first).days > LONGEST_FAST for first, last in self.ramadan):
            raise ValueError("ramadan: expected a first and a last day of one month, got others")
        return self

    def hours(self) -> Hours:
        """The hours by which messages leave."""
        return Hours(
            evening=self.evening,
            friday=self.friday,
            market=self.market,
            fast_evening=self.fast_evening,
            fast_break=self.fast_break,
            fast_quiet=self.fast_quiet,
            fast=Fast(told=self.ramadan),
        )


class AggregatorReports(Section):
    """Delivery reports that an aggregator posts to ``/callbacks/<secret>/aggregator``, as a form or as JSON."""

    id_path: str = "id"
    """Where a report has the aggregator's own id, as in results.0.messageId."""
    reference_path: str | None = None
    """Where it has our own id of the message; it then resolves a lost answer for sure."""
    number_path: str | None = None
    status_path: str = "status"
    sent: tuple[str, ...] = ("sent", "accepted", "enroute", "buffered")
    delivered: tuple[str, ...] = ("delivered", "delivrd", "success")
    failed: tuple[str, ...] = ("failed", "undelivered", "undeliv", "rejected", "rejectd", "expired")
    """Words found at status_path, compared without case; any other is kept and changes nothing."""


class AggregatorConfig(Section):
    """An aggregator's HTTP interface: where a message is posted, under which names, and what its answers mean."""

    url: str
    """https, or http on this machine for a stand-in."""
    encoding: Literal["form", "json"] = "form"
    to_field: str = "to"
    text_field: str = "text"
    sender_field: str = "from"
    reference_field: str | None = None
    """Where the aggregator takes our own id of a message."""
    takes_once: bool = False
    """It promises to pass a reference on once, however often it is posted."""
    fixed: dict[str, str] = Field(default_factory=dict)
    """Further fields, the same for every message."""
    number_form: Literal["+212612345678", "212612345678"] = "+212612345678"
    auth: Literal["bearer", "basic", "header", "field"] = "bearer"
    auth_name: str = "Authorization"
    """Name of the header or field that carries the secret."""
    username: str | None = None
    secret_file: LocalPath | None = None
    id_path: str = "id"
    """Where the answer's JSON has the aggregator's own id, as in messages.0.id."""
    status_path: str | None = None
    """Where it says whether it took the message; none: any 2xx with an id is a yes."""
    accepted: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    halting: tuple[str, ...] = ()
    """Words found at status_path, compared without case; any other word is a refusal."""

    reports: AggregatorReports | None = None
    """None: this aggregator posts no reports."""

    @model_validator(mode="after")
    def _is_safe_and_whole(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS):
            raise ValueError("url: expected https, or http on this machine, got another address")
        if parts.username is not None or parts.password is not None:
            raise ValueError("url holds a secret; put it into secret_file")
        if self.status_path is not None and not self.accepted:
            raise ValueError("status_path needs accepted, the words that mean yes")
        if self.takes_once and self.reference_field is None:
            raise ValueError("takes_once needs reference_field, by which the aggregator knows a message again")
        if self.auth == "basic" and self.username is None:
            raise ValueError("auth basic needs username")
        return self

    @property
    def live(self) -> bool:
        """Whether messages reach real telephones."""
        return urlsplit(self.url).hostname not in LOOPBACK_HOSTS
