"""What is kept of a night: its digest says what it rested on and nothing else, and what changed since is told."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.replay.kept import Environment, KeptNight, KeptState, RecordsSeen, Rested

A, B = "a" * 64, "b" * 64


def rested(**changes: object) -> Rested:
    given = {
        "day": date(2026, 6, 10),
        "weather": (A,),
        "forecast": None,
        "given": B,
        "records": {"parcel": RecordsSeen(count=2, sha256=A)},
        **changes,
    }
    return Rested.model_validate(given)


def environment(**changes: object) -> Environment:
    given = {
        "machine": "x86_64",
        "processor": "any",
        "python": "3.11.7",
        "packages": {"numpy": "2.4.6"},
        "code_sha256": A,
        **changes,
    }
    return Environment.model_validate(given)


def night(**changes: object) -> KeptNight:
    moment = datetime(2026, 6, 10, tzinfo=UTC)
    given = {
        "rested": rested(),
        "code_version": "1",
        "decided_at": moment,
        "moment": moment,
        "first": date(2026, 1, 1),
        "parcels_position": 3,
        "position": 5,
        "ledger_hash": B,
        "environment": environment(),
        **changes,
    }
    return KeptNight.model_validate(given)


def test_the_digest_is_of_what_a_night_rested_on_alone() -> None:
    one = rested().sha256()
    assert one == rested().sha256() == night(position=9, environment=environment(machine="arm")).rested.sha256()
    changed = (
        {"day": date(2026, 6, 11)},
        {"weather": (A, B)},
        {"forecast": (A,)},
        {"given": A},
        {"records": {"parcel": RecordsSeen(count=3, sha256=A)}},
    )
    assert len({one, *(rested(**change).sha256() for change in changed)}) == 6


def test_a_night_comes_back_from_its_json() -> None:
    assert KeptNight.model_validate_json(night().model_dump_json()) == night()


def test_what_is_another_today_is_told() -> None:
    assert night().differences(environment(), "1") == ()
    assert night().differences(environment(code_sha256=B), "2") == ("code version: was 1, is 2",)
    assert night().differences(environment(code_sha256=B), "1") == ("code: other rules under the same version 1",)
    told = night().differences(
        environment(machine="aarch64", processor="other", python="3.12.0", packages={"numba": "1"}), "1"
    )
    assert told == (
        "machine: was x86_64, is aarch64",
        "processor: was any, is other",
        "python: was 3.11.7, is 3.12.0",
        "package numba: was absent, is 1",
        "package numpy: was 2.4.6, is absent",
    )


STATE = KeptState(shelf="checkpoints", day=date(2026, 3, 1), sha256=A)


def test_a_sealed_night_is_whole_and_stays_so_through_its_json() -> None:
    elsewhere = datetime(2026, 6, 10, 19, 30, 1, 25, tzinfo=ZoneInfo("Africa/Casablanca"))
    own = night(states=(STATE,), decided_at=elsewhere).sealed()
    assert own.is_whole
    assert KeptNight.model_validate_json(own.model_dump_json()).is_whole
    assert own.sealed() == own


@pytest.mark.parametrize(
    "change",
    [
        {"states": ()},
        {"states": (STATE.model_copy(update={"sha256": B}),)},
        {"states": (STATE, STATE)},
        {"position": 6},
        {"environment": environment(machine="arm")},
        {"seal": None},
        {"seal": B},
    ],
)
def test_a_night_whose_states_were_exchanged_does_not_fit_its_seal(change: dict[str, object]) -> None:
    assert not night(states=(STATE,)).sealed().model_copy(update=change).is_whole


def test_a_night_from_before_seals_is_read_and_cannot_be_made_of_a_later_one() -> None:
    old = night(rested=rested(format=1), states=(STATE,))
    assert old.is_whole
    assert not night(states=(STATE,)).is_whole
    # What a verdict names holds the format: taking the seal off changes the digest too.
    assert rested(format=1).sha256() != rested().sha256()
