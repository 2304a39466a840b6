"""Menus and calls over HTTP: the carrier's documented forms, and everything that only looks like one."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from cloud.errors import ConfigurationError, IntegrityError, ServiceUnavailableError
from cloud.telephone.flow import Studio
from cloud.web.api.callbacks import LARGEST_BODY
from cloud.web.api.telephony import LONGEST_SESSION, TelephoneDoor, router
from tests.line import AMINA, STRANGER, MemoryLine, line

SECRET = "a-long-enough-secret"
TROUBLE = "END That did not work. Please dial again."
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response />'
USSD = {"sessionId": "ATUid_1", "serviceCode": "*384*1#", "phoneNumber": AMINA, "networkCode": "60401"}
CALL = {
    "isActive": "1",
    "sessionId": "ATVId_1",
    "direction": "Inbound",
    "callerNumber": AMINA,
    "destinationNumber": "+212500000000",
}


@pytest.fixture
def store() -> MemoryLine:
    return MemoryLine()


@pytest.fixture
def client(store: MemoryLine) -> Iterator[TestClient]:
    answering = line(store, takes_calls=True, studio=Studio(voices={"en": "woman"}))
    app = FastAPI()
    app.include_router(router(store, TelephoneDoor(line=answering, secret=SECRET, public_url="https://s.example/")))
    with TestClient(app) as found:
        yield found


Post = Callable[..., Response]


@pytest.fixture
def post(client: TestClient) -> Post:
    def posted(path: str, form: dict[str, str]) -> Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return client.post(f"/telephone/{SECRET}/{path}", content=urlencode(form), headers=headers)

    return posted


def test_a_session_is_answered_key_by_key(post: Post, store: MemoryLine) -> None:
    first = post("ussd", USSD | {"text": ""})
    assert (first.status_code, first.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert first.text.startswith("CON Seguia\n1 Advice")
    assert post("ussd", USSD | {"text": "4*1"}).text == "END Oliviers nord: noted: Done. Thank you."
    assert [(one.carrier, one.text, one.parcel_id) for one in store.heard] == [("ussd", "1", "p1")]


def test_a_request_posted_twice_changes_nothing_again(post: Post, store: MemoryLine) -> None:
    assert post("ussd", USSD | {"text": "4*1"}).text == post("ussd", USSD | {"text": "4*1"}).text
    assert len(store.heard) == 1


def test_a_plus_sign_that_was_not_encoded_is_put_back(client: TestClient) -> None:
    body = f"sessionId=1&text=&phoneNumber={AMINA}".encode()
    assert client.post(f"/telephone/{SECRET}/ussd", content=body).text.startswith("CON Seguia")


def test_a_stranger_gets_nothing_personal(post: Post, store: MemoryLine) -> None:
    answer = post("ussd", USSD | {"phoneNumber": STRANGER, "text": "1"})
    assert answer.text == "END The number is not known here. Ask your agronomist."
    assert store.parked == []


def test_a_call_is_told_the_advice_and_where_its_key_goes(post: Post) -> None:
    answer = post("voice", CALL)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    root = ET.fromstring(answer.text)
    assert [child.tag for child in root] == ["Say", "GetDigits", "Say"]
    assert root[1].attrib["callbackUrl"] == f"https://s.example/telephone/{SECRET}/voice/0/0"


def test_a_key_goes_back_to_its_place(post: Post, store: MemoryLine) -> None:
    answer = post("voice/0/0", CALL | {"dtmfDigits": "2"})
    assert [child.text for child in ET.fromstring(answer.text)] == ["Noted. Thank you.", "Goodbye."]
    assert [(one.carrier, one.text) for one in store.heard] == [("voice", "2")]


def test_the_last_word_of_a_call_is_taken_with_its_bill(post: Post, store: MemoryLine) -> None:
    ended = CALL | {"isActive": "0", "durationInSeconds": "31", "currencyCode": "KES", "amount": "1.5"}
    assert post("voice", ended).text == NOTHING
    assert store.heard == []
    assert post("voice", ended | {"durationInSeconds": "0"}).text == NOTHING
    assert [(one.carrier, one.text) for one in store.heard] == [("missed_call", "3")]


@pytest.mark.parametrize("duration", ["", "-3", "1e9", "9" * 30, "٣"])
def test_a_duration_that_is_no_number_does_not_break_a_call(post: Post, duration: str) -> None:
    assert post("voice", CALL | {"isActive": "0", "durationInSeconds": duration}).text == NOTHING


def test_without_a_public_address_keys_go_where_the_request_came(store: MemoryLine) -> None:
    answering = line(store, takes_calls=True, studio=Studio(voices={"en": "woman"}))
    app = FastAPI()
    app.include_router(router(store, TelephoneDoor(line=answering, secret=SECRET)))
    with TestClient(app) as client:
        root = ET.fromstring(client.post(f"/telephone/{SECRET}/voice", content=urlencode(CALL)).text)
    assert root[1].attrib["callbackUrl"] == f"http://testserver/telephone/{SECRET}/voice/0/0"


@pytest.mark.parametrize(
    ("path", "form", "reason"),
    [
        ("ussd", {"phoneNumber": AMINA, "text": ""}, "expected a field sessionId"),
        ("ussd", {"sessionId": "a b", "phoneNumber": AMINA}, "expected a field sessionId"),
        ("ussd", {"sessionId": "x" * 129, "phoneNumber": AMINA}, "expected a field sessionId"),
        ("ussd", {"sessionId": "1", "text": "1"}, "expected a field phoneNumber"),
        ("ussd", USSD | {"text": "1*" * LONGEST_SESSION}, "expected at most 400 letters"),
        ("voice", {"sessionId": "1", "isActive": "1"}, "expected a field callerNumber"),
        ("voice", {"callerNumber": AMINA, "isActive": "1"}, "expected a field sessionId"),
    ],
)
def test_what_lacks_its_fields_is_parked_and_ends_the_session(
    post: Post, store: MemoryLine, path: str, form: dict[str, str], reason: str
) -> None:
    answer = post(path, form)
    assert (answer.status_code, answer.text) == (200, TROUBLE if path == "ussd" else NOTHING)
    ((organisation, gateway, kind, payload, why),) = store.parked
    assert (organisation, gateway, kind) == ("africastalking", "callback", path)
    assert reason in why
    assert AMINA[4:].encode() not in payload
    assert store.heard == []


@pytest.mark.parametrize("body", [b"\xff\xfe", b"sessionId=%FF", b"&".join([b"a=1"] * 60), b""])
@pytest.mark.parametrize("path", ["ussd", "voice", "voice/0/0"])
def test_what_is_no_form_is_parked(client: TestClient, store: MemoryLine, path: str, body: bytes) -> None:
    answer = client.post(f"/telephone/{SECRET}/{path}", content=body)
    assert answer.status_code == 200
    assert store.parked[0][3] == f"{len(body)} bytes, withheld".encode()


@pytest.mark.parametrize(("path", "text"), [("ussd", TROUBLE), ("voice", NOTHING)])
def test_a_body_that_is_too_large_is_not_kept(client: TestClient, store: MemoryLine, path: str, text: str) -> None:
    answer = client.post(f"/telephone/{SECRET}/{path}", content=b"a" * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.text) == (200, text)
    assert [(payload, reason) for *_, payload, reason in store.parked] == [(b"", "a callback has at most 32768 bytes")]


@pytest.mark.parametrize("secret", ["a-long-enough-secreT", "%00", "é", SECRET[:-1], SECRET + "x", "%FF%FE"])
@pytest.mark.parametrize("path", ["ussd", "voice", "voice/0/0", "voice/x/y", "voice/999/0"])
def test_a_guessed_secret_looks_like_any_unknown_path(
    client: TestClient, store: MemoryLine, secret: str, path: str
) -> None:
    wrong = client.post(f"/telephone/{secret}/{path}", content=urlencode(USSD | CALL))
    unknown = client.post("/nothing/of/the/kind")
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert store.heard == []
    assert store.parked == []


@pytest.mark.parametrize("place", ["x/0", "0/x", "100/0", "-1/0", "٣/0", "0/0/0"])
def test_a_place_that_this_service_never_wrote_is_unknown(post: Post, place: str) -> None:
    assert post(f"voice/{place}", CALL | {"dtmfDigits": "1"}).status_code == 404


def test_a_place_beyond_the_callers_parcels_tells_nothing(post: Post, store: MemoryLine) -> None:
    assert "No parcel is known" in post("voice/42/0", CALL).text
    post("voice/42/0", CALL | {"dtmfDigits": "1"})
    assert [one.parcel_id for one in store.heard] == [None]


@pytest.mark.parametrize("error", [ServiceUnavailableError("database x: locked"), IntegrityError("parcel p1: unheard")])
def test_a_store_that_fails_ends_the_session_with_a_word(
    post: Post, store: MemoryLine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: Any) -> None:  # noqa: ANN401 -- whatever is asked
        raise error

    monkeypatch.setattr(store, "present_farmers", broken)
    assert post("ussd", USSD).text == TROUBLE
    assert post("voice", CALL).text == NOTHING


def test_the_log_of_a_call_that_could_not_be_told_names_nobody(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post("voice", CALL | {"callerNumber": STRANGER})
    assert "belongs to nobody enrolled" in caplog.text
    assert STRANGER not in caplog.text


def test_the_secret_stands_in_no_published_description(client: TestClient) -> None:
    assert "telephone" not in client.get("/openapi.json").text


def test_a_short_secret_is_refused_at_the_start(store: MemoryLine) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^sms\.callback_secret_file: expected at least 16 characters, got 5;"
    ):
        router(store, TelephoneDoor(line=line(store), secret="short"))
