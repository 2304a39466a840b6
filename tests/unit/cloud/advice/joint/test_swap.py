from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cloud.advice.access import Constraints, access_on
from cloud.advice.joint.answers import Served
from cloud.advice.joint.serve import serve_with_swaps
from cloud.advice.joint.swap import lent_access
from cloud.advice.plan import Intent
from cloud.records import CanalTurn, Parcel
from tests.district import DAY, book, field, turn, wanting


def north(name: str) -> Parcel:
    """A parcel of the group."""
    return field(name, canal="G1", group="north")


def turns(*, may_swap: bool = True, group: str | None = "north", wet_next: int = 15) -> tuple[CanalTurn, ...]:
    """The wet parcel's turn is today and in ``wet_next`` days, the dry one's in three and eighteen."""
    own = {"wet": (0, wet_next), "dry": (3, 18)}
    return tuple(
        turn(6.0, begins_h=8.0 + 24.0 * day, parcel_id=name, group=group, may_swap=may_swap)
        for name, days in own.items()
        for day in days
    )


def intents(constraints: Constraints) -> tuple[dict[str, Intent], dict[str, Intent]]:
    """A parcel that lets its turn pass, and one that would take it."""
    wet, dry = (north(name) for name in ("wet", "dry"))
    skips = wanting(wet, constraints, depletion_mm=5.0)
    skips = replace(skips, action="skip_turn", reason_code="soil_has_water", wanted_mm=None)
    waits = wanting(dry, constraints)
    waits = replace(waits, action="wait", reason_code="turn_not_now", wanted_mm=None)
    lent = lent_access(DAY, dry, constraints)
    if_lent = {} if lent is None else {"dry": replace(wanting(dry, constraints), access=lent)}
    return {"wet": skips, "dry": waits}, if_lent


def told(
    constraints: Constraints, both: tuple[dict[str, Intent], dict[str, Intent]] | None = None
) -> Mapping[str, Served]:
    both = both or intents(constraints)
    return serve_with_swaps(DAY, both, constraints, book(list(both[0].values())), None)


def test_a_dry_parcel_borrows_the_turn_that_its_neighbour_lets_pass() -> None:
    served = told(Constraints(turns=turns()))
    borrower, lender = served["dry"], served["wet"]
    assert (borrower.reason_code, lender.reason_code) == ("turn_borrowed", "turn_lent")
    assert borrower.dose is not None
    assert borrower.start_window is not None
    assert borrower.start_window[0] == turns()[0].starts_at
    assert lender.dose is None
    assert [(fact.kind, fact.source) for fact in lender.evidence] == [("turn_with", "dry")]
    assert (borrower.evidence[0].kind, borrower.evidence[0].source) == ("turn_with", "wet")


@pytest.mark.parametrize(
    "tables",
    [
        turns(may_swap=False),
        turns(group=None),
        turns(group="south"),
        # The lender would get back a turn later than its own next.
        turns(wet_next=2),
        # The borrower has nothing to give in return.
        tuple(one for one in turns() if one.parcel_id == "wet"),
    ],
)
def test_nothing_is_lent_unless_both_gain_and_the_table_says_so(tables: tuple[CanalTurn, ...]) -> None:
    assert told(Constraints(turns=tables)) == {}


def test_a_turn_that_is_wanted_by_its_own_parcel_is_not_lent() -> None:
    constraints = Constraints(turns=turns())
    alone, if_lent = intents(constraints)
    alone["wet"] = wanting(alone["wet"].parcel, constraints)
    served = told(constraints, (alone, if_lent))
    assert set(served) == {"wet"}
    assert served["wet"].reason_code is None


def test_nobody_borrows_what_he_would_not_use() -> None:
    constraints = Constraints(turns=turns())
    alone, if_lent = intents(constraints)
    if_lent["dry"] = replace(if_lent["dry"], action="wait")
    assert told(constraints, (alone, if_lent)) == {}


def test_a_lent_turn_too_short_for_the_borrower_stays_where_it_is() -> None:
    short = tuple(one.model_copy(update={"ends_at": one.starts_at + timedelta(minutes=5)}) for one in turns())
    assert told(Constraints(turns=short)) == {}


def test_the_access_lent_ends_before_the_borrowers_turn_after_next() -> None:
    constraints = Constraints(turns=turns())
    access = lent_access(DAY, north("dry"), constraints)
    assert access is not None
    assert access.next_day == DAY + timedelta(days=18)
    assert access_on(DAY, north("wet"), constraints).place == access.place
    one_turn_each = Constraints(turns=tuple(one for one in turns() if one.starts_at.date() < date(2026, 5, 25)))
    access = lent_access(DAY, north("dry"), one_turn_each)
    assert access is not None
    assert access.next_day is None
