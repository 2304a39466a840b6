"""Everything that the meaning of one text hangs on: who may have written it, what they were told, what was asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cloud.conversation.reading import QUESTION_OPEN, WATER, HeardText, KeptReading, Option, Reading, SwapStep
from cloud.conversation.trust import Trust
from cloud.records import CanalTurn, Parcel
from cloud.replies import ANSWER_WITHIN, ToldIrrigation
from cloud.speech.reply import key_of

NOBODY: Final = Trust()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known when a text is heard."""

    parcels: Mapping[str, Parcel] = field(default_factory=dict)
    """Parcels of everybody who has the number, or of which they were told lately."""
    present: frozenset[str] | None = None
    """Those among them that are theirs at this moment; None: all."""
    told: Sequence[ToldIrrigation] = ()
    """Irrigations that reached them lately."""
    earlier: Sequence[KeptReading] = ()
    """What they said in the last days, oldest first."""
    trust: Mapping[str, Trust] = field(default_factory=dict)
    silenced: frozenset[str] = frozenset()
    neighbours: Mapping[str, Parcel] = field(default_factory=dict)
    """Every parcel: whose turn may be swapped."""
    turns: Sequence[CanalTurn] = ()
    swaps: Sequence[SwapStep] = ()
    """What was said of swaps of these parcels, oldest first."""

    @property
    def theirs(self) -> Mapping[str, Parcel]:
        """Parcels whose turns they may give away: what was told lately may be another's by now."""
        return {one: parcel for one, parcel in self.parcels.items() if self.present is None or one in self.present}

    def trust_in(self, farmer_id: str | None) -> Trust:
        """How far a farmer's word counts."""
        return self.trust.get(farmer_id or "", NOBODY)

    def due(self, at: datetime) -> list[ToldIrrigation]:
        """Irrigations told before a moment and due shortly before it, one for each parcel and start, latest told."""
        found = {
            (one.parcel_id, one.begin): one
            for one in sorted(self.told, key=lambda one: one.queued_at)
            if one.queued_at <= at and one.begin <= at <= one.begin + ANSWER_WITHIN
        }
        return sorted(found.values(), key=lambda one: (one.begin, one.parcel_id))

    def answered(self) -> dict[tuple[str, datetime], KeptReading]:
        """The last word about each told irrigation."""
        return {
            (kept.reading.parcel_id, kept.reading.begins_at): kept
            for kept in self.earlier
            if kept.reading.meaning in WATER
            and kept.reading.parcel_id is not None
            and kept.reading.begins_at is not None
        }

    def question(self, text: HeardText) -> KeptReading | None:
        """The newest question which parcel was meant, as long as it is open."""
        settled = {kept.reading.resolves for kept in self.earlier}
        open_ones = [
            kept
            for kept in self.earlier
            if kept.reading.outcome == "asked"
            and kept.position not in settled
            and kept.reading.received_at <= text.received_at <= kept.reading.received_at + QUESTION_OPEN
        ]
        return open_ones[-1] if open_ones else None

    def said_since(self, answer: str, since: datetime) -> bool:
        """Whether something was answered since a moment."""
        return any(kept.reading.answer == answer and kept.reading.received_at >= since for kept in self.earlier)

    def named(self, words: str, among: Iterable[str]) -> str | None:
        """The one parcel of some that folded words name, by id or name; None where it is none or several."""
        wanted = words.replace(" ", "")
        found = [
            parcel_id
            for parcel_id in among
            if wanted in {key_of(text).replace(" ", "") for text in (parcel_id, self.label(parcel_id))}
        ]
        return found[0] if len(found) == 1 else None

    def label(self, parcel_id: str) -> str:
        """What a parcel is called."""
        parcel = self.parcels.get(parcel_id) or self.neighbours.get(parcel_id)
        return parcel_id if parcel is None else parcel.label


def chosen(question: Reading, words: str, context: Context) -> Option | None:
    """The option of a question that a folded text names, by its number or by the parcel's name."""
    for option in question.options:
        if words == option.digits:
            return option
    parcel_id = context.named(words, [option.parcel_id for option in question.options]) if words else None
    return next((option for option in question.options if option.parcel_id == parcel_id), None)
