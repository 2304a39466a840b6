"""What at a gateway is looked after, and when: pure, over the days on which each was done last.

Each chore has its interval; what is seen or heard to be wrong makes it due at once. A reminder is repeated weekly.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

from edge.settings.installer import CareConfig

Chore = Literal["lens", "panel", "sim_credit", "lightning", "theft"]
CHORES: Final[tuple[Chore, ...]] = get_args(Chore)
"""In the order of their digits in a reply: 1 is the first."""
REPEAT: Final = timedelta(days=7)

# What a trouble's name ends with, and what has to be looked after then.
_SIGNS: Final[Mapping[str, Chore]] = {
    "dirty": "lens",
    "drifted": "lens",
    "gone": "theft",
    "turned": "theft",
    "tilted": "theft",
    "blurred": "lens",
    "power": "panel",
}
_CREDIT: Final = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """When a chore was done last, and when the installer was last reminded of it."""

    done_on: date
    reminded_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A chore that is due: since when, and whether something was seen to be wrong."""

    chore: Chore
    due_on: date
    seen: bool = False


def signs_of(troubles: Iterable[tuple[str, str]]) -> frozenset[Chore]:
    """Chores that troubles (part, text) call for."""
    called: set[Chore] = set()
    for part, text in troubles:
        chore = _SIGNS.get(part.rpartition(" ")[2])
        if chore is not None:
            called.add(chore)
        if part == "modem" and _CREDIT in text.lower():
            called.add("sim_credit")
    return frozenset(called)


def due_on(chore: Chore, looked: Looked, config: CareConfig) -> date:
    """Day on which a chore is due by its interval."""
    days: int = getattr(config, f"{chore}_days")
    return looked.done_on + timedelta(days=days)


def due_now(
    book: Mapping[Chore, Looked], today: date, config: CareConfig, signs: Collection[Chore] = ()
) -> tuple[Due, ...]:
    """Chores that are due on a day, in the order of their digits; what is wrong still the day after counts again."""
    found = []
    for chore in CHORES:
        looked = book.get(chore)
        if looked is None:
            continue
        by_interval = due_on(chore, looked, config)
        if chore in signs and looked.done_on < today:
            found.append(Due(chore=chore, due_on=min(today, by_interval), seen=True))
        elif by_interval <= today:
            found.append(Due(chore=chore, due_on=by_interval))
    return tuple(found)


def wants_reminding(due: Due, looked: Looked, today: date) -> bool:
    """Whether the installer is told of a due chore today: once, and weekly while it stays due."""
    last = looked.reminded_on
    # A clock that was set back must not keep a reminder for ever.
    return last is None or last < due.due_on or today - last >= REPEAT or last > today


def digits_of(chores: Iterable[Chore]) -> str:
    """Digits by which the installer ticks chores off."""
    return "".join(str(CHORES.index(chore) + 1) for chore in chores)


def chores_of(digits: str) -> tuple[Chore, ...] | None:
    """Chores that digits mean, each once; None when one of them means nothing."""
    if not digits or any(not "1" <= digit <= str(len(CHORES)) for digit in digits):
        return None
    return tuple(CHORES[int(digit) - 1] for digit in dict.fromkeys(digits))
