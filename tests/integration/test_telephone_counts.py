"""An answer on the menu, in a call or by an agronomist becomes the parcel's water, like a text does, and only once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.commands.cloud import app
from cloud.messages import Farmer
from cloud.records import FarmerReference, IrrigationEvent, Parcel
from cloud.speech.render import render
from tests.office import NUMBER, change, cloud, new_office, store_of
from tests.spoken import verdict


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two irrigations that were told this morning to one farmer, due an hour ago."""
    folder = new_office(tmp_path)
    change(folder, "[sms]", '[telephone]\nvoices.en = "woman"\n\n[sms]')
    now = datetime.now(UTC)
    due = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    with store_of(folder) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="en")])
        for name in ("one", "two"):
            owner = FarmerReference(id="f1", language="en")
            store.save_parcels([Parcel(id=name, crop="maize", latitude=32.3, longitude=-6.4, farmer=owner)])
            window = (due, due + timedelta(hours=6))
            advice = verdict(parcel_id=name, parcel_name=name, day=due.date(), start_window=window)
            told = advice.model_copy(update={"valid_until": now + timedelta(hours=9)})
            store.save_day(due.date(), [], [told])
            message = render(told, language="en", farmer_id="f1")
            store.queue_message(message, verdict_digest=told.digest(), now=now - timedelta(hours=3))
    assert cloud("send", "--data", folder).stdout.startswith("accepted 2,")
    return folder


def phone(data: Path, *typed: str) -> Result:
    arguments = ["phone", "f1", "--by", "Invented Salma", "--data", str(data), "--attend", "--rehearse"]
    return CliRunner().invoke(app, arguments, input="".join(f"{line}\n" for line in typed))


def events(data: Path) -> list[IrrigationEvent]:
    with store_of(data) as store:
        return list(store.events())


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(("/dial", "4", "2", "1"), id="menu"),
        pytest.param(("/call", "8", "1", "/hang"), id="call"),
    ],
)
def test_done_counts_for_the_very_parcel_without_a_question(data: Path, typed: tuple[str, ...]) -> None:
    done = phone(data, *typed)
    assert done.exit_code == 0, done.output
    (event,) = events(data)
    assert (event.parcel_id, event.source) == ("two", "reply")
    assert event.depth_mm == pytest.approx(21.0)
    assert "which" not in done.stdout.lower().split("which parcel?")[-1]


def test_half_and_no_water_count_as_they_are_pressed(data: Path) -> None:
    phone(data, "/dial", "4", "1", "4", "/dial", "4", "2", "5")
    assert {one.parcel_id: one.depth_mm for one in events(data)} == {"one": pytest.approx(10.5), "two": 0.0}


def test_stop_on_the_menu_silences_and_the_farewell_is_sent(data: Path) -> None:
    done = phone(data, "/dial", "6", "1")
    assert done.exit_code == 0, done.output
    with store_of(data) as store:
        assert store.refused(datetime.now(UTC)) == {"f1"}
        assert "stop" in {log.message.kind for log in store.message_log()}
