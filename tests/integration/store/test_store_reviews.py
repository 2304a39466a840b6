"""What people said in both databases: all or nothing, once, their names sealed, every change of it found."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.errors import InputError
from cloud.messages import Delivery, Farmer
from cloud.records import Verdict
from cloud.review.decision import verdict_after
from cloud.review.word import JudgeLimits, Signature, Word
from cloud.speech.render import render
from tests.held_farm import small_dose
from tests.integration.store.conftest import NOW

SIGNED = Signature(by="Amina", why="dry")


def held() -> Verdict:
    told = small_dose("one", 0)
    silent = {"action": "hold", "start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    return told.model_copy(update={"decision": "hold", "recommendation": told.proposed.model_copy(update=silent)})


def word(store: Store, verdict: Verdict, by: str = "Amina", *, final: bool = True) -> Word:
    return Word(
        parcel_id="one",
        day=verdict.proposed.day,
        held=verdict.digest(),
        act="approve",
        reviewer=store.reviewer_mark(by),
        decided_at=NOW,
        final=final,
    )


def furnish(store: Store) -> Verdict:
    store.save_farmers([Farmer(id="f1", name="Aicha", phone_number="+212612345678", language="en")])
    verdict = held()
    store.save_day(verdict.proposed.day, (), [verdict])
    waiting = render(verdict, language="en", farmer_id="f1")
    store.queue_message(waiting, verdict_digest=verdict.digest(), now=NOW)
    return verdict


def approve(store: Store, verdict: Verdict, by: str = "Amina") -> str | None:
    said = word(store, verdict, by)
    after = verdict_after(verdict, verdict.proposed, said, "dry.")
    message = render(after, language="en", farmer_id="f1")
    return store.keep_word(said, SIGNED, verdict=after, message=message)


def test_a_word_its_verdict_and_its_text_are_kept_together(store: Store) -> None:
    verdict = furnish(store)
    message_id = approve(store, verdict)
    latest = store.verdict_on("one", verdict.proposed.day)
    assert latest is not None
    assert latest.reviewer == "agronomist"
    assert {log.message_id: log.state for log in store.message_log()}[str(message_id)] == "queued"
    assert sorted(log.state for log in store.message_log()) == ["halted", "queued"]
    (signed,) = store.words(verdict.proposed.day)
    assert (signed.signature, signed.held, signed.word.act) == (SIGNED, verdict, "approve")
    assert store.words(verdict.proposed.day + timedelta(days=1)) == ()
    assert verify(store).problems == ()


def test_a_second_word_is_refused_and_leaves_nothing_behind(store: Store) -> None:
    verdict = furnish(store)
    approve(store, verdict)
    before = verify(store).entries
    with pytest.raises(InputError, match="decided already"):
        approve(store, verdict, "Brahim")
    assert verify(store).entries == before
    changed = verdict.model_copy(update={"explanation": "another one"})
    with pytest.raises(InputError, match="expected the latest verdict, got an older one"):
        approve(store, changed)


def test_a_text_that_cannot_be_queued_takes_the_word_back(store: Store) -> None:
    verdict = furnish(store)
    said = word(store, verdict)
    after = verdict_after(verdict, verdict.proposed, said, "dry.")
    with pytest.raises(InputError, match="expected a known farmer"):
        store.keep_word(said, SIGNED, verdict=after, message=render(after, language="en", farmer_id="ghost"))
    assert store.words(verdict.proposed.day) == ()
    assert store.verdict_on("one", verdict.proposed.day) == verdict


def test_a_text_that_reached_its_farmer_last_need_not_be_sent_again(store: Store) -> None:
    verdict = furnish(store)
    told = render(verdict_after(verdict, verdict.proposed, word(store, verdict), "dry."), language="en", farmer_id="f1")
    name = store.queue_message(told, verdict_digest="b" * 64, now=NOW)
    store.claim_due(NOW, 10)
    store.record_delivery(Delivery(message_id=name, state="delivered", carrier="test", at=NOW))
    assert approve(store, verdict) == name
    assert [log.state for log in store.message_log() if log.message_id == name] == ["delivered"]


def test_a_text_that_another_one_followed_is_not_taken_for_told(store: Store) -> None:
    verdict = held()
    store.save_farmers([Farmer(id="f1", name="Aicha", phone_number="+212612345678", language="en")])
    store.save_day(verdict.proposed.day, (), [verdict])
    told = render(verdict_after(verdict, verdict.proposed, word(store, verdict), "dry."), language="en", farmer_id="f1")
    for text_of in (told, render(verdict, language="en", farmer_id="f1")):
        name = store.queue_message(text_of, verdict_digest="b" * 64, now=NOW)
        store.claim_due(NOW, 10)
        store.record_delivery(Delivery(message_id=name, state="delivered", carrier="test", at=NOW))
    with pytest.raises(InputError, match="got one that is delivered; choose another start or dose"):
        approve(store, verdict)


def test_of_two_people_at_once_one_decides(store: Store, reopened: Callable[[], Store]) -> None:
    verdict = furnish(store)
    together, outcomes = Barrier(2), []

    def decide(name: str) -> None:
        with reopened() as own:
            together.wait()
            try:
                outcomes.append(approve(own, verdict, name))
            except InputError as error:
                outcomes.append(str(error))

    threads = [Thread(target=decide, args=(name,)) for name in ("Amina", "Brahim")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("decided already" in str(one) for one in outcomes) == [False, True]
    assert len(store.words(verdict.proposed.day)) == 1
    assert sorted(log.state for log in store.message_log()) == ["halted", "queued"]
    assert verify(store).problems == ()


def test_words_that_wait_are_counted_and_whoever_said_them_is_known_by_a_mark(store: Store) -> None:
    verdict = furnish(store)
    for name in ("Amina", " AMINA", "Brahim"):
        store.keep_word(word(store, verdict, name, final=False), SIGNED, verdict=None, message=None)
    marks = [one.word.reviewer for one in store.words(verdict.proposed.day)]
    assert marks[0] == marks[1] != marks[2]
    assert store.verdict_on("one", verdict.proposed.day) == verdict


@pytest.mark.parametrize("change", ["UPDATE review_words SET body = '{}'", "DELETE FROM review_words"])
def test_a_word_that_was_changed_or_removed_is_found(store: Store, change: str) -> None:
    approve(store, furnish(store))
    with store.writing() as writer:
        writer.connection.execute(text(change))
    (problem,) = verify(store).problems
    assert "review one/" in problem


def test_limits_follow_each_other_and_are_kept_in_the_ledger(store: Store) -> None:
    assert store.judge_limits() is None

    def limits(version: int) -> JudgeLimits:
        mark = store.reviewer_mark("Amina")
        return JudgeLimits(version=version, factors={"needed": 1.1}, proposal="a" * 64, reviewer=mark, applied_at=NOW)

    store.save_judge_limits(limits(1), SIGNED)
    store.save_judge_limits(limits(2), SIGNED)
    for wrong in (2, 4):
        with pytest.raises(InputError, match="expected a proposal for version 3"):
            store.save_judge_limits(limits(wrong), SIGNED)
    assert store.judge_limits() == limits(2)
    assert verify(store).problems == ()
    with store.writing() as writer:
        writer.connection.execute(text("UPDATE judge_limits SET body = '{}' WHERE version = 1"))
    assert any("limits 1" in problem for problem in verify(store).problems)
