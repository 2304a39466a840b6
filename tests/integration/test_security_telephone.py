"""What menus and calls leave behind: no number and no session in the clear; and no way past the secret."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.telephone_line import door_of
from cloud.config import CloudConfig
from cloud.messages import Farmer
from cloud.records import FarmerReference, Parcel
from cloud.web.app import SECURITY_HEADERS, WebSettings, create_app

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
SECRET = "a-long-enough-secret"
NUMBER = "+212612345678"
PERSON = "Invented Amina"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    secret = tmp_path / "callback"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    telephone = {"inbound": "speak", "voices": {"en": "woman"}}
    config = CloudConfig.model_validate(
        {"organisation": "coop", "sms": {"callback_secret_file": str(secret)}, "telephone": telephone}
    )
    folder = tmp_path / "data"
    folder.mkdir()
    url = f"sqlite:///{folder / 'seguia.db'}"
    with Store.open(url, PersonalKeys.generate(), clock=lambda: NOW, create=True) as store:
        store.save_farmers([Farmer(id="f1", name=PERSON, phone_number=NUMBER, language="en")])
        owner = FarmerReference(id="f1", language="en")
        store.save_parcels([Parcel(id="p1", crop="olive", latitude=32.3, longitude=-6.4, farmer=owner)])
        web = WebSettings(callback_secret=SECRET, telephone=door_of(store, config, lambda: NOW))
        with TestClient(create_app(store, web, lambda: NOW), base_url="http://localhost") as found:
            yield found


def at_rest(folder: Path) -> bytes:
    with sqlite3.connect(folder / "seguia.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("ussd", {"sessionId": f"ATUid_{NUMBER}", "phoneNumber": NUMBER, "text": "4*1"}),
        ("ussd", {"sessionId": "1", "phoneNumber": NUMBER, "text": f"{NUMBER}*" * 99}),
        ("ussd", {"sessionId": "", "phoneNumber": NUMBER, "text": "1"}),
        ("ussd", {"sessionId": NUMBER + " x", "phoneNumber": NUMBER, NUMBER: NUMBER}),
        ("voice", {"sessionId": f"ATVId_{NUMBER}", "isActive": "1", "callerNumber": NUMBER}),
        ("voice", {"sessionId": "c", "isActive": "0", "callerNumber": NUMBER, "durationInSeconds": "0"}),
        ("voice", {"isActive": "1", "callerNumber": NUMBER}),
        ("voice/0/0", {"sessionId": "c", "isActive": "1", "callerNumber": NUMBER, "dtmfDigits": "3"}),
    ],
)
def test_no_request_leaves_a_number_in_the_clear(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, form: dict[str, str]
) -> None:
    answer = client.post(f"/telephone/{SECRET}/{path}", content=urlencode(form))
    assert answer.status_code == 200
    for private in (NUMBER[1:], PERSON):
        assert private.encode() not in at_rest(tmp_path / "data"), private
        assert private not in answer.text
        assert private not in caplog.text


@pytest.mark.parametrize("path", ["ussd", "voice", "voice/0/0"])
def test_answers_carry_the_headers_of_every_other(client: TestClient, path: str) -> None:
    answer = client.post(f"/telephone/{SECRET}/{path}", content=b"sessionId=1")
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_no_other_method_is_served(client: TestClient, method: str) -> None:
    assert client.request(method, f"/telephone/{SECRET}/ussd").status_code >= 400


@pytest.mark.parametrize("secret", ["wrong-but-long-secret", SECRET.upper(), f"{SECRET}%2F", f".%2F{SECRET}"])
def test_a_guessed_secret_is_no_path_of_this_service(client: TestClient, secret: str) -> None:
    form = urlencode({"sessionId": "1", "phoneNumber": NUMBER, "text": ""})
    answer = client.post(f"/telephone/{secret}/ussd", content=form)
    unknown = client.post("/telephone/x/y/z", content=form)
    assert answer.status_code >= 400
    assert answer.status_code in {404, unknown.status_code}
    assert "Seguia\n1" not in answer.text


def test_another_host_is_refused(client: TestClient) -> None:
    answer = client.post(f"/telephone/{SECRET}/ussd", content=b"sessionId=1", headers={"Host": "evil.example"})
    assert answer.status_code == 400
