"""What one run of sending came to, and what an operator must look at."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class SendReport:
    """Counts of one run, why the channel halted if it did, and who asked to be left alone."""

    accepted: int = 0
    rejected: int = 0
    requeued: int = 0
    unknown: int = 0
    expired: int = 0
    cut_short: int = 0
    """Messages of an earlier run that was cut short: they may have left."""
    busy: bool = False
    """Another process was sending, so that this one did nothing."""
    refused: int = 0
    unsigned: int = 0
    without_consent: int = 0
    silenced: int = 0
    """Queued before their farmer wrote STOP: not an alarm, and never sent."""
    halted_because: str | None = None
    opted_out: dict[str, str] = field(default_factory=dict)
    """The carrier that told it, by farmer id; messages without a farmer are named by their id."""
    notices: list[str] = field(default_factory=list)
    """Further alarms: a halted channel that another stands in for, money that ran out."""

    @property
    def alarms(self) -> tuple[str, ...]:
        """What an operator must look at, one line each."""
        lines = list(self.notices)
        if self.halted_because is not None:
            lines.append(f"channel halted: {self.halted_because}; {self.requeued} messages wait, none is lost")
        if self.unknown:
            lines.append(f"{self.unknown} messages may or may not have been sent; their delivery reports will tell")
        if self.refused:
            lines.append(f"{self.refused} messages refused: their language is not reviewed by a native agronomist")
        if self.unsigned:
            lines.append(f"{self.unsigned} messages refused: the words that made them are not signed")
        if self.without_consent:
            lines.append(f"{self.without_consent} messages refused: their farmers' consent is not recorded")
        return tuple(lines)
