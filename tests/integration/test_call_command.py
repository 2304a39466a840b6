"""``seguia cloud call``: a text, then a call that reads the advice out and takes a key, on loopback from end to end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.commands.cloud_serve import listen, serving
from cloud.commands.cloud_site import configuration
from cloud.config import Secrets
from cloud.errors import ConfigurationError
from cloud.messages import Farmer, Inbound
from cloud.records import FarmerReference, Parcel
from cloud.speech.render import render
from simulations.carrier.calls import CallFaults
from simulations.carrier.exchange import Step
from simulations.carrier.switchboard import Switchboard
from tests.office import NUMBER, change, cloud, new_office, store_of
from tests.spoken import verdict

TELEPHONE = """\
[telephone]
number = "+212500000000"
heads_up_minutes = 0
voices = { en = "woman" }

[sms]
username = "sandbox"
"""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An advice that was written, to the spool, to somebody who wants to be called."""
    folder, at = new_office(tmp_path), now()
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "stand-in")
    change(folder, "[sms]", TELEPHONE)
    window = (at, at + timedelta(hours=3))
    advice = verdict(parcel_id="one", parcel_name="Field one", day=at.date(), start_window=window)
    told = advice.model_copy(update={"valid_until": at + timedelta(hours=9)})
    with store_of(folder) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="en", voice=True)])
        owner = FarmerReference(id="f1", language="en")
        store.save_parcels([Parcel(id="one", crop="maize", latitude=32.3, longitude=-6.4, farmer=owner)])
        store.save_day(at.date(), [], [told])
        store.queue_message(render(told, language="en", farmer_id="f1"), verdict_digest=told.digest(), now=at)
    assert cloud("send", "--data", folder).stdout.startswith("accepted 1,")
    return folder


@pytest.fixture
def board(data: Path) -> Iterator[Switchboard]:
    settings = configuration(data, None)
    listener = listen(settings)
    secret = Secrets(settings).callback_secret()
    with (
        store_of(data) as store,
        serving(store, settings, listener, now) as address,
        Switchboard(f"{address}telephone/{secret}") as switchboard,
    ):
        change(data, "heads_up_minutes", f'base_url = "{switchboard.url}"\nheads_up_minutes')
        yield switchboard


def states(data: Path) -> list[str]:
    with store_of(data) as store, store.reading() as connection:
        return [row.state for row in connection.exec_driver_sql("SELECT state FROM calls ORDER BY position")]


def test_the_advice_is_read_out_once_and_the_key_is_kept(data: Path, board: Switchboard) -> None:
    board.will_press(NUMBER, "1")
    done = cloud("call", "--data", data)
    assert (done.exit_code, done.stdout) == (0, "called 1, not called 0, later 0\n"), done.output
    board.wait()
    (call,) = board.calls[NUMBER]
    assert call.heard[0].startswith("Field one: irrigate on")
    assert call.heard[-1] == "Goodbye."
    assert states(data) == ["claimed", "placed", "taken"]
    with store_of(data) as store:
        assert [(one.carrier, one.text, one.parcel_id) for one in store.inbound_of("f1")] == [("voice", "1", "one")]
    assert cloud("call", "--data", data).stdout == "called 0, not called 0, later 0\n"


def test_a_stop_that_nobody_attended_to_yet_silences_the_telephone(data: Path, board: Switchboard) -> None:
    board.will_press(NUMBER, "1")
    stop = Inbound(carrier="test", carrier_id="stop", phone_number=NUMBER, text="STOP", received_at=now())
    with store_of(data) as store:
        store.add_inbound(stop)
    assert cloud("call", "--data", data).stdout == "called 0, not called 0, later 0\n"
    assert NUMBER not in board.calls


def test_a_call_that_nobody_takes_is_told_as_missed(data: Path, board: Switchboard) -> None:
    board.will_press(NUMBER, faults=CallFaults(given_up=True, bill="twice"))
    cloud("call", "--data", data)
    board.wait()
    assert states(data) == ["claimed", "placed", "missed"]


def test_a_carrier_without_money_halts_and_nobody_is_lost(data: Path, board: Switchboard) -> None:
    board.will_press(NUMBER)
    board.statuses[NUMBER] = "InsufficientBalance"
    done = cloud("call", "--data", data)
    assert (done.exit_code, done.stdout) == (1, "called 0, not called 0, later 1\n")
    assert "calls halted: InsufficientBalance" in done.stderr
    del board.statuses[NUMBER]
    assert cloud("call", "--data", data).stdout.startswith("called 1,")


def test_an_answer_that_is_lost_is_never_called_again(data: Path, board: Switchboard) -> None:
    board.will_press(NUMBER)
    board.plan.append(Step(drop="after"))
    done = cloud("call", "--data", data)
    assert (done.exit_code, done.stdout) == (1, "called 0, not called 1, later 0\n")
    assert "the carrier's answer was lost" in done.stderr
    assert cloud("call", "--data", data).stdout.startswith("called 0, not called 0")
    assert NUMBER not in done.output


def test_who_has_neither_recording_nor_voice_is_not_rung(data: Path, board: Switchboard) -> None:
    change(data, 'voices = { en = "woman" }\n', "")
    board.will_press(NUMBER)
    done = cloud("call", "--data", data)
    assert (done.exit_code, board.calls) == (1, {})
    assert "farmer f1: not called: call: expected recordings" in done.stderr


def test_a_run_that_was_cut_short_is_told(data: Path, board: Switchboard) -> None:
    with store_of(data) as store:
        (due,) = store.uncalled("f1", now(), now())
        assert store.claim_call([due.message_id], now())
    done = cloud("call", "--data", data)
    assert done.exit_code == 1
    assert "1 calls of an earlier run were cut short and may have rung" in done.stderr
    assert board.calls == {}


def test_without_a_number_nobody_is_called(data: Path) -> None:
    change(data, 'number = "+212500000000"\n', "")
    done = cloud("call", "--data", data)
    assert isinstance(done.exception, ConfigurationError)
    assert "expected the number that calls" in str(done.exception)


def test_a_rehearsal_never_rings_real_telephones(data: Path) -> None:
    done = cloud("call", "--data", data)
    assert isinstance(done.exception, ConfigurationError)
    assert "before real telephones ring" in str(done.exception)
