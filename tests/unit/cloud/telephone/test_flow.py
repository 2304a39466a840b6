from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.messages import Spoken
from cloud.records import Language
from cloud.telephone.call_xml import GetDigits, Play, Reject, Say
from cloud.telephone.caller import Answered, Caller, Speaker
from cloud.telephone.clips import needed_clips
from cloud.telephone.flow import CallPlace, CallTurn, Studio, Switch, press, refusal_of, tell, tongue_of
from tests.unit.cloud.telephone.conftest import advice

Made = Callable[..., Caller]
ALL = frozenset(needed_clips())
FIRST = CallPlace()


def keys_url(place: CallPlace) -> str:
    return f"https://s.example/{place.plot}/{place.tries}"


@pytest.fixture
def recorded(speaker: Speaker) -> Switch:
    return Switch(studio=Studio(clips={"tachelhit": ALL, "english": ALL}), speaker=speaker, keys_url=keys_url)


@pytest.fixture
def voiced(speaker: Speaker) -> Switch:
    return Switch(studio=Studio(voices={"en": "woman", "fr": "fr-A"}), speaker=speaker, keys_url=keys_url)


def played(turn: CallTurn) -> list[str]:
    urls = []
    for action in turn.actions:
        inner = action.asks if isinstance(action, GetDigits) else action
        assert isinstance(inner, Play)
        urls.append(inner.url)
    return urls


def said(turn: CallTurn) -> list[str]:
    texts = []
    for action in turn.actions:
        inner = action.asks if isinstance(action, GetDigits) else action
        assert isinstance(inner, Say)
        texts.append(inner.text)
    return texts


def test_who_does_not_read_hears_recordings_in_their_own_tongue(caller: Made, recorded: Switch) -> None:
    turn = tell(caller("ary", spoken="tachelhit"), recorded, FIRST)
    names = ("irrigate", "day-2", "n-22", "clock-19", "for", "hours-3", "minutes-30", "ask", "goodbye")
    assert played(turn) == [f"tachelhit/{name}" for name in names]
    question = turn.actions[-2]
    assert isinstance(question, GetDigits)
    assert question.callback_url == "https://s.example/0/0"
    assert turn.note is None


def test_the_carriers_voice_reads_the_very_text_of_the_message(caller: Made, voiced: Switch) -> None:
    told = caller("fr")
    turn = tell(told, voiced, FIRST)
    assert told.plots[0].verdict is not None
    assert said(turn)[0] == advice(told.plots[0].verdict, "fr")
    assert "Tapez 1 si c'est fait" in said(turn)[1]
    assert all(isinstance(action, GetDigits) or action.voice == "fr-A" for action in turn.actions)  # type: ignore[union-attr]  # no clip here


def test_one_missing_recording_falls_to_the_voice_for_the_whole_turn(caller: Made, speaker: Speaker) -> None:
    studio = Studio(clips={"english": ALL - {"day-2"}}, voices={"en": "woman"})
    turn = tell(caller("en"), Switch(studio=studio, speaker=speaker, keys_url=keys_url), FIRST)
    assert said(turn)[0].startswith("Oliviers nord: irrigate")


def test_neither_recording_nor_voice_refuses_and_tells_what_is_missing(caller: Made, speaker: Speaker) -> None:
    told, studio = caller("zgh", spoken="tarifit"), Studio(clips={"tarifit": ALL - {"day-2"}})
    turn = tell(told, Switch(studio=studio, speaker=speaker, keys_url=keys_url), FIRST)
    assert turn.actions == (Reject(),)
    assert turn.note == (
        "call: expected recordings day-2 of tarifit, got none, and no voice of the carrier for zgh; nothing was said:"
        " record them, or name a language in voice.instead"
    )
    assert refusal_of(told, studio, speaker) == turn.note
    assert refusal_of(told, replace(studio, clips={"tarifit": ALL}), speaker) is None


