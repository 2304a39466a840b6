"""What is unlike all advice released before is held, with the trait that made it so; a file keeps it."""

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from cloud.errors import InputError
from cloud.judge.forest import Forest
from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.novelty import NAME, NEEDED, Novelty, learn
from cloud.judge.novelty_file import dumps, loads
from cloud.judge.traits import TRAITS, kind_of, traits_of
from cloud.records import Check, Evidence, Parcel, Recommendation, Verdict
from tests.synthetic_season import parcel

DAY = date(2026, 6, 10)
ProposalOf = Callable[..., Recommendation]


def facts(readily_mm: float, rain_mm: float) -> tuple[Evidence, ...]:
    return (
        Evidence(kind="readily_available_mm", value=readily_mm, source="soil"),
        Evidence(kind="forecast_rain_mm", value=rain_mm, source="forecast"),
    )


def released(proposed: Recommendation) -> Verdict:
    checks = (
        Check(name="room_in_soil", passed=True, measured=20.0, limit=40.0),
        Check(name="needed", passed=True, measured=20.0, limit=8.0),
        Check(name="waiting_is_safe", passed=True, measured=20.0, limit=56.0),
        Check(name="weather_as_before", passed=True, measured="et_mm_0_3=15; et_mm_3_10=35; warmth_c_0_3=24", limit=""),
        Check(name="forecast_as_before", passed=True, measured="2026-06-10=0.0; warmth_2026-06-10=25.0", limit=""),
    )
    return Verdict(
        proposed=proposed,
        recommendation=proposed,
        decision="release",
        checks=checks,
        explanation="",
        valid_until=datetime(2026, 6, 11, tzinfo=UTC),
    )


@pytest.fixture
def history(proposal_of: ProposalOf, wait_of: ProposalOf) -> tuple[Verdict, ...]:
    """Doses that give back what is missing, and waits of a day or two while little is."""
    generator = np.random.default_rng(3)
    found = []
    for number in range(NEEDED + 60):
        missing = float(generator.uniform(14.0, 26.0))
        claim = {"p10": missing - 3.0, "p50": missing, "p90": missing + 4.0}
        gross = {name: value / 0.75 for name, value in claim.items()}
        shown = facts(float(generator.uniform(35.0, 45.0)), float(generator.uniform(0.0, 2.0)))
        day = DAY - timedelta(days=1 + number % 60)
        found.append(released(proposal_of(day=day, depth_mm=gross, depletion_mm=claim, evidence=shown)))
        calm = {name: value / 4.0 for name, value in claim.items()}
        wait = wait_of(
            day=day,
            next_check_day=day + timedelta(days=1 + number % 2),
            depletion_mm=calm,
            evidence=shown,
            stress_probability_if_ignored=float(generator.uniform(0.0, 0.2)),
        )
        found.append(released(wait))
    return tuple(found)


@pytest.fixture
def novelty(history: Sequence[Verdict]) -> Novelty:
    return learn(history, [parcel()])


def opinion(novelty: Novelty, verdict: Verdict, where: Parcel | None = None) -> tuple[bool, str]:
    (finding,) = novelty.findings([(verdict.proposed, where or parcel(), verdict.checks)])
    assert finding is not None
    return finding.passed, str(finding.measured)


def test_what_was_released_is_ordinary(novelty: Novelty, history: Sequence[Verdict]) -> None:
    strange = [one for one in history if not opinion(novelty, one)[0]]
    assert len(strange) <= len(history) // 100


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_a_dose_of_another_size_is_new_and_says_so(novelty: Novelty, history: Sequence[Verdict], factor: float) -> None:
    sound = history[0].proposed
    assert sound.depth_mm is not None
    depth = {name: value * factor for name, value in sound.depth_mm.model_dump().items()}
    changed = Recommendation.model_validate({**sound.model_dump(), "depth_mm": depth})
    passed, measured = opinion(novelty, released(changed))
    assert not passed
    assert measured.startswith("dose")


def test_a_long_wait_under_likely_stress_is_new(novelty: Novelty, history: Sequence[Verdict]) -> None:
    changed = history[1].proposed.model_copy(
        update={"stress_probability_if_ignored": 0.5, "next_check_day": history[1].proposed.day + timedelta(days=6)}
    )
    passed, measured = opinion(novelty, released(changed))
    assert not passed
    assert "check" in measured


def test_a_refusal_has_no_traits_and_gets_no_opinion(
    novelty: Novelty, proposal_of: ProposalOf, history: Sequence[Verdict]
) -> None:
    silent = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    held = proposal_of(action="hold", reason_code="no_data", depletion_mm=None, **silent)
    assert kind_of(held) is None
    assert novelty.findings([(held, parcel(), ())]) == (None,)
    assert novelty.findings([(history[0].proposed, None, ())]) == (None,)


def test_too_few_teach_nothing(history: Sequence[Verdict]) -> None:
    with pytest.raises(InputError, match="at least 200 released verdicts"):
        learn(history[:50], [parcel()])
    blocked = [one.model_copy(update={"decision": "block"}) for one in history]
    with pytest.raises(InputError, match="got 0"):
        learn(blocked, [parcel()])


def test_traits_that_the_record_does_not_tell_are_unknown(wait_of: ProposalOf, proposal_of: ProposalOf) -> None:
    bare = traits_of("wait", wait_of(stress_probability_if_ignored=None), (), None)
    assert len(bare) == len(TRAITS["wait"])
    assert np.isnan(bare).sum() == len(bare) - 1
    assert len(traits_of("irrigate", proposal_of(), (), None)) == len(TRAITS["irrigate"])


