"""A person who is told: what is kept of them, its limits, and that no trace shows who it is."""

from datetime import UTC, time

import pytest
from pydantic import ValidationError

from cloud.messages import Farmer

WHO = {"id": "f1", "name": "Zineb (invented)", "phone_number": "+212612345678"}


def farmer(**changed: object) -> Farmer:
    return Farmer.model_validate(WHO | changed)


def test_a_person_kept_before_there_were_preferences_gets_the_usual_ones() -> None:
    person = Farmer.model_validate_json('{"id": "f1", "name": "Z", "phone_number": "+212612345678", "language": "fr"}')
    assert (person.language, person.spoken, person.voice) == ("fr", None, False)
    assert (person.quiet_from, person.quiet_until) == (time(20), time(7))
    assert (person.market_day, person.friday_prayer, person.ramadan) == (None, True, True)
    assert person.timezone == "Africa/Casablanca"


def test_what_is_kept_is_read_back_alike() -> None:
    person = farmer(spoken="tachelhit", voice=True, quiet_from="21:30", market_day=2, timezone="Africa/Tunis")
    assert Farmer.model_validate_json(person.model_dump_json()) == person
    assert person.quiet_from == time(21, 30)


def test_neither_name_nor_number_shows_in_a_trace() -> None:
    shown = f"{farmer()!r} {farmer()}"
    assert "Zineb" not in shown
    assert "612345678" not in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone_number", "0612345678"),
        ("market_day", 7),
        ("quiet_from", time(20, tzinfo=UTC)),
        ("timezone", "Casablanca"),
        ("timezone", "../etc/passwd"),
        ("spoken", "klingon"),
        ("language", "de"),
    ],
)
def test_a_value_outside_its_limits_is_refused_without_being_repeated(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        farmer(**{field: value})
    assert refused.value.errors()[0]["loc"] == (field,)
    assert "Zineb" not in str(refused.value)
    assert "612345678" not in str(refused.value)
