"""The telephone answered: who somebody is, what is kept, and that nothing counts twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from cloud.answering import Dial, Entered, Line, Ring
from cloud.telephone.call_xml import GetDigits, Play, Reject, Say
from cloud.telephone.clips import needed_clips
from cloud.telephone.flow import CallPlace, CallTurn, Studio
from tests.line import AMINA, BRAHIM, NOW, STRANGER, MemoryLine, farmer, line
from tests.spoken import verdict

VOICES = Studio(voices={"en": "woman"})


@pytest.fixture
def store() -> MemoryLine:
    return MemoryLine()


def dialled(answering: Line, text: str, number: str = AMINA, session: str = "s1") -> str:
    return answering.dial(Dial(session_id=session, phone_number=number, text=text)).answer


def rung(answering: Line, place: CallPlace | None = None, **changed: Any) -> CallTurn:  # noqa: ANN401 -- any field
    content: dict[str, Any] = {
        "session_id": "c1",
        "direction": "inbound",
        "active": True,
        "caller_number": AMINA,
        "destination_number": "+212500000000",
    }
    return answering.ring(Ring(**(content | changed)), place or CallPlace(), lambda at: f"/{at.plot}/{at.tries}")


def test_a_farmer_pulls_the_advice_of_their_own_parcel(store: MemoryLine) -> None:
    assert dialled(line(store), "1").startswith("CON Oliviers nord: irrigate on Wednesday 22/07")
    assert store.heard == []


def test_an_answer_on_the_menu_is_kept_with_its_parcel(store: MemoryLine) -> None:
    assert dialled(line(store), "4*2*1", BRAHIM) == "END Canal: noted: Done. Thank you."
    (said,) = store.heard
    assert (said.carrier, said.text, said.phone_number, said.received_at) == ("ussd", "1", BRAHIM, NOW)
    assert said.parcel_id == "p3"
    assert said.entered_by is None


def test_a_repeated_request_is_one_answer_and_another_session_another(store: MemoryLine) -> None:
    answering = line(store)
    assert dialled(answering, "4*1") == dialled(answering, "4*1")
    assert len(store.heard) == 1
    dialled(answering, "4*2")
    dialled(answering, "4*1", session="s2")
    assert sorted(one.text for one in store.heard) == ["1", "1", "2"]


def test_a_stranger_is_told_nothing_and_nothing_is_kept(store: MemoryLine) -> None:
    for text in ("", "1", "4*1", "6*1"):
        told = dialled(line(store), text, STRANGER)
        assert told == "END The number is not known here. Ask your agronomist."
    assert store.heard == []


def test_an_advice_that_is_over_is_no_advice(store: MemoryLine) -> None:
    store.verdicts["p1"] = verdict().model_copy(update={"valid_until": NOW})
    assert dialled(line(store), "1") == "CON Oliviers nord: no advice is waiting.\n0 Back"


def test_a_parcel_that_is_gone_is_left_out(store: MemoryLine) -> None:
    del store.parcels["p2"]
    assert dialled(line(store), "1", BRAHIM).startswith("CON Canal: no advice")


def test_a_shared_number_hears_of_the_parcels_of_all_its_owners(store: MemoryLine) -> None:
    store.farmers = [farmer("amina", AMINA), farmer("brahim", AMINA, language="fr")]
    assert dialled(line(store), "1") == "CON Which parcel?\n1 Oliviers nord\n2 Sud\n3 Canal\n0 Back"
    dialled(line(store), "5*1")
    assert store.chosen == [("amina", "fr"), ("brahim", "fr")]


def test_stop_on_the_menu_is_the_farmers_stop(store: MemoryLine) -> None:
    dialled(line(store), "6*1")
    assert [(one.text, one.parcel_id) for one in store.heard] == [("0", None)]


def test_a_missed_call_asks_for_a_call_and_costs_nothing(store: MemoryLine) -> None:
    answering = line(store)
    assert rung(answering).actions == (Reject(),)
    assert rung(answering, active=False, duration_s=0).actions == ()
    (said,) = store.heard
    assert (said.carrier, said.text, said.phone_number) == ("missed_call", "3", AMINA)


def test_a_call_given_up_before_it_was_taken_is_a_missed_call_too(store: MemoryLine) -> None:
    answering = line(store, takes_calls=True, studio=VOICES)
    rung(answering, active=False, duration_s=0)
    rung(answering, active=False, duration_s=None, session_id="c2")
    rung(answering, active=False, duration_s=31, session_id="c3")
    assert [one.text for one in store.heard] == ["3", "3"]


def test_a_strangers_missed_call_is_kept_for_a_person_to_see(store: MemoryLine) -> None:
    rung(line(store), caller_number=STRANGER)
    assert [one.phone_number for one in store.heard] == [STRANGER]


def test_a_call_is_told_the_advice_and_its_key_is_kept_once(store: MemoryLine) -> None:
    answering = line(store, takes_calls=True, studio=VOICES)
    told = rung(answering)
    first, question, _ = told.actions
    assert isinstance(first, Say)
    assert first.text.startswith("Oliviers nord: irrigate")
    assert isinstance(question, GetDigits)
    assert question.callback_url == "/0/0"
    for _ in range(2):
        rung(answering, digits="1")
    (said,) = store.heard
    assert (said.carrier, said.text, said.parcel_id) == ("voice", "1", "p1")


@pytest.mark.parametrize(
    ("caller", "called"), [(AMINA, "+212500000000"), ("+212500000000", AMINA), (AMINA, ""), (STRANGER, AMINA)]
)
def test_a_call_we_make_finds_its_farmer_at_either_end(store: MemoryLine, caller: str, called: str) -> None:
    answering = line(store, studio=VOICES, own_number="+212500000000")
    turn = rung(answering, direction="outbound", caller_number=caller, destination_number=called, digits="2")
    assert turn.effect is not None
    assert [(one.carrier, one.text, one.phone_number) for one in store.heard] == [("voice", "2", AMINA)]


def test_a_call_we_make_that_nobody_takes_changes_nothing(store: MemoryLine) -> None:
    answering = line(store, studio=VOICES)
    assert rung(answering, direction="outbound", active=False, duration_s=0).actions == ()
    assert rung(answering, direction="outbound", active=False, duration_s=31, session_id="c2").actions == ()
    assert store.ended == [("c1", False), ("c2", True)]
    assert store.heard == []


def test_who_cannot_be_told_is_known_before_a_call(store: MemoryLine) -> None:
    assert line(store, studio=VOICES).cannot_tell(store.farmers[0]) is None
    told = line(store).cannot_tell(store.farmers[0])
    assert told is not None
    assert told.startswith("call: expected recordings ask, clock-19")


@pytest.mark.parametrize(("direction", "actions"), [("inbound", (Reject(),)), ("outbound", ())])
def test_a_call_of_a_stranger_is_told_nothing(
    store: MemoryLine, direction: Literal["inbound", "outbound"], actions: tuple[Reject, ...]
) -> None:
    answering = line(store, takes_calls=True, studio=VOICES)
    turn = rung(answering, direction=direction, caller_number=STRANGER, destination_number=STRANGER)
    assert turn.actions == actions
    assert turn.note is not None
    assert STRANGER not in turn.note


def test_who_cannot_be_told_in_their_tongue_is_called_by_a_person(store: MemoryLine) -> None:
    store.farmers = [farmer("amina", AMINA, language="zgh", spoken="tachelhit")]
    answering = line(store, takes_calls=True)
    turn = rung(answering)
    assert turn.actions == (Reject(),)
    assert turn.note is not None
    assert "of tachelhit" in turn.note
    assert [(one.carrier, one.text) for one in store.heard] == [("missed_call", "3")]
    ours = rung(answering, direction="outbound")
    assert (ours.actions, ours.note) == ((), turn.note)


def test_recordings_are_played_where_they_lie(store: MemoryLine) -> None:
    clips = frozenset(needed_clips())
    studio = Studio(clips={"english": clips}, address=lambda tongue, clip: f"https://s.example/{tongue}/{clip}.mp3")
    first, *_ = rung(line(store, takes_calls=True, studio=studio)).actions
    assert first == Play(url="https://s.example/english/irrigate.mp3")


def test_what_a_person_types_in_a_farmers_place_says_so(store: MemoryLine) -> None:
    answering = line(store, takes_calls=True, studio=VOICES)
    typed = Entered(path="agronomist", by="Salma")
    answering.dial(Dial(session_id="s", phone_number=AMINA, text="4*1"), typed)
    ring = Ring(
        session_id="c", direction="inbound", active=True, caller_number=AMINA, destination_number="", digits="2"
    )
    answering.ring(ring, CallPlace(), str, typed)
    replace_missed = replace(ring, session_id="d", active=False, digits=None, duration_s=0)
    answering.ring(replace_missed, CallPlace(), str, typed)
    assert [(one.carrier, one.entered_by, one.text) for one in store.heard] == [
        ("agronomist", "Salma", "1"),
        ("agronomist", "Salma", "2"),
        ("agronomist", "Salma", "3"),
    ]


def test_the_id_of_an_answer_holds_no_number(store: MemoryLine) -> None:
    dialled(line(store), "4*1", session=f"session-{AMINA}")
    assert AMINA[4:] not in store.heard[0].carrier_id


def test_the_day_of_the_district_decides_which_ties_hold(store: MemoryLine) -> None:
    late = Line(store=store, speaker=line(store).speaker, clock=lambda: NOW - timedelta(hours=1))
    assert dialled(late, "").startswith("CON Seguia")
