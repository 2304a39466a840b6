"""Callbacks of the SMS carrier over HTTP: forms as the carrier posts them, and everything that only looks like one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.errors import ConfigurationError
from cloud.messages import Delivery, Inbound
from cloud.web.api.callbacks import LARGEST_BODY, router

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
SECRET = "a-long-enough-secret"
ROOT = f"/callbacks/{SECRET}"


@dataclass
class MemoryStore:
    deliveries: list[Delivery] = field(default_factory=list)
    numbers: list[str | None] = field(default_factory=list)
    inbound: dict[tuple[str, str], Inbound] = field(default_factory=dict)
    parked: list[tuple[str, str, str, bytes, str]] = field(default_factory=list)

    def record_delivery(self, delivery: Delivery, *, phone_number: str | None = None) -> None:
        self.deliveries.append(delivery)
        self.numbers.append(phone_number)

    def add_inbound(self, inbound: Inbound) -> bool:
        key = (inbound.carrier, inbound.carrier_id)
        known = key in self.inbound
        self.inbound.setdefault(key, inbound)
        return not known

    def park(
        self, organisation: str, gateway: str, kind: str, payload: bytes, reason: str, received_at: datetime
    ) -> None:
        assert received_at == NOW
        self.parked.append((organisation, gateway, kind, payload, reason))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(store: MemoryStore) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(store, secret=SECRET, clock=lambda: NOW))
    with TestClient(app) as found:
        yield found


Post = Callable[..., int]


@pytest.fixture
def post(client: TestClient) -> Post:
    def posted(kind: str, **form: str) -> int:
        return client.post(
            f"{ROOT}/{kind}",
            content=urlencode({name.rstrip("_"): value for name, value in form.items()}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).status_code

    return posted


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Sent", "sent"),
        ("Submitted", "sent"),
        ("Buffered", "sent"),
        ("Success", "delivered"),
        ("success", "delivered"),
        ("Rejected", "failed"),
        ("Failed", "failed"),
        ("Expired", "failed"),
    ],
)
def test_a_delivery_report_is_recorded_by_the_carriers_id(
    post: Post, store: MemoryStore, status: str, state: str
) -> None:
    assert post("delivery", id="ATXid_1", status=status, phoneNumber="+212612345678", networkCode="60401") == 200
    (delivery,) = store.deliveries
    assert (delivery.state, delivery.carrier, delivery.carrier_id) == (state, "africastalking", "ATXid_1")
    assert (delivery.message_id, delivery.reason, delivery.at) == ("", None, NOW)
    assert "+2126" not in delivery.model_dump_json()
    assert store.numbers == ["+212612345678"]


def test_a_report_without_a_number_is_a_report(post: Post, store: MemoryStore) -> None:
    assert post("delivery", id="ATXid_1", status="Success") == 200
    assert store.numbers == [None]


def test_a_failure_keeps_its_reason(post: Post, store: MemoryStore) -> None:
    assert post("delivery", id="ATXid_1", status="Failed", failureReason="UserInBlackList") == 200
    assert store.deliveries[0].reason == "UserInBlackList"


def test_a_status_nobody_documented_is_kept_and_claims_nothing(post: Post, store: MemoryStore) -> None:
    assert post("delivery", id="ATXid_1", status="Teleported") == 200
    assert (store.deliveries[0].state, store.deliveries[0].reason) == ("wired", "status 'Teleported' is not documented")


def test_duplicates_are_answered_like_the_first(post: Post, store: MemoryStore) -> None:
    for _ in range(2):
        assert post("delivery", id="ATXid_1", status="Success") == 200
        assert post("inbound", id="7", from_="+212612345678", text="1") == 200
    assert len(store.inbound) == 1


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026-05-03T06:04:45Z", datetime(2026, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("2026-05-03 06:04:45", datetime(2026, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("2026-05-03T06:04:45+01:00", datetime(2026, 5, 3, 6, 4, 45, tzinfo=timezone(timedelta(hours=1)))),
        ("yesterday", NOW),
        ("", NOW),
    ],
)
def test_both_forms_of_a_date_are_read(post: Post, store: MemoryStore, date: str, moment: datetime) -> None:
    assert post("inbound", id="7", from_="+212612345678", to="SEGUIA", text="٢", date=date) == 200
    (inbound,) = store.inbound.values()
    assert (inbound.phone_number, inbound.text, inbound.received_at) == ("+212612345678", "٢", moment)


@pytest.mark.parametrize("text", ["", "👍 نعم iyeh", "ق" * 2000, "1&2=3"])
def test_any_text_of_a_farmer_is_kept_as_it_is(post: Post, store: MemoryStore, text: str) -> None:
    assert post("inbound", id="7", from_="+212612345678", text=text) == 200
    assert store.inbound["africastalking", "7"].text == text


def test_a_plus_sign_that_was_not_encoded_is_put_back(client: TestClient, store: MemoryStore) -> None:
    assert client.post(f"{ROOT}/inbound", content=b"id=7&from=+254712345678&text=1").status_code == 200
    assert store.inbound["africastalking", "7"].phone_number == "+254712345678"


def test_an_opt_out_at_the_carrier_is_the_farmers_stop_once_an_hour(post: Post, store: MemoryStore) -> None:
    assert post("optout", phoneNumber="+212612345678", senderId="SEGUIA") == 200
    assert post("optout", phoneNumber="+212612345678", senderId="SEGUIA") == 200
    (stop,) = store.inbound.values()
    assert (stop.phone_number, stop.text) == ("+212612345678", "STOP")
    assert "612345678" not in stop.carrier_id


def test_an_opt_out_after_a_start_of_the_same_day_is_a_stop_of_its_own(store: MemoryStore) -> None:
    moments = [NOW, NOW, NOW + timedelta(hours=2)]
    app = FastAPI()
    app.include_router(router(store, secret=SECRET, clock=lambda: moments[0]))
    with TestClient(app) as client:
        while moments:
            client.post(f"{ROOT}/optout", data={"phoneNumber": "+212612345678"})
            del moments[0]
    assert [stop.received_at for stop in store.inbound.values()] == [NOW, NOW + timedelta(hours=2)]


@pytest.mark.parametrize(
    ("kind", "form", "reason"),
    [
        ("delivery", {"status": "Success"}, "expected a field id"),
        ("delivery", {"id": "ATXid_1"}, "expected a field status"),
        ("delivery", {"id": "a b", "status": "Success"}, "expected a field id"),
        ("delivery", {"id": "x" * 129, "status": "Success"}, "expected a field id"),
        ("inbound", {"from_": "+212612345678", "text": "1"}, "expected a field id"),
        ("inbound", {"id": "7", "text": "1"}, "expected a field from"),
        ("optout", {"senderId": "SEGUIA"}, "expected a field phoneNumber"),
    ],
)
def test_what_lacks_its_fields_is_parked(
    post: Post, store: MemoryStore, kind: str, form: dict[str, str], reason: str
) -> None:
    assert post(kind, **form) == 400
    ((organisation, gateway, kept, payload, why),) = store.parked
    assert (organisation, gateway, kept) == ("africastalking", "callback", kind)
    assert payload
    assert reason in why
    assert store.deliveries == []
    assert store.inbound == {}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"\xff\xfe", b"\xff\xfe"),
        (b"id=%FF%FE&status=Success", b"##=%##%##&######=#######"),
        (b"&".join([b"a=1"] * 60), b"&".join([b"#=#"] * 60)),
    ],
)
def test_what_is_no_form_is_parked_without_its_letters(
    client: TestClient, store: MemoryStore, body: bytes, kept: bytes
) -> None:
    assert client.post(f"{ROOT}/delivery", content=body).status_code == 400
    assert store.parked[0][3] == kept


def test_an_empty_body_is_no_callback(client: TestClient, store: MemoryStore) -> None:
    assert client.post(f"{ROOT}/delivery").status_code == 400
    assert store.parked[0][3] == b""


def test_a_body_that_is_too_large_is_refused_and_not_kept(client: TestClient, store: MemoryStore) -> None:
    assert client.post(f"{ROOT}/inbound", content=b"a" * (LARGEST_BODY + 1)).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a" * 1024

    assert client.post(f"{ROOT}/inbound", content=endless()).status_code == 413
    assert store.parked == []


@pytest.mark.parametrize("secret", ["a-long-enough-secreT", "", "%00", "é", SECRET[:-1], SECRET + "x", "%FF%FE"])
def test_a_wrong_secret_looks_like_any_unknown_path(client: TestClient, store: MemoryStore, secret: str) -> None:
    wrong = client.post(f"/callbacks/{secret}/delivery", content=b"id=1&status=Success")
    unknown = client.post("/nothing/of/the/kind")
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert store.deliveries == []


def test_an_unknown_kind_and_another_method_are_not_served(client: TestClient) -> None:
    assert client.post(f"{ROOT}/nothing", content=b"id=1").status_code == 404
    assert client.get(f"{ROOT}/delivery").status_code == 405


def test_the_secret_stands_in_no_published_description(client: TestClient) -> None:
    assert "callbacks" not in client.get("/openapi.json").text


def test_a_short_secret_is_refused_at_the_start(store: MemoryStore) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^sms\.callback_secret_file: expected at least 16 characters, got 5;"
    ):
        router(store, secret="short", clock=lambda: NOW)
