"""The farmers' file: four columns as ever, more when there are more, and a consent only where it is whole."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from cloud.adapters.files.farmers import read_consents, read_farmers
from cloud.errors import InputError
from cloud.messages import Farmer
from cloud.people.enrolment import laid_over, weekday

FOUR = "id,name,phone_number,language\nf1,Zineb (invented),+212612345678,fr\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farmers.csv"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_four_columns_are_enough_and_no_consent(path: Path) -> None:
    read = read_farmers(written(path, FOUR))
    (person,) = read.records
    assert (person.id, person.language, person.voice, read.problems, read.ignored_fields) == ("f1", "fr", False, (), ())
    assert read_consents(path).records == ()


def test_more_columns_say_how_and_when_a_person_is_told(path: Path) -> None:
    head = "id;name;phone_number;language;spoken;voice;quiet_from;market_day;ramadan;colour"
    read = read_farmers(written(path, f"\ufeff{head}\nf1;Zineb;+212612345678;ary;tachelhit;oui;21:15;Mardi;non;blue\n"))
    (person,) = read.records
    assert (person.spoken, person.voice, person.quiet_from) == ("tachelhit", True, time(21, 15))
    assert (person.market_day, person.ramadan, person.friday_prayer) == (1, False, True)
    assert read.ignored_fields == ("colour",)


def test_a_row_that_cannot_be_used_is_named_by_its_line_alone(path: Path) -> None:
    text = (
        FOUR.replace("language\n", "language,market_day\n") + "f2,Brahim,0612345679,fr,1\nf3,Ali,+212612345677,xx,9\n"
    )
    read = read_farmers(written(path, text))
    assert [person.id for person in read.records] == ["f1"]
    first, second = read.problems
    assert first.startswith("farmers.csv line 3: phone_number cannot be used; expected")
    assert second.startswith("farmers.csv line 4: language, market_day cannot be used; expected")
    assert "Brahim" not in first + second
    assert "0612345679" not in first


def test_a_file_without_its_columns_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="expected the columns id, name, phone_number, language, got no language"):
        read_farmers(written(path, "id,name,phone_number\nf1,Zineb,+212612345678\n"))
    with pytest.raises(InputError, match="got no id, name"):
        read_farmers(written(path, ""))


def test_a_consent_is_taken_where_it_says_how_by_whom_and_when(path: Path) -> None:
    head = "id,name,phone_number,language,consent_how,consent_by,consent_at,consent_wording\n"
    rows = (
        "f1,Zineb,+212612345678,fr,written,Amina,2026-05-01,2026-11\n"
        "f2,Brahim,+212661234567,fr,,,,\n"
        "f3,Ali,+212661234568,fr,written,,2026-05-01,\n"
        "f4,Omar,+212661234569,fr,spoken,Amina,yesterday,\n"
        "f5,Aziz,+212661234560,fr,telepathy,Amina,2026-05-01T09:00+01:00,\n"
        "f6,Said,+212661234561,fr,spoken,Amina,2026-05-01T09:00+01:00,\n"
    )
    read = read_consents(written(path, head + rows))
    assert [(one.farmer_id, one.how, one.by, one.wording) for one in read.records] == [
        ("f1", "written", "Amina", "2026-11"),
        ("f6", "spoken", "Amina", None),
    ]
    assert [one.at for one in read.records] == [datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, 8, tzinfo=UTC)]
    assert [line.split(":")[0] for line in read.problems] == [f"farmers.csv line {number}" for number in (4, 5, 6)]
    assert read_farmers(path).ignored_fields == ()


def test_what_a_file_does_not_say_stays_as_it_was_known(path: Path) -> None:
    known = Farmer(id="f1", name="Z", phone_number="+212612345670", language="ary", voice=True, market_day=3)
    (given,) = read_farmers(written(path, FOUR)).records
    merged = laid_over(known, given)
    assert (merged.name, merged.language, merged.voice, merged.market_day) == ("Zineb (invented)", "fr", True, 3)
    assert laid_over(None, given) is given


@pytest.mark.parametrize(("text", "day"), [("Monday", 0), (" dimanche ", 6), ("3", "3"), ("souk", "souk")])
def test_a_weekday_by_name_or_as_it_is(text: str, day: object) -> None:
    assert weekday(text) == day
