"""Delivery reports of an aggregator: any names and words that an operator describes, each harmless when it is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.dispatch.carrier import Settlement
from cloud.messages import Delivery, Farmer, Message
from cloud.sending_config import AggregatorReports
from cloud.web.api.aggregator_reports import router
from cloud.web.app import WebSettings, create_app

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
SECRET = "a-long-enough-secret"
NUMBER = "+212612345678"
PATHS = AggregatorReports(
    id_path="results.0.id", reference_path="results.0.ref", number_path="results.0.to", status_path="results.0.status"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(
        f"sqlite:///{tmp_path / 's.db'}", PersonalKeys.generate(), create=True, clock=lambda: NOW
    ) as opened:
        opened.save_farmers([Farmer(id="f1", name="Zineb", phone_number=NUMBER)])
        yield opened


def client_of(store: Store, reports: AggregatorReports) -> TestClient:
    app = FastAPI()
    app.include_router(router(store, reports, secret=SECRET, clock=lambda: NOW + timedelta(minutes=1)))
    return TestClient(app)


@pytest.fixture
def client(store: Store) -> TestClient:
    return client_of(store, PATHS)


def handed_over(store: Store, state: str = "wired", carrier_id: str | None = "a-1") -> str:
    message = Message(
        parcel_id="p1",
        kind="irrigate",
        language="fr",
        text="x",
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(hours=9),
        reviewed=True,
        farmer_id="f1",
    )
    name = store.queue_message(message, verdict_digest="d", now=NOW)
    store.claim_due(NOW, 1, carrier="aggregator")
    word = {"message_id": name, "state": state, "carrier": "aggregator", "carrier_id": carrier_id, "at": NOW}
    store.settle([Settlement(delivery=Delivery.model_validate(word))])
    return name


def post(client: TestClient, **fields: Any) -> int:  # noqa: ANN401 -- whatever an aggregator posts
    return client.post(f"/callbacks/{SECRET}/aggregator", json={"results": [fields]}).status_code


def state(store: Store) -> str:
    (entry,) = store.message_log()
    return entry.state


@pytest.mark.parametrize(
    ("word", "becomes"),
    [
        ("DELIVRD", "delivered"),
        ("delivered", "delivered"),
        ("UNDELIV", "failed"),
        ("Expired", "failed"),
        ("ENROUTE", "sent"),
        ("a new word", "wired"),
    ],
)
def test_a_report_moves_its_message_by_the_words_described(
    client: TestClient, store: Store, word: str, becomes: str
) -> None:
    handed_over(store)
    assert post(client, id="a-1", status=word) == 200
    assert post(client, id="a-1", status=word) == 200
    assert state(store) == becomes
    assert verify(store).intact


def test_our_own_id_tells_for_sure_what_became_of_a_lost_answer(client: TestClient, store: Store) -> None:
    name = handed_over(store, "unknown", None)
    assert post(client, id=77, ref=name, status="delivered") == 200
    assert state(store) == "delivered"


def test_the_telephone_tells_of_it_too(client: TestClient, store: Store) -> None:
    handed_over(store, "unknown", None)
    assert post(client, id="a-9", to="0612345678", status="delivered") == 200
    assert state(store) == "delivered"


def test_a_final_state_never_goes_back_and_a_strange_id_is_harmless(client: TestClient, store: Store) -> None:
    handed_over(store)
    post(client, id="a-1", status="delivered")
    for word in ("enroute", "failed", "what"):
        assert post(client, id="a-1", status=word) == 200
    assert post(client, id="stranger", status="failed") == 200
    assert state(store) == "delivered"


def test_a_form_is_read_too(store: Store) -> None:
    handed_over(store)
    flat = client_of(store, AggregatorReports(id_path="MsgId", status_path="State"))
    form = {"MsgId": "a-1", "State": "Success"}
    assert flat.post(f"/callbacks/{SECRET}/aggregator", data=form).status_code == 200
    assert state(store) == "delivered"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"results": [{"id": "a-1", "status', "expected JSON or a form"),
        (b"[" * 20_000, "expected JSON or a form"),
        (b'{"results": []}', "expected the id of a message"),
        (b'{"results": [{"id": "a-1"}]}', "expected a word at results.0.status"),
        (b'{"results": [{"id": "a\\u0000b", "status": "delivered"}]}', "expected an id of up to 128 plain characters"),
        (b"", "expected the id of a message"),
        (b"\xff\xfe", "expected a form in UTF-8"),
    ],
)
def test_what_is_no_report_is_parked_without_its_letters(
    client: TestClient, store: Store, body: bytes, told: str
) -> None:
    handed_over(store)
    answer = client.post(f"/callbacks/{SECRET}/aggregator", content=body)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]
    assert state(store) == "wired"
    assert verify(store).intact


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "x"])
def test_a_guessed_secret_looks_like_any_unknown_path(client: TestClient, store: Store, secret: str) -> None:
    handed_over(store)
    body = {"results": [{"id": "a-1", "status": "delivered"}]}
    assert client.post(f"/callbacks/{secret}/aggregator", json=body).status_code == 404
    assert state(store) == "wired"


def test_a_body_too_large_is_refused(client: TestClient) -> None:
    assert client.post(f"/callbacks/{SECRET}/aggregator", content=b"x" * 40_000).status_code == 413


def test_the_web_service_has_the_path_where_reports_are_described(store: Store) -> None:
    handed_over(store)
    for reports, status in ((None, 404), (PATHS, 200)):
        settings = WebSettings(callback_secret=SECRET, aggregator=reports)
        web = TestClient(create_app(store, settings, lambda: NOW), base_url="http://localhost")
        assert post(web, id="a-1", status="delivered") == status
    assert state(store) == "delivered"
