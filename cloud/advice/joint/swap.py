"""Turns exchanged between two neighbours when both gain: one needs water before his own turn, the other needs none now.

Only where the table tells turns parcel by parcel and says ``may_swap`` of both, and both parcels are of one canal and
one group: people who can talk to each other. The lender gains when the turn he gets in return comes before his own
next one. Nothing is remembered: on the day of that turn the same rule offers it to him again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from zoneinfo import ZoneInfo

from cloud.advice.access import Access, Constraints, access_by_turn, serves
from cloud.advice.joint.answers import Served
from cloud.advice.plan import Intent, urgency
from cloud.records import CanalTurn, Evidence, Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """The turn of one parcel that another takes on the day, and what he would do with it."""

    lender: Intent
    borrower: Intent
    """With the lent turn."""

    def told(self, served: Mapping[str, Served]) -> dict[str, Served]:
        """What both are told: the exchange where it brings water, else nothing new."""
        found = served.get(self.borrower.parcel.id)
        if found is None or found.dose is None:
            return {}
        lender, borrower = self.lender.parcel, self.borrower.parcel
        return {
            borrower.id: replace(found, reason_code="turn_borrowed", evidence=(_with(lender), *found.evidence)),
            lender.id: Served(dose=None, reason_code="turn_lent", evidence=(_with(borrower),)),
        }


def lent_access(day: date, parcel: Parcel, constraints: Constraints) -> Access | None:
    """The access that a neighbour's turn today would give a parcel whose own turn is on a later day."""
    turns = constraints.turns_near(parcel)
    lent = _lendable(day, parcel, turns)
    return None if lent is None else _as_if_own(day, parcel, lent, turns)


def swaps_of(
    day: date, intents: Mapping[str, Intent], if_lent: Mapping[str, Intent], constraints: Constraints
) -> list[Swap]:
    """Exchanges of the day: ``if_lent`` has what parcels without a turn would do with a neighbour's."""
    lenders = {name: one for name, one in sorted(intents.items()) if one.action == "skip_turn"}
    if not if_lent:
        return []
    turns_today = {
        name: _turn_today(day, one.parcel, constraints.turns_near(one.parcel)) for name, one in lenders.items()
    }
    swaps = []
    for wish in sorted(if_lent.values(), key=urgency):
        if wish.action != "irrigate":
            continue
        own_next = intents[wish.parcel.id].access.next_day
        for name, lender in lenders.items():
            turn = turns_today[name]
            if turn is None or not _neighbours(wish.parcel, turn):
                continue
            if own_next is not None and (lender.access.next_day is None or own_next < lender.access.next_day):
                access = _as_if_own(day, wish.parcel, turn, constraints.turns_near(wish.parcel))
                swaps.append(Swap(lender=lender, borrower=replace(wish, access=access)))
                del lenders[name]
                break
    return swaps


def _with(parcel: Parcel) -> Evidence:
    return Evidence(kind="turn_with", source=parcel.id)


def _neighbours(parcel: Parcel, turn: CanalTurn) -> bool:
    """Whether a turn is of the parcel's canal and group, and another parcel's."""
    water = parcel.water
    here = turn.canal == water.canal and turn.group is not None and turn.group == water.group
    return here and turn.may_swap and turn.parcel_id not in {None, parcel.id}


def _local_days(parcel: Parcel, turn: CanalTurn) -> tuple[date, date]:
    zone = ZoneInfo(parcel.timezone)
    return turn.starts_at.astimezone(zone).date(), turn.ends_at.astimezone(zone).date()


def _turn_today(day: date, parcel: Parcel, turns: Sequence[CanalTurn]) -> CanalTurn | None:
    """The parcel's own turn that begins on the day, when the table lets it be lent."""
    own = [turn for turn in turns if turn.parcel_id == parcel.id and turn.may_swap and serves(turn, parcel)]
    begun = [turn for turn in own if _local_days(parcel, turn)[0] == day]
    return min(begun, key=lambda turn: turn.starts_at, default=None)


def _lendable(day: date, parcel: Parcel, turns: Sequence[CanalTurn]) -> CanalTurn | None:
    """A neighbour's turn that begins today, for a parcel that has one of its own to give in return."""
    if not any(_own_later(day, parcel, turns)):
        return None
    lent = [turn for turn in turns if _neighbours(parcel, turn) and _local_days(parcel, turn)[0] == day]
    return min(lent, key=lambda turn: (turn.starts_at.astimezone(UTC), turn.parcel_id or ""), default=None)


def _own_later(day: date, parcel: Parcel, turns: Sequence[CanalTurn]) -> Iterator[CanalTurn]:
    """The parcel's own turns after the day that it may give in return."""
    for turn in turns:
        if turn.parcel_id == parcel.id and turn.may_swap and _local_days(parcel, turn)[0] > day:
            yield turn


def _as_if_own(day: date, parcel: Parcel, lent: CanalTurn, turns: Sequence[CanalTurn]) -> Access:
    """The lent turn, and after it the parcel's turn after the one that it gives in return."""
    later = sorted(_own_later(day, parcel, turns), key=lambda turn: turn.starts_at)[1:]
    access = access_by_turn(day, parcel, [lent])
    return replace(access, next_day=_local_days(parcel, later[0])[0] if later else None)
