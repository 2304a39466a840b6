"""``seguia cloud fetch``: answers where no callback can come in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.errors import ConfigurationError
from cloud.messages import Farmer
from simulations.carrier.standin import StandIn
from tests.office import NUMBER, change, cloud, new_office, store_of

BY = ("--by", "Salma Invented")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = new_office(tmp_path)
    with store_of(folder) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="en")])
    return folder


@pytest.fixture
def stand_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "stand-in")
    with StandIn() as carrier:
        live = f'carrier = "africastalking"\nusername = "sandbox"\nbase_url = "{carrier.url}"'
        change(data, 'carrier = "spool"', live)
        yield carrier


def heard(data: Path) -> list[tuple[str, str, str | None, str | None]]:
    with store_of(data) as store:
        return [(one.carrier, one.text, one.parcel_id, one.entered_by) for one in store.inbound_of("f1")]


def test_texts_are_asked_of_the_carrier_and_count_once(data: Path, stand_in: StandIn) -> None:
    stand_in.reply(NUMBER, "1")
    stand_in.reply(NUMBER, "STOP")
    assert cloud("fetch", "--data", data).stdout == "taken 2, known before 0\n"
    assert cloud("fetch", "--data", data).stdout == "taken 0, known before 0\n"
    stand_in.reply(NUMBER, "START")
    assert cloud("fetch", "--data", data).stdout == "taken 1, known before 0\n"
    assert sorted(text for _, text, _, _ in heard(data)) == ["1", "START", "STOP"]


def test_without_such_a_carrier_there_is_nothing_to_ask(data: Path) -> None:
    done = cloud("fetch", "--data", data)
    assert isinstance(done.exception, ConfigurationError)
    assert "expected africastalking among the carriers" in str(done.exception)


def test_answers_taken_down_count_once_with_who_took_them(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "paper.csv"
    path.write_text("farmer,text,received_at,parcel_id\nf1,1,2026-06-01T18:30,p1\nf1,3,2026-06-02T18:30,\n")
    done = cloud("fetch", "--csv", path, *BY, "--data", data)
    assert (done.exit_code, done.stdout) == (0, "taken 2, known before 0\n")
    assert cloud("fetch", "--csv", path, *BY, "--data", data).stdout == "taken 0, known before 2\n"
    assert heard(data) == [("agronomist", "1", "p1", BY[1]), ("agronomist", "3", None, BY[1])]


def test_lines_that_cannot_be_taken_are_named_and_nobody_is(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "paper.csv"
    rows = ("f9,1,2026-06-01T18:30,", "f1,1,2999-01-01T00:00,", "f1,1,2026-06-01T18:30,p\x07", "f1,2,2026-06-01T18:30,")
    path.write_text("farmer,text,received_at,parcel_id\n" + "\n".join(rows) + "\n")
    done = cloud("fetch", "--csv", path, *BY, "--data", data)
    assert (done.exit_code, done.stdout) == (1, "taken 1, known before 0\n")
    told = done.stderr.splitlines()
    assert [line.partition("line ")[2][0] for line in told] == ["2", "3", "4"]
    assert "somebody who is enrolled" in told[0]
    assert "one to come" in told[1]
    assert NUMBER not in done.output


@pytest.mark.parametrize("by", [(), ("--by", " ")])
def test_who_took_answers_down_has_to_be_said(data: Path, tmp_path: Path, by: tuple[str, ...]) -> None:
    done = cloud("fetch", "--csv", tmp_path / "x.csv", *by, "--data", data)
    assert isinstance(done.exception, ConfigurationError)
    assert "expected --by" in str(done.exception)
