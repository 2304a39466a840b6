"""What the carrier's answers and callbacks leave behind: no telephone number, no text of a farmer, in the clear."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.personal import PersonalKeys, without_numbers
from cloud.adapters.sms.answers import Answer, read_answer
from cloud.adapters.store.store import Store
from cloud.web.app import SECURITY_HEADERS, WebSettings, create_app

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
SECRET = "a-long-enough-secret"
NUMBER = "+212612345678"
WORDS = "chkoun nta"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "seguia.db"


@pytest.fixture
def client(database: Path) -> Iterator[TestClient]:
    with Store.open(f"sqlite:///{database}", PersonalKeys.generate(), clock=lambda: NOW, create=True) as store:
        app = create_app(store, WebSettings(callback_secret=SECRET), lambda: NOW)
        with TestClient(app, base_url="http://localhost") as found:
            yield found


def at_rest(database: Path) -> bytes:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in database.parent.iterdir())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("inbound", urlencode({"from": NUMBER, "text": WORDS, "to": "1234"})),
        ("inbound", urlencode({"from": NUMBER, "text": WORDS, NUMBER: "x", "id": "a b"})),
        ("inbound", f"from={NUMBER}&text={WORDS}&x=%FF"),
        ("delivery", urlencode({"phoneNumber": NUMBER, "id": "ATXid_1"})),
        ("delivery", urlencode({"phoneNumber": NUMBER, "id": "ATXid_1", "status": f"to {NUMBER}"})),
        ("delivery", urlencode({"id": "ATXid_1", "status": "Failed", "failureReason": f"no route to {NUMBER}"})),
        ("optout", urlencode({"senderId": NUMBER})),
    ],
)
def test_no_callback_leaves_a_number_or_a_farmers_words_in_the_database(
    client: TestClient, database: Path, kind: str, body: str
) -> None:
    assert client.post(f"/callbacks/{SECRET}/{kind}", content=body).status_code in {200, 400}
    written = at_rest(database)
    for private in (NUMBER[1:], WORDS, WORDS.replace(" ", "+")):
        assert private.encode() not in written, private


def test_what_is_no_person_of_a_parked_callback_is_kept_for_an_operator(client: TestClient, database: Path) -> None:
    body = urlencode({"phoneNumber": NUMBER, "id": "ATXid_1", "networkCode": "60401"})
    assert client.post(f"/callbacks/{SECRET}/delivery", content=body).status_code == 400
    with sqlite3.connect(database) as connection:
        ((payload,),) = connection.execute("SELECT payload FROM parked")
    assert payload == b"phoneNumber=%28withheld%29&id=ATXid_1&networkCode=60401"


def test_a_callback_dated_outside_the_calendar_counts_from_its_arrival(client: TestClient) -> None:
    form = {"from": NUMBER, "id": "7", "text": "1", "date": "0001-01-01T00:00:00+14:00"}
    assert client.post(f"/callbacks/{SECRET}/inbound", content=urlencode(form)).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=400, text=f"Invalid phone number: {NUMBER}"),
        Answer(status=200, text=f"accepted {NUMBER}"),
        Answer(status=201, text=f'{{"SMSMessageData":{{"Message":"no such {NUMBER}","Recipients":[]}}}}'),
        Answer(status=201, text=f'{{"SMSMessageData":{{"Recipients":[{{"status":"bad {NUMBER}"}}]}}}}'),
        Answer(
            status=201,
            text=f'{{"SMSMessageData":{{"Recipients":[{{"statusCode":999,"status":"bad {NUMBER}"}}]}}}}',
        ),
    ],
)
def test_the_reason_of_an_outcome_repeats_no_number(answer: Answer) -> None:
    (outcome,) = read_answer(answer, [NUMBER])
    assert outcome.reason
    assert NUMBER[-8:] not in outcome.reason


def test_only_what_is_as_long_as_a_telephone_number_is_withheld() -> None:
    told = without_numbers(f"HTTP 503 for {NUMBER}, 0612-34-56-78 and 06 12 34 56 78; 2026-07-21, 12345")
    assert told == "HTTP 503 for (number), (number) and (number); 2026-07-21, 12345"


def test_a_surprise_is_answered_with_the_same_headers_as_everything_else() -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    app = create_app(Broken(), WebSettings(), lambda: NOW)  # type: ignore[arg-type]  # a store that breaks on purpose
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/parcels")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
