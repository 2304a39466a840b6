"""What a day was given beside records and weather: every field is kept somewhere, and comes back as it was."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest

from cloud.advice.inputs import DayInputs
from cloud.errors import InputError, IntegrityError
from cloud.records import CanalTurn, InputReference, Pump, Quota
from cloud.replay.given import ELSEWHERE, given_from, given_of
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 10)


def day() -> DayInputs:
    return DayInputs(
        day=DAY,
        parcels=(parcel(),),
        weather=past(DAY),
        forecast=ahead(DAY),
        code_version="1.2",
        turns=(
            CanalTurn(
                canal="c",
                starts_at=datetime(2026, 6, 10, 6, tzinfo=UTC),
                ends_at=datetime(2026, 6, 10, 9, tzinfo=UTC),
                flow_m3_h=100.0,
            ),
        ),
        quotas=(Quota(canal="c", valid_from=DAY, valid_to=DAY, volume_m3=500.0),),
        pumps=(Pump(pump="well", flow_m3_h=40.0, price_per_kwh=0.1 + 0.2),),
        inputs=(InputReference(name="past.csv", sha256="a" * 64, age_days=1.0),),
        members=32,
        seed=7,
        engine="numpy",
    )


def test_what_was_given_comes_back() -> None:
    whole = day()
    again = given_from(given_of(whole))
    assert {one.name for one in fields(DayInputs)} == again.keys() | ELSEWHERE
    for name, value in again.items():
        assert value == getattr(whole, name), name
    assert given_of(day()) == given_of(whole)


def test_a_field_that_is_not_told_keeps_its_default_and_a_strange_one_is_refused() -> None:
    assert given_from(b'{"seed":3}') == {"seed": 3}
    for content in (b'{"strange":1}', b'{"seed":"x"}', b"[]", b"{", b"3"):
        with pytest.raises(IntegrityError, match="replay it with the version that decided it"):
            given_from(content)


def test_what_json_does_not_hold_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="expected values that JSON holds, got others") as told:
        given_of(replace(day(), turns=(object(),)))  # type: ignore[arg-type]  # no turn: that it is refused is what is tried
    assert "\n" not in str(told.value)
