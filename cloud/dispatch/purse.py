"""The money of a day: what can wait stops first, answers and warnings last, and nothing is lost by it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.dispatch.priority import SAFETY, Priority, priority_of
from cloud.messages import Message

SHARES: Final = {Priority.BULK: 0.7, Priority.ADVICE: 0.9, Priority.REPLY: 1.0}
"""Share of the day's money at which a kind stops (by judgement): the rest is kept for what must not wait."""
ROUNDING: Final = 1e-9
LOOK_AGAIN: Final = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Purse:
    """What a day may cost and has cost, in the operator's money."""

    ceiling: float
    price_per_segment: float
    spent: float
    timezone: str
    held_back: int = 0
    """Messages that have to wait for the next day's money."""

    def admits(self, message: Message) -> bool:
        """Whether there is money for a message of its kind, which is then set aside."""
        cost = message.segments * self.price_per_segment
        share = 1.0 if message.kind in SAFETY else SHARES[priority_of(message.kind)]
        if self.spent + cost > share * self.ceiling + ROUNDING:
            self.held_back += 1
            return False
        self.spent += cost
        return True

    def give_back(self, message: Message) -> None:
        """A message that surely did not leave cost nothing."""
        self.spent = max(self.spent - message.segments * self.price_per_segment, 0.0)

    def next_money(self, now: datetime) -> datetime:
        """When to look again: at local midnight there is new money, within the hour somebody may have given more."""
        local = now.astimezone(ZoneInfo(self.timezone))
        tomorrow = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)
        return min(tomorrow.astimezone(now.tzinfo), now + LOOK_AGAIN)

    @property
    def alarm(self) -> str | None:
        """What an operator must know, or None."""
        if not self.held_back:
            return None
        return (
            f"cost ceiling of the day reached: {self.spent:.2f} of {self.ceiling:.2f} spent; {self.held_back} messages"
            " wait for tomorrow or expire, none is lost: raise sms.cost_ceiling_per_day, or send less"
        )
