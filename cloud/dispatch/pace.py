"""How fast a channel may be fed: a bucket of tokens, with the clock as an argument."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Messages a second, and how many may go at once after a rest."""

    per_s: float
    burst: float
    left: float
    at: datetime

    @classmethod
    def fresh(cls, per_s: float, at: datetime, *, burst: float | None = None) -> "Pace":
        """A full bucket; by default it holds one second's messages, and at least one."""
        room = max(1.0, per_s if burst is None else burst)
        return cls(per_s=per_s, burst=room, left=room, at=at)

    def take(self, count: int, now: datetime) -> tuple["Pace", float]:
        """The bucket after ``count`` messages, and how long to wait before they go [s]."""
        gone_s = max((now - self.at).total_seconds(), 0.0)
        left = min(self.left + gone_s * self.per_s, self.burst) - count
        return replace(self, left=left, at=max(now, self.at)), max(-left / self.per_s, 0.0)
