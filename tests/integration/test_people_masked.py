"""No command of the cloud says or logs who somebody is: a telephone number, a name, or what they wrote."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.commands.cloud import app
from cloud.messages import Inbound
from simulations.carrier.standin import StandIn
from tests.office import NUMBER, change, furnish, new_office, queue_now, store_of

NAME = "Aicha"
WORDS = "my neighbour took my water"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = new_office(tmp_path)
    furnish(made)
    return made


@pytest.fixture
def stand_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "stand-in")
    with StandIn() as carrier:
        live = f'carrier = "africastalking"\nusername = "sandbox"\nbase_url = "{carrier.url}"'
        change(data, 'carrier = "spool"', live)
        yield carrier


def given_away(text: str) -> list[str]:
    """Parts of a text that tell who somebody is, however the number is grouped."""
    plain = re.sub(r"[\s().-]", "", text)
    return [secret for secret in (NUMBER[4:], NAME, WORDS.replace(" ", "")) if secret in plain]


COMMANDS = (
    ("check",),
    ("send",),
    ("outbox", "list"),
    ("measures",),
    ("farmer", "list"),
    ("farmer", "list", "--json"),
    ("farmer", "show", "f1"),
    ("farmer", "sovereignty", "--json"),
    ("farmer", "consent", "f1", "--how", "spoken"),
    ("farmer", "stop", "f1"),
    ("farmer", "language", "f1", "fr"),
    ("farmer", "prefer", "f1", "--voice"),
    ("farmer", "purge"),
    ("farmer", "rotate-keys"),
    ("review", "list"),
    ("catalogue", "list"),
    ("attend", "--once"),
    ("audit", "verify"),
    ("farmer", "erase", "f1", "--why", "asked", "--confirm", "f1"),
)


def test_no_command_says_who_somebody_is(
    data: Path, stand_in: StandIn, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    queue_now(data, count=2)
    with store_of(data) as store:
        for carrier_id, text in (("a", WORDS), ("b", "3"), ("c", "STOP")):
            store.add_inbound(
                Inbound(
                    carrier="modem",
                    carrier_id=carrier_id,
                    phone_number=NUMBER,
                    text=text,
                    received_at=datetime.now(UTC),
                )
            )
    told: dict[tuple[str, ...], list[str]] = {}
    for command in COMMANDS:
        done = CliRunner().invoke(app, [*command, "--data", str(data)])
        assert "No such command" not in done.output, command
        assert "No such option" not in done.output, command
        told[command] = given_away(f"{done.stdout}\n{done.stderr}\n{done.exception!r}\n{caplog.text}")
        caplog.clear()
    assert {command: secrets for command, secrets in told.items() if secrets} == {}
    for path in data.rglob("*"):
        # The farm's own files stand beside the data folder's; only what Seguia wrote is looked at.
        if path.is_file() and path.suffix != ".csv":
            assert given_away(path.read_bytes().decode("latin-1")) == [], path.name
