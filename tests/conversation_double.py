"""The listening side of a store that remembers only for the length of a test."""
# ruff: noqa: ARG002 -- a double takes what the store takes

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from cloud.conversation.reading import Heard, HeardText, KeptReading, SwapStep
from cloud.people.ties import Tie
from cloud.records import IrrigationEvent
from cloud.replies import ToldIrrigation


class Listening:
    """Hears the texts that a test puts into ``inbound``."""

    def __init__(self) -> None:
        self.inbound: list[HeardText] = []
        self.heard: list[HeardText] = []
        self.readings: list[KeptReading] = []
        self.told: list[ToldIrrigation] = []
        self.silent: set[str] = set()
        self.reported: list[IrrigationEvent] = []

    def unheard(self, limit: int) -> tuple[HeardText, ...]:
        return tuple(one for one in self.inbound if one.position > len(self.heard))[:limit]

    def keep_heard(self, text: HeardText, heard: Sequence[Heard], now: datetime) -> tuple[KeptReading, ...]:
        self.heard.append(text)
        self.reported += [event for one in heard for event in one.events]
        kept = [
            KeptReading(position=len(self.readings) + place, reading=one.reading) for place, one in enumerate(heard)
        ]
        self.readings += kept
        return tuple(kept)

    def readings_of(self, farmer_ids: Collection[str], since: datetime) -> tuple[KeptReading, ...]:
        return tuple(one for one in self.readings if one.reading.farmer_id in farmer_ids)

    def readings_meaning(self, meanings: Collection[str], since: datetime) -> tuple[KeptReading, ...]:
        return tuple(one for one in self.readings if one.reading.meaning in meanings)

    def told_irrigations(
        self, since: datetime, farmer_ids: Collection[str] | None = None
    ) -> tuple[ToldIrrigation, ...]:
        return tuple(one for one in self.told if one.queued_at >= since)

    def ties(self, farmer_id: str | None = None) -> tuple[Tie, ...]:
        return ()

    def meter_events(self, parcel_ids: Collection[str]) -> tuple[IrrigationEvent, ...]:
        return ()

    def refused(self, now: datetime) -> frozenset[str]:
        return frozenset(self.silent)

    def set_consent(self, farmer_id: str, *, given: bool, **_: Any) -> bool:  # noqa: ANN401 -- the rest of a word
        self.silent.discard(farmer_id) if given else self.silent.add(farmer_id)
        return True

    def swap_steps(self, since: date) -> tuple[SwapStep, ...]:
        return ()

    def notes_since(self, since: datetime) -> tuple[str, ...]:
        return tuple(one.reading.note for one in self.readings if one.reading.note is not None)

    def answer_counts(self) -> tuple[tuple[str, float, float], ...]:
        return ()
