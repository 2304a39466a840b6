"""Who is told what: once, corrected when it changes, silent when nothing does, never two texts that contradict."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cloud.errors import InputError
from cloud.messages import Message
from cloud.people.ties import Recipient
from cloud.records import Language, Verdict
from cloud.speech.readback import read_back
from cloud.speech.render import render
from cloud.telling import Telling, act_of, earlier_of, is_same, tell, worth_saying
from tests.spoken import DRAFT, EVENING, NO_DOSE, SPOKEN, TUESDAY, depth, verdict
from tests.telling_double import Outbox

NOW = datetime(2026, 7, 20, 17, 0, tzinfo=UTC)
AMINA = Recipient(farmer_id="amina", language="en")
BRAHIM = Recipient(farmer_id="brahim", language="fr")
WAIT: dict[str, Any] = {**NO_DOSE, "action": "wait", "reason_code": "soil_has_water"}


def outbox(*people: Recipient) -> Outbox:
    store = Outbox()
    store.people = {"p1": people or (AMINA,)}
    return store


def say(store: Outbox, said: Verdict, before: Mapping[str, Verdict] | None = None, hours: int = 0) -> list[Message]:
    telling = Telling(day=TUESDAY, now=NOW + timedelta(hours=hours), voice=DRAFT)
    told = tell(store, [said], before or {}, telling)
    assert told.problems == []
    return told.messages


def waiting(store: Outbox) -> list[Message]:
    return [one.message for one in store.said if one.state == "queued"]


def test_everybody_tied_to_a_parcel_is_told_in_their_language() -> None:
    store = outbox(AMINA, BRAHIM)
    texts = say(store, verdict())
    assert [(text.farmer_id, text.language) for text in texts] == [("amina", "en"), ("brahim", "fr")]
    assert {digest for _, digest in store.queued} == {verdict().digest()}


def test_whoever_asked_for_silence_hears_nothing() -> None:
    store = outbox(AMINA, BRAHIM)
    telling = Telling(day=TUESDAY, now=NOW, voice=DRAFT, silenced=frozenset({"amina"}))
    assert [text.farmer_id for text in tell(store, [verdict()], {}, telling).messages] == ["brahim"]


@pytest.mark.parametrize("state", ["queued", "sending", "wired", "sent", "delivered", "unknown"])
def test_the_same_advice_again_is_silence(state: str) -> None:
    store = outbox()
    say(store, verdict())
    store.move({store.said[0].message_id}, state)
    nearly = verdict(
        depth_mm=depth(22), start_window=(EVENING + timedelta(minutes=20), EVENING + timedelta(hours=3, minutes=20))
    )
    assert say(store, nearly) == []
    assert [one.state for one in store.said] == [state]


def test_a_text_that_still_waits_is_withdrawn_and_another_takes_its_place() -> None:
    store = outbox()
    say(store, verdict())
    (text,) = say(store, verdict(depth_mm=depth(30), volume_m3=150))
    assert text.kind == "irrigate"
    assert [one.state for one in store.said] == ["halted", "queued"]
    assert "(150 m3, 30 mm)" in waiting(store)[0].text


def test_water_that_is_no_longer_needed_is_withdrawn_in_silence_where_nobody_was_told() -> None:
    store = outbox()
    say(store, verdict())
    assert say(store, verdict(**WAIT)) == []
    assert waiting(store) == []


def test_a_text_that_waits_to_be_asked_about_again_may_have_been_read_and_is_corrected() -> None:
    store = outbox()
    say(store, verdict())
    store.said = [replace(store.said[0], maybe_left=True)]
    (text,) = say(store, verdict(depth_mm=depth(30), volume_m3=150))
    assert text.kind == "correction"
    assert [one.state for one in store.said] == ["halted", "queued"]
    assert say(store, verdict(depth_mm=depth(30), volume_m3=150)) == []


@pytest.mark.parametrize("language", SPOKEN)
def test_what_was_read_is_corrected_with_a_quote_of_what_it_replaces(language: Language) -> None:
    store = outbox(Recipient(farmer_id="amina", language=language))
    say(store, verdict())
    store.deliver()
    moved = EVENING + timedelta(days=1)
    (text,) = say(store, verdict(start_window=(moved, moved + timedelta(hours=3)), depth_mm=depth(30), volume_m3=150))
    assert text.kind == "correction"
    heard = read_back(text.text, language, told_on=TUESDAY)
    assert heard.begin == moved.replace(tzinfo=None)
    assert (heard.volume_m3, heard.depth_mm) == (150, 30)
    assert heard.replaced is not None
    assert heard.replaced.begin == EVENING.replace(tzinfo=None)
    assert heard.replaced.volume_m3 in {105, None}
    assert text.segments <= (1 if text.encoding == "gsm7" else 2)


def test_an_irrigation_that_was_read_is_taken_back_even_by_a_quiet_wait() -> None:
    store = outbox()
    say(store, verdict())
    store.deliver()
    (text,) = say(store, verdict(**WAIT))
    assert text.text == (
        "Oliviers nord (CHANGED): do NOT irrigate on Tuesday 21/07. Replaces Wednesday 22/07 19:00, 105 m3."
        " The soil has enough water."
    )
    assert say(store, verdict(**WAIT)) == []


def test_a_wait_that_was_read_is_corrected_by_water() -> None:
    store = outbox()
    say(store, verdict(**NO_DOSE, action="wait", reason_code="rain_expected"))
    store.deliver()
    (text,) = say(store, verdict())
    assert text.kind == "correction"
    assert "Replaces no irrigation on Tuesday 21/07." in text.text
    assert text.valid_until == EVENING + timedelta(hours=3)


def test_a_skipped_turn_and_a_wait_say_the_same() -> None:
    store = outbox()
    say(store, verdict(**NO_DOSE, action="skip_turn", reason_code="soil_has_water"))
    store.deliver()
    assert say(store, verdict(**WAIT)) == []


def test_who_awaited_an_agronomist_is_answered_and_not_corrected() -> None:
    store = outbox()
    say(store, verdict("hold"))
    store.deliver()
    (text,) = say(store, verdict())
    assert text.kind == "irrigate"
    assert "Replaces" not in text.text


def test_advice_that_is_held_after_it_was_read_is_taken_back_and_that_is_remembered() -> None:
    store = outbox()
    say(store, verdict())
    store.deliver()
    (text,) = say(store, verdict("hold"))
    assert text.kind == "correction"
    assert "no automatic advice" in text.text
    store.deliver()
    assert say(store, verdict("hold")) == []


def test_advice_back_to_what_was_read_withdraws_the_correction_that_waits() -> None:
    store = outbox()
    say(store, verdict())
    store.deliver()
    say(store, verdict(**WAIT))
    assert len(waiting(store)) == 1
    assert say(store, verdict()) == []
    assert waiting(store) == []


def test_a_text_that_leaves_while_it_is_withdrawn_is_corrected_in_words() -> None:
    store = outbox()
    say(store, verdict())
    store.leaving = {store.said[0].message_id}
    (text,) = say(store, verdict(**WAIT))
    assert text.kind == "correction"
    assert [one.state for one in store.said] == ["wired", "queued"]


@pytest.mark.parametrize("state", ["failed", "expired", "halted"])
def test_what_never_reached_anybody_is_not_corrected(state: str) -> None:
    store = outbox()
    say(store, verdict())
    store.move({store.said[0].message_id}, state)
    (text,) = say(store, verdict(depth_mm=depth(40), volume_m3=200))
    assert text.kind == "irrigate"


def test_advice_of_another_day_is_no_earlier_word_on_this_one() -> None:
    store = outbox()
    say(store, verdict())
    store.deliver()
    store.said = [replace(one, message=one.message.model_copy(update={"day": date(2026, 7, 19)})) for one in store.said]
    (text,) = say(store, verdict(depth_mm=depth(40), volume_m3=200))
    assert text.kind == "irrigate"


def test_one_text_that_cannot_be_made_keeps_nobody_waiting() -> None:
    store = outbox(AMINA)
    store.people = {"p1": (AMINA,), "p2": (BRAHIM,)}
    telling = Telling(day=TUESDAY, now=NOW, voice=DRAFT)
    told = tell(store, [verdict(timezone="Nowhere"), verdict(parcel_id="p2")], {}, telling)
    assert [text.farmer_id for text in told.messages] == ["brahim"]
    assert len(told.problems) == 1
    assert "expected a timezone" in told.problems[0]


def test_at_most_one_advice_for_a_parcel_waits_whatever_happens() -> None:
    store = outbox()
    doses = (21, 40, 21, 60, 22)
    for hours, dose in enumerate(doses):
        say(store, verdict(depth_mm=depth(dose), volume_m3=5 * dose), hours=hours)
        assert len(waiting(store)) <= 1


def test_a_text_without_its_day_cannot_be_quoted() -> None:
    text = render(verdict(), language="en").model_copy(update={"day": None, "text": "Nord: something old"})
    with pytest.raises(InputError, match="expected one that names its day"):
        earlier_of(text)


def test_a_dose_without_hours_of_its_own_is_another_advice() -> None:
    text = render(verdict(), language="en")
    assert is_same(text, verdict())
    assert not is_same(text.model_copy(update={"text": text.text.replace("21 mm", "21 mm, 22 mm")}), verdict())


YESTERDAY = date(2026, 7, 20)


@pytest.mark.parametrize(
    ("today", "before", "told"),
    [
        (verdict(), None, True),
        (verdict("hold", **NO_DOSE, action="hold", reason_code="weather_stale"), None, True),
        (verdict(**NO_DOSE, action="skip_turn", reason_code="soil_has_water"), None, True),
        (verdict(**WAIT), None, False),
        (verdict(**NO_DOSE, action="wait", reason_code="rain_expected"), None, True),
        (verdict(**WAIT), verdict(**WAIT, day=YESTERDAY), False),
        (verdict(**WAIT), verdict(day=YESTERDAY), True),
    ],
)
def test_silence_when_nothing_changes(today: Verdict, before: Verdict | None, told: bool) -> None:  # noqa: FBT001 -- a test parameter
    assert worth_saying(today, before) is told


def test_what_is_held_or_blocked_asks_for_patience() -> None:
    assert [act_of(verdict(decision)) for decision in ("release", "shrink", "hold", "block")] == [
        "irrigate",
        "irrigate",
        "hold",
        "hold",
    ]


def test_a_start_that_is_past_is_not_corrected_and_later_water_is_told_as_it_is() -> None:
    store = outbox()
    say(store, verdict())
    store.deliver()
    assert say(store, verdict(**WAIT), hours=53) == []
    later = EVENING + timedelta(days=2)
    (text,) = say(store, verdict(start_window=(later, later + timedelta(hours=3)), depth_mm=depth(30)), hours=53)
    assert text.kind == "irrigate"
