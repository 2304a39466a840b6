from datetime import timedelta
from typing import Any

import pytest

from cloud.errors import IntegrityError
from cloud.speech.catalogue import catalogue
from cloud.telephone import clips
from cloud.telephone.clips import (
    HeardCall,
    clip_of_parcel,
    clips_heard,
    clips_of_advice,
    needed_clips,
    number_clips,
    number_heard,
    script,
)
from tests.spoken import EVENING, NO_DOSE, verdict

ALL = frozenset(needed_clips())
NONE: frozenset[str] = frozenset()


def test_an_irrigation_is_the_act_the_day_the_hour_and_how_long() -> None:
    said = clips_of_advice(verdict(), ALL)
    assert said == ("irrigate", "day-2", "n-22", "clock-19", "for", "hours-3", "minutes-30")
    assert set(said) <= ALL


@pytest.mark.parametrize(
    ("changed", "tail"),
    [
        ({"duration_h": 2.0}, ("hours-2",)),
        ({"duration_h": 0.75}, ("minutes-45",)),
        ({"duration_h": 0.0}, ("n-0", "minutes")),
        ({"duration_h": None, "volume_m3": 7.0}, ("n-7", "m3")),
        ({"duration_h": None, "volume_m3": 105.0}, ("n-1", "n-0", "n-5", "m3")),
    ],
)
def test_how_much_is_told_in_hours_and_only_else_in_m3(changed: dict[str, Any], tail: tuple[str, ...]) -> None:
    assert clips_of_advice(verdict(**changed), ALL)[5:] == tail


def test_minutes_past_the_hour_have_a_clip_of_their_own() -> None:
    begin = EVENING + timedelta(minutes=20)
    assert "past-20" in clips_of_advice(verdict(start_window=(begin, begin + timedelta(hours=2))), ALL)


@pytest.mark.parametrize(
    ("minutes", "have", "said"),
    [
        (20, ALL, ("clock-19", "past-20")),
        (12, ALL, ("clock-19", "past", "n-12")),
        (47, ALL, ("clock-19", "past", "n-4", "n-7")),
        (47, NONE, ("clock-19", "past-47")),
    ],
)
def test_odd_minutes_are_spelt_where_they_have_no_clip(
    minutes: int, have: frozenset[str], said: tuple[str, ...]
) -> None:
    begin = EVENING + timedelta(minutes=minutes)
    clips_said = clips_of_advice(verdict(start_window=(begin, begin + timedelta(hours=2))), have)
    assert clips_said[clips_said.index("clock-19") : clips_said.index("for")] == said
    assert clips_heard(clips_said).minute == minutes


def test_long_runs_are_spelt_where_they_have_no_clip() -> None:
    said = clips_of_advice(verdict(duration_h=50.5), ALL)
    assert said[said.index("for") :] == ("for", "n-5", "n-0", "hours", "minutes-30")
    assert clips_heard(said).duration_minutes == 50 * 60 + 30


@pytest.mark.parametrize(
    ("decision", "changed", "act"),
    [
        ("hold", {"action": "hold"}, "wait-agronomist"),
        ("block", {"action": "wait"}, "wait-agronomist"),
        ("release", {"action": "wait", "reason_code": "soil_has_water"}, "wait"),
        ("release", {"action": "wait", "reason_code": "season_over"}, "no-season"),
        ("release", {"action": "skip_turn"}, "skip-turn"),
    ],
)
def test_each_kind_of_advice_has_its_own_clip(decision: str, changed: dict[str, Any], act: str) -> None:
    assert clips_of_advice(verdict(decision, **changed, **NO_DOSE), ALL) == (act, "day-1", "n-21")


def test_no_advice_is_said_to_be_none() -> None:
    assert clips_of_advice(None, NONE) == ("no-advice",)


@pytest.mark.parametrize(
    ("number", "have", "said"),
    [
        (7, {"n-7"}, ("n-7",)),
        (105, {"n-105", "n-100", "n-5"}, ("n-105",)),
        (105, {"n-100", "n-5"}, ("n-100", "n-5")),
        (2300, {"n-2000", "n-300"}, ("n-2000", "n-300")),
        (105, {"n-100"}, ("n-1", "n-0", "n-5")),
        (25, set(), ("n-2", "n-5")),
    ],
)
def test_a_number_is_put_together_from_the_clips_at_hand(number: int, have: set[str], said: tuple[str, ...]) -> None:
    assert number_clips(number, frozenset(have)) == said
    assert number_heard(said) == number


@pytest.mark.parametrize("have", [frozenset(), ALL, frozenset(f"n-{n}" for n in (*range(100), *range(100, 1000, 100)))])
def test_every_number_is_heard_as_it_was_meant(have: frozenset[str]) -> None:
    for number in range(4000):
        assert number_heard(number_clips(number, have)) == number


def test_what_cannot_be_a_number_is_not_heard_as_one() -> None:
    assert number_heard(()) is None
    assert number_heard(("n-25", "n-3", "n-7")) is None


def test_clips_are_read_back_from_their_names() -> None:
    heard = clips_heard(clips_of_advice(verdict(), ALL))
    assert heard == HeardCall(weekday=2, day_of_month=22, hour=19, minute=0, duration_minutes=210, volume_m3=None)
    assert clips_heard(("wait",)).weekday is None


def test_clips_that_say_something_else_are_not_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "_duration", lambda *_: ("hours-9",))
    with pytest.raises(IntegrityError, match=r"^parcel p1: expected recordings that say .* nobody was called$"):
        clips_of_advice(verdict(), ALL)


@pytest.mark.parametrize(
    ("parcel_id", "clip"), [("P12", "parcel-p12"), ("a-3", "parcel-a-3"), ("../x", None), ("قطعة", None), ("a b", None)]
)
def test_a_parcels_own_clip_has_a_plain_name_or_none(parcel_id: str, clip: str | None) -> None:
    assert clip_of_parcel(parcel_id) == clip


def test_the_list_of_what_to_record_names_each_clip_once() -> None:
    assert len(needed_clips()) == len(ALL)
    assert {"irrigate", "day-6", "n-31", "clock-23", "hours-24", "past-55", "minutes-5"} <= ALL


def test_a_speaker_is_told_what_to_say_for_each_clip() -> None:
    words = catalogue("fr")
    said = dict(script(words))
    assert set(said) == ALL
    assert (said["day-4"], said["clock-19"]) == ("vendredi", "19h")
    assert (said["hours-3"], said["minutes-5"]) == (words.count("hours", 3), words.count("minutes", 5))
    assert (said["n-7"], said["past-30"]) == ("7", "30 (minutes past the hour)")
    assert said["thanks"] == "Noted. Thank you."
    assert all(said.values())
