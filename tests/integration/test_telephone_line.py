"""An installation's own telephone over its real store: what it may speak, and whether it is there at all."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.files.recordings import read_recordings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.telephone_line import door_of, reaches_people, speaker_of, studio_of
from cloud.config import CloudConfig
from cloud.messages import Farmer
from cloud.records import FarmerReference, Parcel
from cloud.speech.catalogue import catalogue, packaged_source
from cloud.web.app import WebSettings, create_app
from tests.spoken import TUESDAY, verdict

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
NUMBER = "+212612345678"
SECRET = "a-long-enough-secret"


def config(folder: Path, **parts: Any) -> CloudConfig:  # noqa: ANN401 -- any section
    secret = folder / "callback"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    sms = {"callback_secret_file": str(secret), "reviewed_only": False} | parts.pop("sms", {})
    return CloudConfig.model_validate({"organisation": "coop", "data_dir": str(folder), "sms": sms, **parts})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    keys = PersonalKeys.generate()
    with Store.open(f"sqlite:///{tmp_path / 's.db'}", keys, clock=lambda: NOW, create=True) as found:
        found.save_farmers([Farmer(id="f1", name="Invented Amina", phone_number=NUMBER, language="fr")])
        parcel = Parcel(
            id="p1", name="Oliviers nord", crop="olive", latitude=32.3, longitude=-6.4, farmer=FarmerReference(id="f1")
        )
        found.save_parcels([parcel])
        found.save_day(TUESDAY, [], [verdict()])
        yield found


def client_of(store: Store, settings: CloudConfig) -> TestClient:
    web = WebSettings(callback_secret=SECRET, telephone=door_of(store, settings, lambda: NOW))
    return TestClient(create_app(store, web, lambda: NOW), base_url="http://localhost")


def dial(client: TestClient, text: str, session: str = "s1") -> str:
    form = {"sessionId": session, "phoneNumber": NUMBER, "serviceCode": "*1#", "text": text}
    answer = client.post(f"/telephone/{SECRET}/ussd", content=urlencode(form))
    assert answer.status_code == 200
    return answer.text


def test_a_farmer_pulls_the_advice_answers_and_changes_the_language(store: Store, tmp_path: Path) -> None:
    with client_of(store, config(tmp_path)) as client:
        assert dial(client, "1").startswith("CON Oliviers nord: irriguez mercredi 22/07")
        assert dial(client, "4*1").startswith("END Oliviers nord: c'est noté: Fait.")
        dial(client, "5*7", "s2")
        assert dial(client, "", "s3").startswith("CON Seguia")
    (said,) = store.inbound_of("f1")
    assert (said.carrier, said.text, said.parcel_id, said.received_at) == ("ussd", "1", "p1", NOW)


def test_languages_that_nobody_signed_are_not_offered_where_texts_must_be_signed(store: Store, tmp_path: Path) -> None:
    with client_of(store, config(tmp_path, sms={"reviewed_only": True})) as client:
        assert dial(client, "1").startswith("CON Oliviers nord: irrigate on Wednesday 22/07")
        assert dial(client, "5") == "CON Language\n1 English\n0 Back"


def test_drafts_never_reach_real_telephones(tmp_path: Path) -> None:
    live = {"carrier": "africastalking", "username": "coop"}
    assert reaches_people(config(tmp_path, sms=live))
    assert speaker_of(config(tmp_path, sms=live), {}).languages == ("en",)
    assert not reaches_people(config(tmp_path, sms=live | {"base_url": "http://127.0.0.1:9"}))
    assert "ary" in speaker_of(config(tmp_path), {}).languages


def test_real_telephones_hear_only_the_words_that_somebody_signed(tmp_path: Path) -> None:
    own = tmp_path / "words"
    own.mkdir()
    (own / "fr.po").write_text(packaged_source("fr").replace("#, fuzzy\n", ""), encoding="utf-8")
    live = {"carrier": "africastalking", "username": "coop", "catalogues_dir": str(own)}
    settings = config(tmp_path, sms=live)
    digest = catalogue("fr").digest
    signed, other = (speaker_of(settings, {"fr": one}) for one in (digest, "0" * 64))
    assert (signed.languages, signed.words("fr").language) == (("fr",), "fr")
    assert signed.advice(verdict(), "fr").startswith("Oliviers nord: irriguez")
    assert (other.languages, other.words("fr").language) == (("en",), "en")
    assert other.advice(verdict(), "fr").startswith("Oliviers nord: irrigate")


@pytest.mark.parametrize(
    ("url", "real"),
    [
        ("https://sms.example/send", True),
        ("https://localhost.sms.example/send", True),
        ("https://sms.example/send?report=//127.0.0.1", True),
        ("http://127.0.0.1:9/send", False),
    ],
)
def test_an_aggregator_reaches_people_unless_it_is_on_this_machine(tmp_path: Path, url: str, *, real: bool) -> None:
    assert reaches_people(config(tmp_path, sms={"carrier": "aggregator", "aggregator": {"url": url}})) == real


def test_recordings_are_heard_live_only_when_signed(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    (audio / "tachelhit").mkdir(parents=True)
    (audio / "tachelhit" / "irrigate.mp3").write_bytes(b"ID3")
    telephone = {"audio_dir": str(audio), "audio_url": "https://s.example/a/"}
    live = {"carrier": "africastalking", "username": "coop"}
    assert studio_of(config(tmp_path, telephone=telephone, sms=live)).clips == {}
    found = studio_of(config(tmp_path, telephone=telephone))
    assert found.clips == {"tachelhit": frozenset({"irrigate"})}
    assert found.address("tachelhit", "irrigate") == "https://s.example/a/tachelhit/irrigate.mp3"
    (heard,) = read_recordings(audio)
    assert heard.sha256 == hashlib.sha256(f"irrigate {hashlib.sha256(b'ID3').hexdigest()}\n".encode()).hexdigest()
    signature = f'[tachelhit]\nreviewed_by = "x"\nreviewed_on = {date(2026, 5, 1)}\nsha256 = "{heard.sha256}"\n'
    (audio / "recordings.toml").write_text(signature)
    assert studio_of(config(tmp_path, telephone=telephone, sms=live)).clips.keys() == {"tachelhit"}


def test_without_a_secret_nothing_is_served(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path, sms={"callback_secret_file": None})
    assert door_of(store, settings, lambda: NOW) is None
    with client_of(store, settings) as client:
        unknown = client.post("/telephone/nothing", content="text=").status_code
        assert client.post(f"/telephone/{SECRET}/ussd", content="text=").status_code == unknown != 200


def test_a_missed_call_is_kept_for_the_farmer(store: Store, tmp_path: Path) -> None:
    form = {
        "sessionId": "c1",
        "isActive": "1",
        "direction": "Inbound",
        "callerNumber": NUMBER,
        "destinationNumber": "1",
    }
    with client_of(store, config(tmp_path)) as client:
        answer = client.post(f"/telephone/{SECRET}/voice", content=urlencode(form))
    assert answer.text.endswith("<Response><Reject /></Response>")
    assert [(one.carrier, one.text) for one in store.inbound_of("f1")] == [("missed_call", "3")]
