"""What is at stake, by hand; and the order in which people are shown what waits."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.records import Check, IrrigationSystem, Verdict
from cloud.review.queue import queue_of
from cloud.review.stake import Stake, stake_of
from cloud.review.word import Word
from tests.unit.cloud.review.conftest import NOW, AdviceOf, HeldOf, ParcelOf, WordOf


def test_a_stake_is_likely_stress_times_volume_until_the_start(held_of: HeldOf, parcel_of: ParcelOf) -> None:
    stake = stake_of(held_of(), parcel_of(), NOW)
    assert (stake.dose_mm, stake.volume_m3) == (24.0, 480.0)
    assert stake.missing_m3 == 240.0
    # 07:00 UTC is 08:00 in Casablanca: the last start, at 20:00, is 12 hours away.
    assert stake.hours_left == 12.0
    assert stake.risk == 20.0


def test_once_the_start_is_over_the_end_of_the_verdict_counts(held_of: HeldOf, parcel_of: ParcelOf) -> None:
    late = stake_of(held_of(), parcel_of(), NOW + timedelta(hours=14))
    assert late.hours_left == 2.0
    last = stake_of(held_of(), parcel_of(), NOW + timedelta(hours=15, minutes=30))
    assert (last.hours_left, last.risk) == (0.5, 240.0)
    over = stake_of(held_of(), parcel_of(), NOW + timedelta(hours=16))
    assert (over.hours_left, over.risk) == (0.0, 0.0)


def test_what_is_not_known_counts_as_bad_as_it_can_be(
    held_of: HeldOf, advice_of: AdviceOf, parcel_of: ParcelOf
) -> None:
    silent = {"action": "hold", "start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    nothing = {**silent, "stress_probability_if_ignored": None, "depletion_mm": None}
    unknown = stake_of(held_of(advice_of(**nothing)), parcel_of(), NOW)
    assert (unknown.stress_probability, unknown.dose_mm) == (1.0, 50.0)
    dry = stake_of(held_of(advice_of(**silent)), parcel_of(), NOW)
    assert dry.dose_mm == 24.0 / 0.75
    wet = stake_of(
        held_of(advice_of(**{**silent, "depletion_mm": {"p10": -9, "p50": -5, "p90": -1}})), parcel_of(), NOW
    )
    assert wet.missing_m3 == 0.0
    assert stake_of(held_of(advice_of(**nothing)), None, NOW).missing_m3 == 0.0


STAKES = st.builds(
    Stake,
    stress_probability=st.floats(0.0, 1.0),
    dose_mm=st.just(0.0),
    volume_m3=st.floats(0.0, 1e6),
    hours_left=st.floats(0.01, 200.0),
)


@settings(max_examples=60)
@given(stake=STAKES, more=st.floats(1.0, 3.0))
def test_risk_never_falls_with_stress_water_or_urgency(stake: Stake, more: float) -> None:
    def changed(**values: float) -> float:
        given_now = {"stress_probability": stake.stress_probability, "volume_m3": stake.volume_m3}
        return Stake(**{**given_now, "dose_mm": 0.0, "hours_left": stake.hours_left, **values}).risk

    assert changed(stress_probability=min(1.0, stake.stress_probability * more)) >= stake.risk
    assert changed(volume_m3=stake.volume_m3 * more) >= stake.risk
    assert changed(hours_left=stake.hours_left / more) >= stake.risk


def test_the_greatest_loss_comes_first_and_what_expired_last(
    held_of: HeldOf, advice_of: AdviceOf, parcel_of: ParcelOf
) -> None:
    doubt = Check(name="weather_is_fresh", passed=False, measured=9.0, limit=3.0)
    drip = IrrigationSystem(method="drip")
    parcels = {
        "small": parcel_of(id="small", area_ha=0.5),
        "large": parcel_of(id="large", area_ha=8.0),
        "wide": parcel_of(id="wide", area_ha=40.0),
        "other": parcel_of(id="other", irrigation=drip),
    }
    verdicts = [
        held_of(advice_of(parcel_id="small")),
        held_of(advice_of(parcel_id="large")),
        held_of(advice_of(parcel_id="wide"), valid_until=NOW),
        held_of(advice_of(parcel_id="other"), checks=(doubt,)),
        held_of(advice_of(parcel_id="told"), decision="release"),
        held_of(advice_of(parcel_id="decided"), reviewer="agronomist"),
    ]
    cards = queue_of(verdicts, parcels, (), NOW)
    assert [[item.parcel_id for item in one.items] for one in cards] == [["large", "small", "wide"], ["other"]]
    assert [one.card.cause.check for one in cards] == ["waiting_is_safe", "weather_is_fresh"]
    assert [item.status for item in cards[0].items] == ["open", "open", "expired"]
    assert cards[0].risk == pytest.approx((0.5 * 1920.0 + 0.5 * 120.0) / 12.0)
    assert cards[0].status == "open"
    late = queue_of(verdicts, parcels, (), NOW + timedelta(days=2))
    assert {one.status for one in late} == {"expired"}


def test_words_show_on_their_verdict_and_on_no_other(
    held_of: HeldOf, advice_of: AdviceOf, parcel_of: ParcelOf, word_of: WordOf
) -> None:
    first, second = held_of(), held_of(advice_of(volume_m3=481.0))
    words = (word_of(act="hold", final=False),)

    def status(verdict_words: Sequence[Word], verdict: Verdict) -> str:
        (card,) = queue_of([verdict], {"plot": parcel_of()}, verdict_words, NOW)
        return card.status

    assert status((), first) == "open"
    assert status(words, first) == "kept_held"
    assert status((*words, word_of(final=False)), first) == "awaits_second"
    assert status(words, second) == "open"