def test_the_operator_may_name_a_language_for_those_who_have_none(caller: Made, speaker: Speaker) -> None:
    studio = Studio(voices={"fr": "fr-A"}, instead="fr")
    turn = tell(caller("zgh"), Switch(studio=studio, speaker=speaker, keys_url=keys_url), FIRST)
    assert said(turn)[-1] == "Au revoir."


@pytest.mark.parametrize(
    ("language", "spoken", "tongue"),
    [
        ("ary", None, "darija"),
        ("ary-Latn", "tarifit", "tarifit"),
        ("fr", None, "french"),
        ("zgh", None, None),
        ("zgh-Latn", "tamazight", "tamazight"),
    ],
)
def test_which_tamazight_somebody_speaks_is_never_guessed(
    caller: Made, language: Language, spoken: Spoken | None, tongue: Spoken | None
) -> None:
    assert tongue_of(caller(language, spoken=spoken)) == tongue


def test_of_several_parcels_each_is_named_and_the_next_offered(caller: Made, recorded: Switch) -> None:
    told = caller("en", parcels=2)
    first, second = tell(told, recorded, FIRST), tell(told, recorded, CallPlace(plot=1))
    assert played(first)[:2] == ["english/parcel", "english/n-1"]
    assert "english/ask-next" in played(first)
    assert played(second) == [f"english/{name}" for name in ("parcel", "n-2", "no-advice", "ask", "goodbye")]
    studio = Studio(clips={"english": ALL | {"parcel-p2"}})
    own = tell(told, replace(recorded, studio=studio), CallPlace(plot=1))
    assert played(own)[0] == "english/parcel-p2"


def test_a_key_is_an_answer_about_the_parcel_just_told(caller: Made, recorded: Switch) -> None:
    turn = press(caller("en"), recorded, FIRST, "1#")
    assert turn.effect == Answered(digit="1", parcel_id="p1")
    assert played(turn) == ["english/thanks", "english/goodbye"]


def test_after_an_answer_the_next_parcel_follows(caller: Made, voiced: Switch) -> None:
    turn = press(caller("en", parcels=2), voiced, FIRST, "2")
    assert turn.effect == Answered(digit="2", parcel_id="p1")
    assert said(turn)[:3] == ["Noted. Thank you.", "Parcel Champ 2.", "Champ 2: no advice is waiting."]


def test_three_asks_for_a_call_and_zero_stops(caller: Made, recorded: Switch) -> None:
    called, stopped = (press(caller("en"), recorded, FIRST, key) for key in ("3", "0"))
    assert (called.effect, played(called)[0]) == (Answered(digit="3", parcel_id="p1"), "english/called")
    assert (stopped.effect, played(stopped)) == (Answered(digit="0"), ["english/stopped"])


@pytest.mark.parametrize(("key", "plot"), [("9", 0), ("8", 1)])
def test_nine_says_it_again_and_eight_goes_on(caller: Made, voiced: Switch, key: str, plot: int) -> None:
    told = caller("en", parcels=2)
    turn = press(told, voiced, FIRST, key)
    assert turn == tell(told, voiced, CallPlace(plot=plot))
    assert turn.effect is None


@pytest.mark.parametrize("key", ["7", "", "#", "8", "x"])
def test_a_key_without_meaning_is_asked_again_three_times_at_most(caller: Made, voiced: Switch, key: str) -> None:
    told = caller("en")
    turn = press(told, voiced, FIRST, key)
    assert said(turn)[0] == "Not a choice."
    question = turn.actions[-2]
    assert isinstance(question, GetDigits)
    assert question.callback_url == "https://s.example/0/1"
    assert said(press(told, voiced, CallPlace(tries=2), key)) == ["Goodbye."]


def test_someone_without_parcels_or_at_no_place_hears_that_there_is_none(caller: Made, voiced: Switch) -> None:
    nothing = replace(caller("en"), plots=())
    assert said(tell(nothing, voiced, FIRST)) == ["No parcel is known for you. Ask your agronomist."]
    assert press(nothing, voiced, FIRST, "1").effect == Answered(digit="1", parcel_id=None)
    assert said(tell(caller("en"), voiced, CallPlace(plot=7)))[0].startswith("No parcel")
