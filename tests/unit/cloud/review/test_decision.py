"""What a word makes of a verdict, and what a night that runs again makes of the word."""

from datetime import datetime, timedelta

import pytest

from cloud.errors import InputError
from cloud.records import InputReference, Verdict
from cloud.review.decision import candidate_of, verdict_after, without_names
from cloud.review.order import Order
from cloud.review.redose import WaterTables
from cloud.review.standing import same_case, standing
from tests.unit.cloud.review.conftest import FAILED, NOW, PASSED, ZONE, AdviceOf, HeldOf, ParcelOf, WordOf

SILENT = {"depth_mm": None, "volume_m3": None, "start_window": None, "duration_h": None}


def order(act: str = "approve", **changes: object) -> Order:
    given = {"act": act, "parcel_ids": ("plot",), "by": "Amina", "why": "dry", **changes}
    return Order(**given)  # type: ignore[arg-type]  # any field, by name


def refused(held: Verdict, parcel_of: ParcelOf, asked: Order, *, now: datetime = NOW) -> str:
    with pytest.raises(InputError) as told:
        candidate_of(held, parcel_of(), asked, now=now, water=WaterTables())
    assert str(told.value).startswith("parcel plot: ")
    return str(told.value)


def test_an_approval_tells_what_was_proposed(held_of: HeldOf, parcel_of: ParcelOf) -> None:
    held = held_of()
    assert candidate_of(held, parcel_of(), order(), now=NOW, water=WaterTables()) == held.proposed
    for act in ("hold", "reject"):
        assert candidate_of(held, parcel_of(), order(act), now=NOW, water=WaterTables()) == held.recommendation


def test_nothing_is_approved_that_was_blocked_told_decided_expired_or_never_advised(
    held_of: HeldOf, advice_of: AdviceOf, parcel_of: ParcelOf
) -> None:
    assert "A block is not approved" in refused(held_of(decision="block"), parcel_of, order())
    assert "waits for a person, got release" in refused(held_of(decision="release"), parcel_of, order("hold"))
    assert "a person decided already" in refused(
        held_of(reviewer="agronomist"), parcel_of, order("override", depth_mm=9.0)
    )
    late = NOW + timedelta(hours=16)
    assert "expired 2026-06-11T00:00:00+01:00" in refused(held_of(), parcel_of, order(), now=late)
    assert "expired" in refused(held_of(), parcel_of, order("override", depth_mm=9.0), now=late)
    silent = held_of(advice_of(action="hold", reason_code="no_forecast", **SILENT))
    assert "got none (no_forecast)" in refused(silent, parcel_of, order())
    assert "later start with: review override" in refused(held_of(), parcel_of, order(), now=NOW + timedelta(hours=13))


def test_another_dose_may_come_after_the_first_ones_window_on_its_day(held_of: HeldOf, parcel_of: ParcelOf) -> None:
    told = held_of(decision="release", valid_until=datetime(2026, 6, 10, 20, tzinfo=ZONE))
    later = order("override", depth_mm=10.0, starts_at=datetime(2026, 6, 10, 22, tzinfo=ZONE))
    got = candidate_of(told, parcel_of(), later, now=NOW + timedelta(hours=13), water=WaterTables())
    assert got.depth_mm is not None
    assert got.depth_mm.p50 == 10.0


def test_an_order_names_a_depth_with_override_and_only_there() -> None:
    with pytest.raises(InputError, match="expected a depth with override"):
        order("override")
    with pytest.raises(InputError, match="expected a depth with override"):
        order(depth_mm=10.0)
    for private in ({"why": "call 0612-345-678"}, {"by": "+212612345678"}):
        with pytest.raises(InputError, match="without a telephone number"):
            order(**private)
    spaced = ("76 12 34 56", "771  234  567", "77\u200b123\u200b4567", "77/123/45/67", "77\u201312\u201334\u201356")
    for number in (*spaced, "2026-06-10 76123456", "\u0667\u0667\u0661\u0662\u0663\u0664\u0665\u0666"):
        with pytest.raises(InputError, match="without a telephone number"):
            order(why=f"call {number}")
    for innocent in ("on 2026-06-10 06:30", "on 10/06/2026 06.30", "20, 25, 30 and 35 mm", "at 30 cm 20 mm"):
        assert order(why=innocent).why == innocent
    assert order(why="seen on 2026-06-10").why == "seen on 2026-06-10"


def test_a_persons_verdict_keeps_the_judges_checks_and_names_nobody(
    held_of: HeldOf, advice_of: AdviceOf, word_of: WordOf
) -> None:
    held = held_of()
    got = verdict_after(held, held.proposed, word_of(), "dry.")
    assert (got.reviewer, got.decision, got.checks, got.proposed) == (
        "agronomist",
        "release",
        held.checks,
        held.proposed,
    )
    assert got.explanation == (
        "Approved by an agronomist (aaaaaaaa) on 2026-06-10 07:00 UTC: dry. The judge had said: Held for a person:"
        " made for a test."
    )
    assert got.valid_until == datetime(2026, 6, 10, 20, tzinfo=ZONE)
    smaller = advice_of(depth_mm={"p10": 9.0, "p50": 9.0, "p90": 9.0}, volume_m3=180.0)
    assert verdict_after(held, smaller, word_of(act="override", depth_mm=9.0), "dry.").decision == "shrink"
    no = verdict_after(held, held.recommendation, word_of(act="reject"), "no.")
    assert (no.decision, no.valid_until) == ("hold", held.valid_until)


def test_only_a_correction_puts_a_dose_in_the_place_of_a_persons(held_of: HeldOf, parcel_of: ParcelOf) -> None:
    person = held_of(reviewer="agronomist", decision="release")
    asked = order("override", depth_mm=9.0)
    assert "review override --correct" in refused(person, parcel_of, asked)
    again = order("override", depth_mm=9.0, correct=True)
    got = candidate_of(person, parcel_of(), again, now=NOW, water=WaterTables())
    assert got.depth_mm is not None
    assert got.depth_mm.p50 == 9.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Aicha saw it", "(name) saw it."),
        ("seen with aïcha, (Aicha) and Aicha's son", "seen with (name), ((name)) and (name)'s son."),
        ("Brahim/Aicha: d'Aicha-Brahim", "(name)/(name): d'(name)-(name)."),
        ("AICHA, and El said so!", "(name), and El said so!"),
        ("dry", "dry."),
    ],
)
def test_known_names_are_withheld(text: str, shown: str) -> None:
    assert without_names(text, ("Aicha El", "Brahim")) == shown


def test_a_word_stands_as_long_as_the_case_is_the_same(held_of: HeldOf, advice_of: AdviceOf, word_of: WordOf) -> None:
    held = held_of()
    person = verdict_after(held, held.proposed, word_of(), "dry.")
    older = InputReference(name="past.csv", sha256="c" * 64, age_days=2.0)
    again = held_of(advice_of(inputs=(older,), code_version="other"))
    assert same_case(person, again)
    assert standing([again], [person]) == ((person,), ())
    for changed in (
        held_of(advice_of(volume_m3=481.0)),
        held_of(checks=(PASSED,)),
        held_of(checks=(FAILED, PASSED.model_copy(update={"passed": False}))),
    ):
        verdicts, (note,) = standing([changed], [person])
        assert verdicts == (changed,)
        assert "an agronomist had decided 2026-06-10" in note
    assert standing([again], [held]) == ((again,), ())
    assert standing([again], []) == ((again,), ())
