"""The queue of what waits for a person: the judge's cards, the greatest loss first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cloud.judge.cards import Card, cards_of
from cloud.records import Parcel, Verdict
from cloud.review.stake import Stake, stake_of
from cloud.review.word import Word

Status = Literal["open", "awaits_second", "kept_held", "expired"]
ORDER: Final[Mapping[Status, int]] = {"open": 0, "awaits_second": 0, "kept_held": 1, "expired": 2}
"""Cards in this order, then by risk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One verdict that waits, with what stands on it."""

    verdict: Verdict
    stake: Stake
    status: Status

    @property
    def parcel_id(self) -> str:
        """Parcel of the verdict."""
        return self.verdict.proposed.parcel_id


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCard:
    """A card of the judge with what stands on each of its parcels."""

    card: Card
    items: tuple[Item, ...]
    """The most pressing first."""

    @property
    def risk(self) -> float:
        """Water missed for each hour in which somebody can still act, of all its parcels [m3/h]."""
        return sum(item.stake.risk for item in self.items)

    @property
    def missing_m3(self) -> float:
        """Water that the crops are expected to miss if nobody looks [m3]."""
        return sum(item.stake.missing_m3 for item in self.items)

    @property
    def status(self) -> Status:
        """The most pressing of its parcels."""
        return self.items[0].status


def queue_of(
    verdicts: Sequence[Verdict], parcels: Mapping[str, Parcel], words: Sequence[Word], now: datetime
) -> tuple[QueuedCard, ...]:
    """Cards of the verdicts that wait, the greatest risk first, those that nobody decided in time last."""
    queued = []
    for card in cards_of(verdicts, tuple(parcels.values())):
        items = [_item(verdict, parcels, words, now) for verdict in card.verdicts]
        items.sort(key=lambda item: (ORDER[item.status], -item.stake.risk, item.parcel_id))
        queued.append(QueuedCard(card=card, items=tuple(items)))
    return tuple(sorted(queued, key=lambda one: (ORDER[one.status], -one.risk, one.card.day, one.card.id)))


def _item(verdict: Verdict, parcels: Mapping[str, Parcel], words: Sequence[Word], now: datetime) -> Item:
    return Item(
        verdict=verdict,
        stake=stake_of(verdict, parcels.get(verdict.proposed.parcel_id), now),
        status=_status(verdict, words, now),
    )


def _status(verdict: Verdict, words: Sequence[Word], now: datetime) -> Status:
    if verdict.valid_until <= now:
        return "expired"
    digest = verdict.digest()
    said = [word for word in words if word.held == digest]
    if any(word.act != "hold" for word in said):
        return "awaits_second"
    return "kept_held" if said else "open"
