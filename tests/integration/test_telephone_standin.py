"""The stand-in's telephones against the real service on loopback: menus dialled, calls taken and missed, faults."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from cloud.telephone.clips import needed_clips
from cloud.telephone.flow import Studio
from cloud.web.api.telephony import TelephoneDoor, router
from simulations.carrier.calls import Caller, CallFaults
from simulations.carrier.handset import GIVEN_UP, Handset, LineError, LineFaults
from tests.line import AMINA, BRAHIM, STRANGER, MemoryLine, farmer, line

SECRET = "a-long-enough-secret"
VOICES = Studio(voices={"en": "woman"})
Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def store() -> MemoryLine:
    return MemoryLine()


@pytest.fixture
def serve(store: MemoryLine) -> Serve:
    @contextmanager
    def served(secret: str = SECRET, **rules: Any) -> Iterator[str]:  # noqa: ANN401 -- any rule of calls
        app = FastAPI()
        app.include_router(router(store, TelephoneDoor(line=line(store, **rules), secret=SECRET)))
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/telephone/{secret}"
        finally:
            server.should_exit = True
            thread.join(timeout=5.0)

    return served


@pytest.mark.parametrize("faults", [LineFaults(), LineFaults(posts_twice=True), LineFaults(plain_plus=True)])
def test_a_farmer_dials_reads_and_answers_once_whatever_the_line_does(
    store: MemoryLine, serve: Serve, faults: LineFaults
) -> None:
    with serve() as address:
        handset = Handset(AMINA, address, faults=faults)
        assert handset.dial().startswith("Seguia")
        assert "irrigate on Wednesday 22/07" in handset.press("1")
        assert handset.press("0", "4", "1") == "Oliviers nord: noted: Done. Thank you."
        assert handset.ended
        assert handset.again() == handset.screen
    assert not handset.cut
    assert [(one.text, one.parcel_id) for one in store.heard] == [("1", "p1")]


def test_a_session_that_ended_takes_no_key(serve: Serve) -> None:
    with serve() as address:
        stranger = Handset(STRANGER, address)
        assert stranger.dial() == "The number is not known here. Ask your agronomist."
        with pytest.raises(LineError, match="expected a session that goes on"):
            stranger.press("1")


def test_every_page_of_a_script_that_is_not_latin_fits_the_handset(store: MemoryLine, serve: Serve) -> None:
    store.farmers = [farmer("amina", AMINA, language="ary")]
    with serve() as address:
        handset = Handset(AMINA, address)
        handset.dial()
        pages = [handset.press("1"), handset.press("00"), handset.press("00")]
    assert "105" in " ".join(pages)
    assert not handset.cut


def test_a_guessed_path_is_given_up_by_the_carrier_too(store: MemoryLine, serve: Serve) -> None:
    with serve(secret="another-long-secret") as address:
        assert Handset(AMINA, address).dial() == GIVEN_UP
        assert Caller(AMINA, address).ring().failed
    assert store.heard == []


def test_a_service_that_is_away_ends_the_session() -> None:
    assert Handset(AMINA, "http://127.0.0.1:9/telephone/x").dial() == GIVEN_UP


@pytest.mark.parametrize("faults", [CallFaults(), CallFaults(bill="twice", posts_twice=True), CallFaults(bill="never")])
def test_ringing_is_free_and_asks_for_one_call(store: MemoryLine, serve: Serve, faults: CallFaults) -> None:
    with serve() as address:
        call = Caller(AMINA, address).ring(faults=faults)
    assert (call.rejected, call.duration_s, call.heard) == (True, 0, [])
    assert [(one.carrier, one.text) for one in store.heard] == [("missed_call", "3")]


def test_ringing_off_before_an_answer_is_a_missed_call(store: MemoryLine, serve: Serve) -> None:
    with serve(takes_calls=True, studio=VOICES) as address:
        call = Caller(AMINA, address).ring(faults=CallFaults(given_up=True, bill="twice"))
    assert not call.heard
    assert [(one.carrier, one.text) for one in store.heard] == [("missed_call", "3")]


@pytest.mark.parametrize("faults", [CallFaults(), CallFaults(posts_twice=True, bill="twice", plain_plus=True)])
def test_a_call_tells_each_parcel_and_takes_a_key_for_each(store: MemoryLine, serve: Serve, faults: CallFaults) -> None:
    with serve(takes_calls=True, studio=VOICES) as address:
        call = Caller(BRAHIM, address).ring("5", "2", faults=faults)
    assert [text for text in call.heard if text.startswith("Parcel")] == ["Parcel Sud.", "Parcel Canal."]
    assert call.heard[-1] == "Goodbye."
    assert [(one.carrier, one.text, one.parcel_id) for one in store.heard] == [
        ("voice", "5", "p2"),
        ("voice", "2", "p3"),
    ]


def test_a_call_that_we_make_plays_recordings_to_who_does_not_read(store: MemoryLine, serve: Serve) -> None:
    store.farmers = [farmer("amina", AMINA, language="zgh", spoken="tachelhit")]
    studio = Studio(clips={"tachelhit": frozenset(needed_clips())}, address=lambda tongue, clip: f"{tongue}/{clip}.mp3")
    with serve(studio=studio) as address:
        call = Caller(AMINA, address).be_rung("9", "1")
    names = [url.rpartition("/")[2].removesuffix(".mp3") for url in call.heard]
    advice = ["irrigate", "day-2", "n-22", "clock-19", "for", "hours-3", "minutes-30", "ask"]
    assert names == [*advice, *advice, "thanks", "goodbye"]
    assert [(one.carrier, one.text, one.parcel_id) for one in store.heard] == [("voice", "1", "p1")]


def test_a_question_that_nobody_answers_ends_with_goodbye(store: MemoryLine, serve: Serve) -> None:
    with serve(studio=VOICES) as address:
        call = Caller(AMINA, address).be_rung()
        missed = Caller(AMINA, address).be_rung(faults=CallFaults(given_up=True))
    assert call.heard[-1] == "Goodbye."
    assert missed.heard == []
    assert store.heard == []


def test_keys_without_meaning_end_the_call_after_three(store: MemoryLine, serve: Serve) -> None:
    with serve(studio=VOICES) as address:
        call = Caller(AMINA, address).be_rung("7", "7", "7", "1")
    assert call.pressed == ["7", "7", "7"]
    assert call.heard[-1] == "Goodbye."
    assert store.heard == []
