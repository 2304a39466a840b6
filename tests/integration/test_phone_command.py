"""``seguia cloud phone``: an agronomist types as a farmer, with lines from a pipe, through the doors of the carrier."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.commands.cloud import app
from cloud.errors import ConfigurationError, InputError
from cloud.messages import Farmer, Inbound
from cloud.records import FarmerReference, Parcel
from cloud.telephone.clips import needed_clips
from tests.office import NUMBER, change, cloud, new_office, queue_now, store_of
from tests.spoken import verdict

AGRONOMIST = "Salma Invented"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = new_office(tmp_path)
    now = datetime.now(UTC)
    advice = verdict(
        parcel_id="one", parcel_name="Field one", day=now.date(), start_window=(now, now + timedelta(hours=3))
    )
    with store_of(folder) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="en")])
        owner = FarmerReference(id="f1", language="en")
        parcels = [Parcel(id=one, crop="maize", latitude=32.3, longitude=-6.4, farmer=owner) for one in ("one", "two")]
        store.save_parcels(parcels)
        store.save_day(now.date(), [], [advice.model_copy(update={"valid_until": now + timedelta(hours=9)})])
    return folder


def phone(data: Path, *typed: str, farmer: str = "f1", by: str = AGRONOMIST, options: tuple[str, ...] = ()) -> Result:
    arguments = ["phone", farmer, "--by", by, "--data", str(data), *options]
    return CliRunner().invoke(app, arguments, input="".join(f"{line}\n" for line in typed))


def heard(data: Path) -> list[Inbound]:
    with store_of(data) as store:
        return list(store.inbound_of("f1"))


def test_the_thread_is_what_reached_the_telephone(data: Path) -> None:
    queue_now(data, count=1)
    assert phone(data).stdout == ""
    assert cloud("send", "--data", data).exit_code == 0
    done = phone(data, "1")
    assert done.exit_code == 0
    written, answered = done.stdout.splitlines()
    assert written.endswith(" < Field 0: irrigate 2 h")
    assert answered.endswith(f" > 1  [agronomist, typed by {AGRONOMIST}]")
    assert "counts as the word of farmer f1" in done.stderr
    assert NUMBER not in done.output
    assert "Aicha" not in done.output


def test_what_is_typed_is_kept_with_who_typed_it(data: Path) -> None:
    phone(data, "1", "swap one two", "")
    assert [(one.carrier, one.text, one.entered_by) for one in heard(data)] == [
        ("agronomist", "1", AGRONOMIST),
        ("agronomist", "swap one two", AGRONOMIST),
    ]
    phone(data, "1")
    assert len(heard(data)) == 3
    assert AGRONOMIST.encode() not in (data / "seguia.db").read_bytes()


def test_a_look_at_a_thread_is_in_the_ledger(data: Path) -> None:
    phone(data)
    with store_of(data) as store:
        assert [(look.what, look.by) for look in store.looks("f1")] == [("thread", AGRONOMIST)]


def test_the_menu_is_dialled_key_by_key(data: Path) -> None:
    done = phone(data, "/dial", "1", "1", "0", "0", "4", "2", "5", "2")
    assert done.exit_code == 0, done.output
    assert "  | 1 Advice" in done.stdout
    assert "  | Field one: irrigate on" in done.stdout
    assert "  | two: noted: No water came. Thank you." in done.stdout
    assert [(one.carrier, one.text, one.parcel_id) for one in heard(data)] == [
        ("agronomist", "5", "two"),
        ("agronomist", "2", None),
    ]


def test_a_session_that_is_hung_up_takes_no_more_keys(data: Path) -> None:
    phone(data, "/dial", "4", "/hang", "1")
    assert [(one.text, one.parcel_id) for one in heard(data)] == [("1", None)]


def test_a_call_is_heard_and_its_keys_count(data: Path) -> None:
    change(data, "[sms]", '[telephone]\nvoices = { en = "woman" }\n\n[sms]')
    done = phone(data, "/call", "7", "1", "2")
    assert "  ~ Field one: irrigate on" in done.stdout
    assert "  ~ Not a choice." in done.stdout
    assert "  ~ Goodbye.\n  (the call is over)" in done.stdout
    assert [(one.text, one.parcel_id) for one in heard(data)] == [("1", "one"), ("2", "two")]


def test_recordings_are_shown_by_their_names(data: Path) -> None:
    clips = data / "audio" / "english"
    clips.mkdir(parents=True)
    for clip in needed_clips():
        (clips / f"{clip}.mp3").write_bytes(b"ID3")
    telephone = '[telephone]\naudio_dir = "audio"\naudio_url = "https://s.example/audio"\n\n[sms]'
    change(data, "[sms]", telephone)
    done = phone(data, "/call", "8", "1")
    heard_clips = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ~ ")]
    assert heard_clips[:3] == ["~ [parcel.mp3]", "~ [n-1.mp3]", "~ [irrigate.mp3]"]
    assert "~ [ask.mp3] (a key?)" in heard_clips
    assert [(one.text, one.parcel_id) for one in heard(data)] == [("1", "two")]


def test_a_call_that_nobody_could_understand_is_not_made_and_says_why(data: Path) -> None:
    done = phone(data, "/call")
    assert "expected recordings" in done.stdout
    assert "(the call is over)" in done.stdout
    assert heard(data) == []


def test_a_missed_call_asks_to_be_called(data: Path) -> None:
    done = phone(data, "/ring", "/ring")
    assert "rang, and hung up" in done.stdout
    assert [(one.carrier, one.text) for one in heard(data)] == [("agronomist", "3"), ("agronomist", "3")]


def test_help_the_whole_thread_and_leaving(data: Path) -> None:
    done = phone(data, "/what", "3", "/thread", "/quit", "1")
    assert "/dial" in done.stdout
    assert done.stdout.count("> 3  [agronomist") == 2
    assert [one.text for one in heard(data)] == ["3"]


def test_a_rehearsal_counts_as_the_carriers_word(data: Path) -> None:
    done = phone(data, "1", "/ring", "/dial", "4", "1", "2", options=("--rehearse",))
    assert "rehearsal: no telephone is reached" in done.stderr
    assert [(one.carrier, one.entered_by) for one in heard(data)] == [
        ("africastalking", None),
        ("missed_call", None),
        ("ussd", None),
    ]


def test_who_attends_on_the_console_sees_the_farmer_answered(data: Path) -> None:
    assert cloud("send", "--data", data).exit_code == 0
    done = phone(data, "3", options=("--attend",))
    asked, answered = done.stdout.splitlines()
    assert asked.endswith(f" > 3  [agronomist, typed by {AGRONOMIST}]")
    assert " < " in answered
    with store_of(data) as store:
        assert [log.message.kind for log in store.message_log()] == ["call_soon"]


def test_a_live_installation_says_so_and_never_pretends(data: Path) -> None:
    change(data, 'carrier = "spool"', 'carrier = "africastalking"\nusername = "coop"')
    refused = phone(data, "1", options=("--rehearse",))
    assert isinstance(refused.exception, ConfigurationError)
    assert "expected an installation that reaches nobody" in str(refused.exception)
    done = phone(data, "1")
    assert "LIVE: what is typed counts as the word of farmer f1" in done.stderr
    assert [one.carrier for one in heard(data)] == ["agronomist"]


def test_text_that_would_move_a_terminal_is_shown_as_it_is_written(data: Path) -> None:
    done = phone(data, "a\x1b[2Jb")
    assert "\x1b" not in done.stdout
    assert "a\\u001b[2Jb" in done.stdout


@pytest.mark.parametrize(
    ("farmer", "by", "error"), [("nobody", AGRONOMIST, InputError), ("f1", "  ", ConfigurationError)]
)
def test_nobody_and_no_name_are_refused(data: Path, farmer: str, by: str, error: type[Exception]) -> None:
    assert isinstance(phone(data, farmer=farmer, by=by).exception, error)