def test_a_file_of_it_says_the_same(novelty: Novelty, history: Sequence[Verdict]) -> None:
    again = loads(dumps(novelty), "novelty.skops")
    assert again.last_day == novelty.last_day
    asked = [(one.proposed, parcel(), one.checks) for one in history[:40]]
    assert again.findings(asked) == novelty.findings(asked)


def test_another_file_is_refused_by_name(novelty: Novelty) -> None:
    content = dumps(novelty)
    for spoilt in (b"", b"{}", content[: len(content) // 2]):
        with pytest.raises(InputError, match=r"n\.skops: expected a file made by: seguia judge learn"):
            loads(spoilt, "n.skops")
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("schema.json", "{}")
    with pytest.raises(InputError, match="learn again"):
        loads(empty.getvalue(), "n.skops")


def test_a_file_of_another_format_or_other_traits_is_refused(novelty: Novelty, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("cloud.judge.novelty_file.FORMAT", "seguia novelty 0")
        old = dumps(novelty)
    with pytest.raises(InputError, match="seguia novelty 0"):
        loads(old, "n.skops")
    with monkeypatch.context() as patch:
        patch.setattr("cloud.judge.novelty_file.TRAITS", {**TRAITS, "wait": ("colour",)})
        other = dumps(novelty)
    with pytest.raises(InputError, match="traits of this release"):
        loads(other, "n.skops")
    with monkeypatch.context() as patch:
        patch.setattr("cloud.learned_file.LARGEST_BYTES", 10)
        with pytest.raises(InputError, match="expected at most 0 MB once unpacked"):
            loads(dumps(novelty), "n.skops")


def test_the_forest_scores_as_its_library_does() -> None:
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 -- slow to import; only this test compares

    rows = np.random.default_rng(0).normal(size=(300, 4))
    own = Forest.grown(rows, trees=20, samples=64, seed=5).scores(rows)
    theirs = IsolationForest(n_estimators=20, max_samples=64, random_state=5).fit(rows).score_samples(rows)
    assert own == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("spoil", ["loop", "shape", "trait", "length"])
def test_a_forest_that_does_not_end_is_refused(spoil: str) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    sound = Forest.grown(rows, trees=5, samples=32, seed=1)
    sound.check(3)
    left = sound.left.copy()
    left[0, 0] = 0
    broken = {
        "loop": replace(sound, left=left),
        "shape": replace(sound, right=sound.right[:, 1:]),
        "trait": replace(sound, trait=sound.trait + 7),
        "length": replace(sound, length=sound.length * np.nan),
    }
    with pytest.raises(ValueError, match="forest"):
        broken[spoil].check(3)


def test_the_judge_holds_what_is_new_and_says_nothing_without(
    novelty: Novelty, inputs_of: Callable[..., JudgeInputs], proposal_of: ProposalOf
) -> None:
    small = proposal_of(
        depth_mm={"p10": 6.0, "p50": 6.0, "p90": 26.0},
        volume_m3=120.0,
        duration_h=3.0,
        evidence=facts(40.0, 1.0),
        next_check_day=DAY + timedelta(days=1),
    )
    (without,) = judge([small], inputs_of())
    assert NAME not in {check.name for check in without.checks}
    (verdict,) = judge([small], inputs_of(novelty=novelty))
    assert verdict.decision == "hold"
    assert verdict.recommendation.reason_code == NAME
    assert "unlike all that was released" in verdict.explanation


class _Spell:
    """What a file would have to bring along to run something."""

    def __reduce__(self) -> tuple[Callable[..., int], tuple[str]]:
        return os.system, ("false",)


@pytest.mark.parametrize("brought", [_Spell(), partial(os.system, "false"), np.array([_Spell()], dtype=object)])
def test_a_file_that_brings_more_than_numbers_is_refused(brought: object) -> None:
    import skops.io  # noqa: PLC0415 -- slow to import; only this test writes such a file

    content = skops.io.dumps({"format": "seguia novelty 1", "kinds": brought})
    with pytest.raises(InputError, match=r"n\.skops: expected"):
        loads(content, "n.skops")


@pytest.mark.parametrize("spoil", ["silent", "usual", "places"])
def test_a_file_that_would_never_hold_or_fail_in_the_night_is_refused(novelty: Novelty, spoil: str) -> None:
    kind, learned = next(iter(novelty.kinds.items()))
    forest = learned.forest
    changed = {
        "silent": replace(learned, least_score=float("nan")),
        "usual": replace(learned, forest=replace(forest, threshold=forest.threshold, usual=float("nan"))),
        "places": replace(learned, forest=replace(forest, left=forest.left.astype(float))),
    }
    content = dumps(replace(novelty, kinds={**novelty.kinds, kind: changed[spoil]}))
    with pytest.raises(InputError, match=r"n\.skops: expected a file made by: seguia judge learn"):
        loads(content, "n.skops")


def test_a_verdict_that_stands_in_the_history_twice_counts_once(
    inputs_of: Callable[..., JudgeInputs], proposal_of: ProposalOf
) -> None:
    (verdict,) = judge([proposal_of()], inputs_of())
    assert verdict.decision == "release"
    with pytest.raises(InputError, match="got 1 of both"):
        learn([verdict] * 300, ())
