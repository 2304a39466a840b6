"""``seguia cloud review learn``: counted from the ledger, put in force by a named person, taken by the next night."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from cloud.errors import CloudError, ConfigurationError, InputError
from cloud.records import Check, Verdict
from cloud.review.word import Signature, Word
from tests.held_farm import NIGHT, Clock, clock, small_dose
from tests.office import DAY, cloud, furnish, new_office, store_of

__all__ = ["clock"]
BY = ("--by", "Brahim", "--why", "two weeks with a probe in the ground")


def held_on(day: date, parcel_id: str, ratio: float) -> Verdict:
    """A dose that the judge kept back since the soil had no room for it."""
    spoken = small_dose(parcel_id, (DAY - day).days).proposed
    check = Check(name="room_in_soil", passed=False, measured=40.0 * ratio, limit=40.0)
    silent = {"action": "hold", "start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    return Verdict(
        proposed=spoken,
        recommendation=spoken.model_copy(update=silent),
        decision="hold",
        checks=(check,),
        explanation="Invented for a test.",
        valid_until=NIGHT,
    )


def decided(data: Path, count: int, *, ratio: float = 1.12) -> None:
    """Invented approvals of two people on as many earlier days as there are pairs."""
    with store_of(data) as store:
        for number in range(count):
            day, name = DAY - timedelta(days=20 + number // 2), ("one", "two")[number % 2]
            held = held_on(day, name, ratio)
            store.save_day(day, (), [held])
            person = f"person {number % 2}"
            word = Word(
                parcel_id=name,
                day=day,
                held=held.digest(),
                act="approve",
                reviewer=store.reviewer_mark(person),
                decided_at=NIGHT - timedelta(days=10),
                final=True,
            )
            store.keep_word(word, Signature(by=person, why="seen"), verdict=None, message=None)


@pytest.fixture
def data(tmp_path: Path, clock: Clock) -> Path:
    made = new_office(tmp_path)
    furnish(made)
    return made


def refused(kind: type[CloudError], *arguments: object) -> str:
    result = cloud("review", "learn", *arguments)
    assert isinstance(result.exception, kind), (result.output, result.exception)
    return str(result.exception)


def test_a_proposal_changes_nothing_until_somebody_puts_it_in_force(data: Path, tmp_path: Path) -> None:
    decided(data, 24)
    file = tmp_path / "limits.json"
    done = cloud("review", "learn", "--out", file, "--data", data)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(
        "room_in_soil: let pass 24 of 24, 100% [86%, 100%], 12 days, 2 people; limit times 1 -> 1.12: people mostly"
    )
    with store_of(data) as store:
        assert store.judge_limits() is None
    before = json.loads(cloud("audit", "verify", "--data", data).stdout)["entries"]
    applied = cloud("review", "learn", "--apply", file, *BY, "--data", data)
    assert applied.stdout == (
        "limits of the judge, version 1: in force from the next night on\nroom_in_soil: limit times 1.12\n"
    )
    report = json.loads(cloud("audit", "verify", "--data", data).stdout)
    assert (report["entries"], report["intact"]) == (before + 1, True)
    night = cloud("nightly", "--data", data, "--day", DAY)
    assert night.exit_code == 0, night.output
    with store_of(data) as store:
        verdict = store.verdict_on("one", DAY)
        limits = store.judge_limits()
    assert verdict is not None
    assert limits is not None
    named = {one.name: one.sha256 for one in verdict.proposed.inputs}
    assert named["limits of the judge, version 1"] == limits.digest()
    assert (limits.version, limits.factors) == (1, {"room_in_soil": 1.12})


def test_only_what_was_decided_since_counts_and_an_old_proposal_is_refused(data: Path, tmp_path: Path) -> None:
    decided(data, 24)
    file = tmp_path / "limits.json"
    assert cloud("review", "learn", "--out", file, "--data", data).exit_code == 0
    assert cloud("review", "learn", "--apply", file, *BY, "--data", data).exit_code == 0
    assert "learn again" in refused(InputError, "--apply", file, *BY, "--data", data)
    assert "nothing to learn from" in cloud("review", "learn", "--out", file, "--data", data).stdout
    assert "got those in force" in refused(InputError, "--apply", file, *BY, "--data", data)


def test_a_proposal_that_somebody_changed_is_refused(data: Path, tmp_path: Path) -> None:
    decided(data, 24)
    file = tmp_path / "limits.json"
    assert cloud("review", "learn", "--out", file, "--data", data).exit_code == 0
    content = json.loads(file.read_text(encoding="utf-8"))
    content["factors"]["within_quota"] = 9.0
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "expected the limits that follow" in refused(InputError, "--apply", file, *BY, "--data", data)
    file.write_text("{}", encoding="utf-8")
    assert "expected a proposal of" in refused(InputError, "--apply", file, *BY, "--data", data)
    assert "expected a proposal of" in refused(InputError, "--apply", tmp_path / "none", *BY, "--data", data)
    with store_of(data) as store:
        assert store.judge_limits() is None


def test_who_and_why_are_asked_for_and_few_decisions_propose_nothing(data: Path, tmp_path: Path) -> None:
    decided(data, 10)
    file = tmp_path / "limits.json"
    done = cloud("review", "learn", "--out", file, "--data", data)
    assert "limit times stays 1: fewer than 20 decisions" in done.stdout
    assert "expected --by and --why" in refused(ConfigurationError, "--apply", file, "--data", data)
    assert "got those in force" in refused(InputError, "--apply", file, *BY, "--data", data)
    assert "expected a file that can be written" in refused(InputError, "--out", tmp_path / "no" / "p", "--data", data)
    nothing = cloud("review", "learn", "--data", data)
    assert nothing.exit_code == 0
    assert nothing.stdout.count("\n") == 1
