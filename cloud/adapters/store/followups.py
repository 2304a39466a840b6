"""What followed from texts that were heard: answers queued, water renewed, calls made; each once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, select

from cloud.adapters.store.conversation import Conversation, keep_swap_steps
from cloud.adapters.store.conversation_tables import READING_STEPS, READINGS
from cloud.adapters.store.database import Writer
from cloud.adapters.store.portion import Portion
from cloud.adapters.store.queueing import queue_in
from cloud.adapters.store.tables import INBOUND
from cloud.conversation.reading import KeptReading, SwapStep
from cloud.messages import Message
from cloud.records import Parcel
from cloud.review.eyes import same_name

ANSWERED: Final = "answered"
RENEWED: Final = "renewed"
CALLED: Final = "called"
_MOST_COUNTED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One thing that followed from a text, and what it came to."""

    reading: int
    step: str
    result: str
    reference: str | None
    at: datetime


class Followups(Conversation):
    """The side of the store that acts on what it heard."""

    def unanswered(self, limit: int) -> tuple[KeptReading, ...]:
        """Texts that want an answer nobody has queued yet, in the order in which they were heard."""
        return self._waiting(ANSWERED, READINGS.c.answer.is_not(None), limit)

    def waiting_texts(self, before: datetime) -> int:
        """Texts kept before a moment that nobody has heard, or that wait for their answer since."""
        last = select(func.coalesce(func.max(READINGS.c.inbound), 0)).scalar_subquery()
        unheard = (
            select(func.count()).select_from(INBOUND).where(INBOUND.c.position > last, INBOUND.c.received_at < before)
        )
        with self.reading() as connection:
            count = connection.execute(unheard).scalar_one()
        return count + sum(one.reading.received_at < before for one in self.unanswered(_MOST_COUNTED))

    def unrenewed(self, limit: int) -> tuple[KeptReading, ...]:
        """Texts that changed the water or the turns of a parcel whose advice was not looked at since."""
        return self._waiting(RENEWED, READINGS.c.changes, limit)

    def keep_answers(self, reading: int, messages: Sequence[Message], result: str, now: datetime) -> bool:
        """Queue the answers to a text, all or none, and remember that it was answered; False when it was before."""
        with self.writing() as writer:
            if _is_done(writer, ANSWERED, reading):
                return False
            names = [queue_in(writer, self._keys, one, verdict_digest="", now=now) for one in messages]
            _keep(writer, ANSWERED, [reading], (result, names[0] if names else None), now)
            return True

    def keep_renewed(self, readings: Collection[int], result: str, verdict_digest: str | None, now: datetime) -> None:
        """Remember that the advice of a parcel was looked at after these texts."""
        with self.writing() as writer:
            fresh = [one for one in sorted(readings) if not _is_done(writer, RENEWED, one)]
            _keep(writer, RENEWED, fresh, (result, verdict_digest), now)

    def calls_wanted(self, since: datetime) -> tuple[KeptReading, ...]:
        """Wishes to be called since a moment that nobody has followed up, oldest first."""
        called = exists().where(READING_STEPS.c.step == CALLED, READING_STEPS.c.reading == READINGS.c.position)
        return self._readings(
            select(READINGS)
            .where(READINGS.c.meaning == "call_me", READINGS.c.received_at >= since, ~called)
            .order_by(READINGS.c.received_at, READINGS.c.position)
        )

    def keep_called(self, reading: int, by: str, result: str, now: datetime) -> bool:
        """Remember that somebody called back; False where it was remembered before, or no such wish is known."""
        with self.writing() as writer:
            wish = select(READINGS.c.position).where(READINGS.c.position == reading, READINGS.c.meaning == "call_me")
            if writer.connection.execute(wish).first() is None or _is_done(writer, CALLED, reading):
                return False
            # Who called is known by a mark, as with decisions: names stand in no table in the clear.
            _keep(writer, CALLED, [reading], (result, self._mark(by)), now)
            return True

    def followed(self, readings: Collection[int]) -> tuple[Followed, ...]:
        """What followed from some texts, in the order in which it did."""
        statement = (
            select(READING_STEPS).where(READING_STEPS.c.reading.in_(list(readings))).order_by(READING_STEPS.c.position)
        )
        with self.reading() as connection:
            return tuple(
                Followed(reading=row.reading, step=row.step, result=row.result, reference=row.reference, at=row.at)
                for row in connection.execute(statement)
            )

    def portion(self, parcels: Sequence[Parcel]) -> Portion:
        """What is kept of some parcels alone."""
        return Portion(store=self, land=tuple(parcels))

    def keep_swaps(self, steps: Sequence[SwapStep], *, mark: str) -> None:
        """Keep what an agronomist said of swaps; of the name a keyed mark is kept."""
        by = self._mark(mark)
        with self.writing() as writer:
            keep_swap_steps(writer, [one.model_copy(update={"mark": by}) for one in steps])

    def _mark(self, name: str) -> str:
        return self._keys.mark(f"reviewer/{same_name(name)}")

    def _waiting(self, step: str, wanted: ColumnElement[bool], limit: int) -> tuple[KeptReading, ...]:
        # Followed up in order: what lies before the last one that was needs no look.
        last = select(func.coalesce(func.max(READING_STEPS.c.reading), 0)).where(READING_STEPS.c.step == step)
        statement: Select[Any] = (
            select(READINGS)
            .where(READINGS.c.position > last.scalar_subquery(), wanted)
            .order_by(READINGS.c.position)
            .limit(limit)
        )
        return self._readings(statement)


def _is_done(writer: Writer, step: str, reading: int) -> bool:
    done = select(READING_STEPS.c.position).where(READING_STEPS.c.step == step, READING_STEPS.c.reading == reading)
    return writer.connection.execute(done).first() is not None


def _keep(writer: Writer, step: str, readings: Sequence[int], outcome: tuple[str, str | None], now: datetime) -> None:
    result, reference = outcome
    rows = [{"reading": one, "step": step, "result": result, "reference": reference, "at": now} for one in readings]
    writer.add("reading_step", rows)
