"""A gateway left alone with its plans: when it speaks, to whom, once, and what it takes from answers. SYNTHETIC."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.planning.making import PlansMade
from cloud.planning.words import recipient_of
from cloud.speech.voice import Voice
from edge.clock import Clock
from edge.contract import SmsInbound
from edge.fallback import ALIVE
from edge.gateway_advice import decode_advice
from edge.plan import PlanRecipient
from edge.plan_hours import is_quiet
from edge.plan_seal import opening_public, seal_recipients, sealed_for
from tests.plan_world import (
    DAY,
    MADE_AT,
    NUMBER,
    OPENING_KEY,
    Alone,
    bundle_of,
    command,
    farmer,
    planned,
    signed,
)

AFTER = DAY + timedelta(days=2)
DAY_AFTER_ALL = MADE_AT + timedelta(days=400)


@pytest.fixture(scope="module")
def made() -> PlansMade:
    return planned()[1]


@pytest.fixture
def alone(tmp_path: Path, made: PlansMade) -> Iterator[Alone]:
    gateway = Alone(folder=tmp_path)
    gateway.fallback.take(signed(bundle_of(made, farmer())))
    assert gateway.fallback.state().number == 7
    yield gateway
    gateway.outbox.close()


def heard(text: str, at: datetime, **changes: object) -> SmsInbound:
    content = {"name": "ab" * 12, "phone_number": NUMBER, "text": text, "received_at": at}
    return SmsInbound.model_validate({**content, **changes})


def advice_of(alone: Alone) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in alone.told()]


def test_it_is_silent_while_the_cloud_speaks_and_speaks_when_it_does_not(alone: Alone) -> None:
    for hour in (9, 18):
        alone.at(DAY, hour)
    assert alone.told() == []
    assert alone.fallback.state().alone_since is None
    alone.at(AFTER, 18)
    assert len(alone.told()) == 1
    assert alone.fallback.state().alone_since == MADE_AT
    assert any("cloud is silent" in line for line in alone.said)


def test_any_word_of_the_cloud_ends_it(alone: Alone) -> None:
    alone.at(AFTER, 18)
    said = len(alone.told())
    alone.fallback.heard()
    alone.at(AFTER + timedelta(days=1), 18)
    assert len(alone.told()) == said
    assert any("speaks again" in line for line in alone.said)


def test_a_person_gets_one_text_a_day_however_often_it_looks_or_starts_anew(alone: Alone) -> None:
    for hour in (17, 18, 19):
        alone.at(AFTER, hour)
    assert len(alone.texts()) == 1
    alone.outbox.close()
    alone.open()
    alone.at(AFTER, 19, 30)
    assert len(alone.texts()) == 1
    assert [one["day"] for one in advice_of(alone)] == [str(AFTER + timedelta(days=1))]


def test_the_text_the_letter_and_the_word_to_the_cloud_agree(alone: Alone) -> None:
    alone.at(AFTER, 18)
    (letter,), (said,) = alone.texts(), advice_of(alone)
    message, advice = decode_advice("gw-01", alone.told()[0])
    assert advice.text == letter["text"] == said["text"]
    assert advice.id == letter["id"]
    assert message.gateway == "gw-01"
    assert letter["number"] == NUMBER
    assert NUMBER not in alone.told()[0].decode()
    assert letter["about"] == f"plot-{advice.day}-{advice.kind}"
    assert advice.valid_until == advice.starts_to
    assert f"{advice.depth_mm:.0f} mm" in str(letter["text"])


def test_nobody_is_woken(tmp_path: Path, made: PlansMade) -> None:
    gateway = Alone(folder=tmp_path)
    early = farmer(quiet_from="17:00", quiet_until="09:00")
    gateway.fallback.take(signed(bundle_of(made, early)))
    for hour in (17, 20, 23):
        gateway.at(AFTER, hour, 5)
    for hour in (2, 8):
        gateway.at(AFTER + timedelta(days=1), hour, 55)
    assert gateway.texts() == []
    assert gateway.told() == []
    gateway.at(AFTER + timedelta(days=1), 9, 1)
    assert len(gateway.texts()) == 1
    gateway.outbox.close()


def test_who_may_never_be_woken_costs_no_advice_and_counts_as_not_told(tmp_path: Path, made: PlansMade) -> None:
    gateway = Alone(folder=tmp_path)
    gateway.fallback.take(signed(bundle_of(made, farmer(quiet_from="00:00", quiet_until="23:59"))))
    for hour in (1, 9, 14):
        gateway.at(AFTER, hour)
    assert gateway.told() == []
    gateway.at(AFTER, 15)
    assert gateway.texts() == []
    (said,) = advice_of(gateway)
    assert (said["day"], "text" in said) == (str(AFTER), False)
    noted = gateway.fallback.book.advised("plot", AFTER)
    assert noted is not None
    assert not noted.told
    gateway.outbox.close()


def test_without_a_modem_it_writes_down_and_tells_the_cloud(tmp_path: Path, made: PlansMade) -> None:
    gateway = Alone(folder=tmp_path, modem=False)
    gateway.fallback.take(signed(bundle_of(made, farmer())))
    gateway.at(AFTER, 18)
    (said,) = advice_of(gateway)
    assert said["kind"] == "irrigate"
    assert "text" not in said
    assert gateway.texts() == []
    gateway.outbox.close()


@pytest.mark.parametrize(("answer", "share"), [("1", 1.0), ("2", 0.0), ("4", 0.5), ("\u0661", 1.0), ("سقيت", 1.0)])
def test_an_answer_moves_the_next_lookup(alone: Alone, answer: str, share: float) -> None:
    alone.at(AFTER, 18)
    (told,) = advice_of(alone)
    plan = alone.fallback.holder.bundle.plans[0] if alone.fallback.holder.bundle else None
    assert plan is not None
    following = AFTER + timedelta(days=2)
    alone.at(following, 9)
    before = alone.fallback.advice_for(plan, following).missing_mm
    assert not alone.fallback.overhear(heard(answer, alone.now), alone.now)
    after = alone.fallback.advice_for(plan, following).missing_mm
    net = plan.efficiency * plan.counted * told["depth_mm"]
    assert after - before == pytest.approx((plan.presumed - share) * net, abs=0.01)


def test_an_answer_to_what_the_cloud_told_counts_too(alone: Alone) -> None:
    plan = alone.fallback.holder.bundle.plans[0] if alone.fallback.holder.bundle else None
    assert plan is not None
    (given,) = [one for one in plan.given if one.told_mm is not None]
    alone.at(DAY + timedelta(days=1), 9)
    alone.fallback.overhear(heard("2", alone.now), alone.now)
    counted = {one.day: one.depth_mm for one in alone.fallback.book.given(plan, AFTER, {})}
    assert counted[given.day] == 0.0


def test_strangers_calls_and_chatter_change_nothing(alone: Alone) -> None:
    alone.at(AFTER, 18)
    plan = alone.fallback.holder.bundle.plans[0] if alone.fallback.holder.bundle else None
    assert plan is not None
    before = alone.fallback.book.given(plan, AFTER + timedelta(days=2), {})
    for word in (
        heard("1", alone.now, phone_number="+212699999999"),
        heard("1", alone.now, phone_number="1"),
        heard("done tomorrow perhaps", alone.now),
        heard("3", alone.now, path="call"),
    ):
        assert not alone.fallback.overhear(word, alone.now)
    assert alone.fallback.book.given(plan, AFTER + timedelta(days=2), {}) == before


def test_rain_that_is_told_counts_where_no_gauge_measures(tmp_path: Path, made: PlansMade) -> None:
    gateway = Alone(folder=tmp_path, measures=False)
    gateway.fallback.take(signed(bundle_of(made, farmer())))
    plan = gateway.fallback.holder.bundle.plans[0] if gateway.fallback.holder.bundle else None
    assert plan is not None
    gateway.at(AFTER, 9)
    before = gateway.fallback.advice_for(plan, AFTER + timedelta(days=1)).missing_mm
    gateway.fallback.overhear(heard("pluie", gateway.now), gateway.now)
    after = gateway.fallback.advice_for(plan, AFTER + timedelta(days=1)).missing_mm
    assert 0.0 < before - after < 6.0  # the class from 4 to 6 mm
    gateway.outbox.close()


def test_stop_is_honoured_here_and_start_ends_it(alone: Alone) -> None:
    alone.at(AFTER, 12)
    alone.fallback.overhear(heard("STOP", alone.now), alone.now)
    before = len(alone.texts())
    alone.at(AFTER, 18)
    assert len(alone.texts()) == before
    assert len(alone.told()) >= 1  # the cloud still learns what would have been said
    alone.fallback.overhear(heard("START", alone.now), alone.now)
    alone.at(AFTER + timedelta(days=1), 18)
    assert len(alone.texts()) == before + 1


def test_old_foreign_ended_and_changed_plans_are_refused_and_the_held_one_stays(alone: Alone, made: PlansMade) -> None:
    good = bundle_of(made, farmer())
    ended = good.model_copy(update={"number": 9, "until": MADE_AT})
    stolen = bundle_of(made, farmer(), number=8, sealed_to=bytes(range(9, 41)))
    for payload, word in (
        (signed(bundle_of(made, farmer(), number=6)), "newer"),
        (signed(ended), "ended"),
        (signed(good, key=bytes(32)), "signed"),
        (signed(good, topic="seguia/v1/coop/gw-02/plan"), "signed"),
        (signed(stolen), "cannot be read"),
        (b"{}", "signed plan"),
    ):
        alone.fallback.take(payload)
        state = alone.fallback.state()
        assert state.number == 7
        assert state.refused is not None
        assert word in state.refused
    alone.fallback.take(signed(good))
    assert alone.fallback.state().refused is None


def test_an_older_plan_does_not_come_back_after_a_restart(alone: Alone, made: PlansMade) -> None:
    alone.outbox.close()
    alone.open()
    assert alone.fallback.state().number == 7
    alone.fallback.take(signed(bundle_of(made, farmer(), number=6)))
    assert alone.fallback.state().number == 7


def test_the_same_plan_again_is_no_sign_of_life_and_a_newer_one_is(alone: Alone, made: PlansMade) -> None:
    alone.at(AFTER, 18)
    alone.fallback.take(signed(bundle_of(made, farmer())))
    assert alone.fallback.silent_since(alone.now) is not None
    alone.fallback.take(signed(bundle_of(made, farmer(), number=8)))
    assert alone.fallback.silent_since(alone.now) is None
    assert alone.fallback.state().number == 8


def test_when_the_plan_has_ended_it_says_so_and_nothing_else(alone: Alone) -> None:
    alone.at(DAY + timedelta(days=40), 18)
    assert alone.told() == []
    assert any("has ended" in line for line in alone.said)


def test_with_a_clock_that_is_wrong_nothing_is_dated(tmp_path: Path, made: PlansMade) -> None:
    gateway = Alone(folder=tmp_path)
    gateway.fallback.take(signed(bundle_of(made, farmer())))
    gateway.at(AFTER, 12)
    gateway.outbox.timekeeper.note()
    said = len(gateway.told())
    gateway.outbox.close()
    lost = Clock(
        now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        monotonic_s=lambda: 5000.0,
        synchronised=lambda: False,
        boot=lambda: "another",
    )
    gateway.clock = lambda: lost  # type: ignore[method-assign]
    gateway.now = datetime(2026, 1, 2, tzinfo=UTC)
    gateway.open()
    gateway.fallback.step()
    assert len(gateway.told()) == said
    gateway.outbox.close()


def test_what_the_cloud_had_sent_already_is_not_said_again(alone: Alone) -> None:
    alone.at(AFTER, 12)
    day = AFTER + timedelta(days=1)
    for kind in ("irrigate", "wait"):
        text = command(id=f"cloud-{kind}", about=f"plot-{day}-{kind}", valid_until=alone.now + timedelta(days=1))
        assert alone.letters.take(text, alone.now) == "taken"
    alone.at(AFTER, 18)
    states = dict(alone.outbox.database.rows("SELECT id, state FROM letter"))
    assert [state for name, state in states.items() if name.startswith("advice.") and "taken" not in state] == [
        "refused"
    ]


def test_two_people_hear_the_same_numbers_at_their_own_hours(tmp_path: Path, made: PlansMade) -> None:
    gateway = Alone(folder=tmp_path)
    second = farmer("fr", id="f-2", phone_number="+212687654321", quiet_from="17:00", quiet_until="10:00")
    gateway.fallback.take(signed(bundle_of(made, farmer(), second)))
    gateway.at(AFTER, 18)
    assert len(gateway.texts()) == 1
    gateway.at(AFTER + timedelta(days=1), 10, 5)
    said = advice_of(gateway)
    assert {one["farmer_id"] for one in said} == {"f-1", "f-2"}
    assert len({(one["day"], one["depth_mm"], one["volume_m3"]) for one in said}) == 1
    gateway.outbox.close()


def test_a_plan_whose_recipients_are_another_parcels_is_refused(alone: Alone, made: PlansMade) -> None:
    good = bundle_of(made, farmer(), number=8)
    moved = seal_recipients((), sealed_for("other", 8), opening_public(OPENING_KEY))
    plans = tuple(one.model_copy(update={"sealed_recipients": moved}) for one in good.plans)
    alone.fallback.take(signed(good.model_copy(update={"plans": plans})))
    assert alone.fallback.state().number == 7


def test_who_was_switched_off_listens_before_it_speaks(alone: Alone) -> None:
    alone.outbox.close()
    alone.now = datetime(AFTER.year, AFTER.month, AFTER.day, 17, tzinfo=UTC)
    alone.open()
    alone.fallback.step()
    assert alone.texts() == []
    alone.now += timedelta(minutes=11)
    alone.fallback.step()
    assert len(alone.texts()) == 1


def test_a_clock_that_is_put_right_makes_no_silence_of_what_was_just_heard(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, told_at = alone.now, datetime(AFTER.year, AFTER.month, AFTER.day, 17, tzinfo=UTC)
    alone.outbox.close()
    up_s = 0.0

    def clock() -> Clock:
        return Clock(
            now=lambda: began - timedelta(days=100),
            monotonic_s=lambda: up_s,
            synchronised=lambda: False,
            boot=lambda: "another",
        )

    monkeypatch.setattr(alone, "clock", clock)
    alone.now = began - timedelta(days=100)
    alone.open()
    up_s = 700.0
    alone.fallback.heard()
    alone.outbox.timekeeper.told_by_cloud(told_at, 699.0)
    last = alone.fallback.book.heard_at()
    assert last is not None
    assert told_at - last > timedelta(hours=36)
    up_s = 800.0
    alone.fallback.step()
    assert alone.texts() == []
    assert alone.fallback.state().alone_since is None


def test_after_a_week_of_silence_even_no_water_is_told_whatever_the_clouds_last_night_told(alone: Alone) -> None:
    plan = alone.fallback.holder.bundle.plans[0] if alone.fallback.holder.bundle else None
    assert plan is not None
    assert any(one.told_mm is not None for one in plan.given)
    advice = replace(alone.fallback.advice_for(plan, DAY), kind="wait")
    assert not alone.fallback._is_worth_telling(plan, advice, plan.made_at + ALIVE - timedelta(hours=1))
    assert alone.fallback._is_worth_telling(plan, advice, plan.made_at + ALIVE)


def test_a_kept_plan_that_a_wrong_clock_refused_at_the_start_is_held_once_the_clock_is_right(alone: Alone) -> None:
    alone.outbox.close()
    right, alone.now = alone.now, DAY_AFTER_ALL
    alone.open()
    assert alone.fallback.holder.bundle is None
    alone.now = right + timedelta(hours=1)
    alone.fallback._looked_at_s = -float("inf")
    alone.fallback.step()
    assert alone.fallback.state().number == 7


def quiet_person(made: PlansMade, quiet_from: str, quiet_until: str) -> PlanRecipient:
    name, plan = next(iter(made.plans.items()))
    somebody = farmer(quiet_from=quiet_from, quiet_until=quiet_until)
    return recipient_of(plan, made.made[name], somebody, Voice(draft=True))


def test_quiet_hours_go_by_the_wall_on_a_day_on_which_the_clocks_are_changed(made: PlansMade) -> None:
    plan, hour, minute = next(iter(made.plans.values())), timedelta(hours=1), timedelta(minutes=1)
    # The second day has 23 hours: within it local time goes an hour further ahead.
    moved = (one.model_copy(update={"begins_at": one.begins_at - hour}) for one in plan.days[2:])
    changed = plan.model_copy(update={"days": (*plan.days[:2], *moved)})
    person, midnight = quiet_person(made, "21:00", "07:00"), changed.days[2].begins_at
    assert is_quiet(person, changed, midnight - 3 * hour + minute)
    assert not is_quiet(person, plan, midnight - 3 * hour + minute)
    assert not is_quiet(person, changed, midnight - 3 * hour - minute)
    assert not is_quiet(person, changed, plan.days[0].begins_at + 12 * hour)
    assert is_quiet(person, changed, midnight + 7 * hour - minute)
    assert not is_quiet(person, changed, midnight + 7 * hour)
