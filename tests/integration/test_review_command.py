"""``seguia cloud review`` on a real store: a withheld night, decided by people, told once and kept in the ledger."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.errors import CloudError, ConfigurationError, InputError
from cloud.messages import Delivery, Farmer, Inbound
from cloud.people.ties import Tie
from cloud.records import IrrigationEvent
from cloud.speech.readback import read_back
from tests.held_farm import MORNING, Clock, clock, held_office
from tests.office import DAY, NUMBER, change, cloud, feature, store_of, write_farm

__all__ = ["clock"]
SIGNED = ("--by", "Amina B", "--why", "the soil is dry at 30 cm")


@pytest.fixture
def farm(tmp_path: Path, clock: Clock) -> Path:
    data = held_office(tmp_path)
    clock.now = MORNING
    return data


def cards(data: Path) -> list[dict[str, object]]:
    done = cloud("review", "list", "--json", "--data", data)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def proposed_mm(data: Path) -> float:
    """The dose that the advisor proposed for parcel one, whatever its policy."""
    with store_of(data) as store:
        verdict = store.verdict_on("one", DAY)
    assert verdict is not None
    assert verdict.proposed.depth_mm is not None
    # Far beyond the invented doses of 5 mm, and large enough for what the tests make of it.
    assert 25.0 < verdict.proposed.depth_mm.p50 <= 50.0
    return verdict.proposed.depth_mm.p50


def the_card(data: Path) -> str:
    (card,) = cards(data)
    return str(card["card"])


def refused(kind: type[CloudError], *arguments: object) -> str:
    result = cloud("review", *arguments)
    assert isinstance(result.exception, kind), (result.output, result.exception)
    assert "\n" not in str(result.exception)
    return str(result.exception)


def texts(data: Path) -> dict[str, list[str]]:
    """Texts by how far they came."""
    found: dict[str, list[str]] = {}
    with store_of(data) as store:
        for entry in store.message_log():
            found.setdefault(entry.state, []).append(entry.message.text)
    return found


def intact(data: Path) -> bool:
    return json.loads(cloud("audit", "verify", "--data", data).stdout)["intact"] is True


def test_a_withheld_night_waits_on_one_card_with_what_stands_on_it(farm: Path) -> None:
    (card,) = cards(farm)
    assert card["cause"] == "like_earlier_doses"
    assert (card["status"], card["blocked"], card["day"]) == ("open", False, DAY.isoformat())
    parcels = card["parcels"]
    assert isinstance(parcels, list)
    assert [one["parcel_id"] for one in parcels] == ["one", "two"]
    assert parcels[0]["proposed_depth_mm"] == proposed_mm(farm)
    told = cloud("review", "list", "--data", farm).stdout
    assert told.startswith(f"{card['card']}  {DAY}  waits  {card['missing_m3']:.0f} m3 at stake, ")
    assert "the dose jumps away from earlier ones (maize, sprinkler): one, two; look at the soil" in told
    shown = cloud("review", "show", card["card"], "--data", farm).stdout
    assert f"like_earlier_doses: {proposed_mm(farm):g}, limit 0 to 22" in shown
    assert f"the advisor: irrigate {proposed_mm(farm):g} mm (" in shown


def test_an_approved_card_is_told_once_and_the_ledger_verifies(farm: Path) -> None:
    card = the_card(farm)
    before = texts(farm)
    assert all("no automatic advice" in text for text in before["queued"])
    done = cloud("review", "approve", card, *SIGNED, "--data", farm)
    assert done.exit_code == 0, done.output
    assert done.stdout.count(f"decided: irrigate {proposed_mm(farm):g} mm") == 2
    after = texts(farm)
    assert len(after["queued"]) == 2
    assert all("irrigate on Wednesday 10/06" in text for text in after["queued"])
    # What the night had queued and nobody sent is withdrawn: the farmer is not told two things.
    assert sorted(after["halted"]) == sorted(before["queued"])
    with store_of(farm) as store:
        verdict = store.verdict_on("one", DAY)
        words = store.words(DAY)
    assert verdict is not None
    assert (verdict.reviewer, verdict.decision) == ("agronomist", "release")
    assert verdict.recommendation == verdict.proposed
    assert "the soil is dry at 30 cm" in verdict.explanation
    assert "Amina" not in verdict.explanation
    assert [check.name for check in verdict.checks if not check.passed] == ["like_earlier_doses"]
    assert [(one.signature.by, one.word.act, one.word.final) for one in words] == [("Amina B", "approve", True)] * 2
    assert words[0].word.verdict == verdict.digest()
    assert intact(farm)
    # What the judge had said of that night is still recomputed beside what the person made of it.
    replayed = cloud("audit", "replay", "--day", DAY, "--data", farm)
    assert [json.loads(line)["outcome"] for line in replayed.stdout.splitlines()] == ["identical"] * 2


def test_what_was_decided_is_not_decided_again(farm: Path) -> None:
    card = the_card(farm)
    assert cloud("review", "approve", card, *SIGNED, "--data", farm).exit_code == 0
    assert "decided already" in refused(InputError, "approve", card, *SIGNED, "--data", farm)
    done = cloud("review", "override", "one", "--depth", 20, *SIGNED, "--data", farm)
    assert done.exit_code == 1
    assert "got one that a person decided already; put another dose in its place with: review override" in done.stderr
    assert len(texts(farm)["queued"]) == 2
    assert cloud("review", "list", "--data", farm).stdout == "nothing waits for a person\n"


def test_a_person_may_be_corrected_and_the_farmer_is_told_one_thing(farm: Path) -> None:
    assert cloud("review", "override", "one", "--depth", 40, *SIGNED, "--data", farm).exit_code == 0
    slip = ("--depth", 14, "--correct", "--by", "Brahim", "--why", "a slip of the pen")
    done = cloud("review", "override", "one", *slip, "--data", farm)
    assert done.stdout.startswith("one: decided: irrigate 14 mm"), done.stderr
    (text,) = (text for text in texts(farm)["queued"] if text.startswith("one:"))
    assert "14 mm" in text
    with store_of(farm) as store:
        verdict = store.verdict_on("one", DAY)
    assert verdict is not None
    assert "a slip of the pen. Before that: Given another dose by an agronomist" in verdict.explanation
    assert "The judge had said: Held for a person" in verdict.explanation
    # The first text was withdrawn before anybody read it: said again, it waits again, and the second is withdrawn.
    back = cloud("review", "override", "one", "--depth", 40, "--correct", *SIGNED, "--data", farm)
    assert back.stdout.startswith("one: decided: irrigate 40 mm"), back.stderr
    (text,) = (text for text in texts(farm)["queued"] if text.startswith("one:"))
    assert "40 mm" in text
    later = ("--start", "2026-06-10T18:30")
    again = cloud("review", "override", "one", "--depth", 40, *later, "--correct", *SIGNED, "--data", farm)
    assert again.stdout.startswith("one: decided: irrigate 40 mm"), again.stderr
    assert len([text for text in texts(farm)["queued"] if text.startswith("one:")]) == 1
    assert intact(farm)


def test_what_was_read_is_corrected_in_words_and_others_tied_to_the_parcel_are_told_too(farm: Path) -> None:
    with store_of(farm) as store:
        store.save_farmers([Farmer(id="f2", name="Brahim", phone_number="+212612345679", language="en")])
        store.save_ties([Tie(farmer_id="f2", parcel_id="one", role="worker", since=DAY - timedelta(days=9))])
    assert cloud("review", "override", "one", "--depth", 20, *SIGNED, "--data", farm).exit_code == 0
    with store_of(farm) as store:
        queued = {one.message.farmer_id: one for one in store.message_log("one") if one.state == "queued"}
        assert sorted(filter(None, queued)) == ["f1", "f2"]
        for one in queued.values():
            said = {"message_id": one.message_id, "state": "delivered", "carrier": "test", "at": MORNING}
            store.record_delivery(Delivery.model_validate(said))
    done = cloud("review", "override", "one", "--depth", 40, "--correct", *SIGNED, "--data", farm)
    assert done.exit_code == 0, done.output
    with store_of(farm) as store:
        corrected = [one.message for one in store.message_log("one") if one.state == "queued"]
    assert sorted(text.farmer_id or "" for text in corrected) == ["f1", "f2"]
    for text in corrected:
        assert text.kind == "correction"
        heard = read_back(text.text, text.language, told_on=DAY)
        assert (heard.depth_mm, heard.replaced is not None) == (40.0, True)
    assert intact(farm)


def test_a_night_that_runs_again_does_not_take_back_what_a_person_decided(farm: Path, clock: Clock) -> None:
    assert cloud("review", "override", "one", "--depth", 20, *SIGNED, "--data", farm).exit_code == 0
    before = texts(farm)
    again = cloud("nightly", "--data", farm, "--day", DAY)
    assert again.exit_code == 0, again.output
    assert "irrigate (shrink): 1" in again.stdout
    assert "hold (hold): 1" in again.stdout
    assert texts(farm) == before
    with store_of(farm) as store:
        verdict = store.verdict_on("one", DAY)
    assert verdict is not None
    assert verdict.reviewer == "agronomist"


def test_new_facts_reopen_what_a_person_decided_and_it_is_told(farm: Path) -> None:
    assert cloud("review", "override", "one", "--depth", 30, *SIGNED, "--data", farm).exit_code == 0
    given = IrrigationEvent(
        parcel_id="one", started_at=datetime(2026, 6, 8, 6, tzinfo=UTC), depth_mm=20.0, source="meter"
    )
    with store_of(farm) as store:
        store.add_events([given])
    again = cloud("nightly", "--data", farm, "--day", DAY)
    assert "parcel one: an agronomist had decided 2026-06-10, but what is known has changed since" in again.stderr
    with store_of(farm) as store:
        verdict = store.verdict_on("one", DAY)
    assert verdict is not None
    assert verdict.reviewer == "judge"


def test_another_dose_is_made_whole_and_never_above_what_anybody_may_give(farm: Path) -> None:
    high = cloud("review", "override", "one", "--depth", 60, *SIGNED, "--data", farm)
    assert high.exit_code == 1
    assert "above the system's largest event (60 mm, limit 50)" in high.stderr
    with store_of(farm) as store:
        assert store.words(DAY) == ()
    proposed = proposed_mm(farm)
    done = cloud("review", "override", "one", "--depth", 19.6, *SIGNED, "--data", farm)
    # 20 mm on 1.0451 ha are 209 m3, at 30 m3/h 6 h 58 min: 6 h 55 min or 7 h, the nearer.
    assert done.stdout.startswith("one: decided: irrigate 20 mm (209 m3, 7.00 h), start 2026-06-10 "), done.stderr
    assert done.stdout.endswith(" (agronomist_decided); message queued\n")
    (text,) = (text for text in texts(farm)["queued"] if text.startswith("one: irrigate"))
    assert "(209 m3, 20 mm)" in text
    with store_of(farm) as store:
        verdict = store.verdict_on("one", DAY)
    assert verdict is not None
    assert verdict.decision == "shrink"
    assert verdict.proposed.depth_mm is not None
    assert verdict.proposed.depth_mm.p50 == proposed
    assert intact(farm)


def test_a_person_may_choose_another_start_or_to_wait(farm: Path) -> None:
    late = ("--depth", 30, "--start", "2026-06-10T20:30")
    done = cloud("review", "override", "one", *late, *SIGNED, "--data", farm)
    assert "start 2026-06-10 20:30 (agronomist_decided)" in done.stdout
    other_day = cloud(
        "review", "override", "two", "--depth", 30, "--start", "2026-06-11T06:00", *SIGNED, "--data", farm
    )
    assert other_day.exit_code == 1
    assert "the start is not on the day of the advice" in other_day.stderr
    wait = cloud("review", "override", "two", "--depth", 0, *SIGNED, "--data", farm)
    assert "two: decided: wait (agronomist_decided); message queued" in wait.stdout


def test_water_that_came_since_refuses_an_approval(farm: Path) -> None:
    given = IrrigationEvent(
        parcel_id="one", started_at=datetime(2026, 6, 10, 5, tzinfo=UTC), depth_mm=40.0, source="meter"
    )
    with store_of(farm) as store:
        store.add_events([given])
    done = cloud("review", "approve", the_card(farm), *SIGNED, "--data", farm)
    assert done.exit_code == 1
    assert "parcel one: water was given that day or the day before" in done.stderr
    assert done.stdout.startswith("two: decided")
    assert done.stdout.count("\n") == 1


def test_four_eyes_are_two_different_people(farm: Path) -> None:
    change(farm, "[sms]", '[review]\nfour_eyes = "large"\nfour_eyes_above_mm = 25\n\n[sms]')
    card = the_card(farm)
    first = cloud("review", "approve", card, "--parcel", "one", *SIGNED, "--data", farm)
    assert first.stdout.startswith(f"one: waits for a second person: irrigate {proposed_mm(farm):g} mm (")
    assert first.stdout.endswith("; nobody is told\n")
    same = cloud("review", "approve", card, "--parcel", "one", "--by", " amina  b", "--why", "yes", "--data", farm)
    assert same.exit_code == 1
    assert "expected a second person to agree, got the same one again" in same.stderr
    assert [text for text in texts(farm)["queued"] if "irrigate on" in text] == []
    (listed,) = cards(farm)
    parcels = listed["parcels"]
    assert isinstance(parcels, list)
    assert {one["parcel_id"]: one["status"] for one in parcels} == {"one": "awaits_second", "two": "open"}
    second = cloud("review", "approve", card, "--parcel", "one", "--by", "Brahim", "--why", "I saw it", "--data", farm)
    assert second.stdout.startswith("one: decided: irrigate ")
    assert len([text for text in texts(farm)["queued"] if "irrigate on" in text]) == 1
    # A dose below the limit needs one person.
    small = cloud("review", "override", "two", "--depth", 25, *SIGNED, "--data", farm)
    assert small.stdout.startswith("two: decided")
    assert intact(farm)


def test_what_nobody_decides_expires_and_is_told(farm: Path, clock: Clock) -> None:
    card = the_card(farm)
    held = cloud("review", "hold", card, *SIGNED, "--data", farm)
    assert held.stdout.count("kept held") == 2
    assert cards(farm)[0]["status"] == "kept_held"
    shown = cloud("review", "show", card, "--data", farm).stdout
    assert "2026-06-10 07:00 UTC, Amina B: hold: the soil is dry at 30 cm" in shown
    clock.now = MORNING + timedelta(days=1)
    assert cards(farm)[0]["status"] == "expired"
    told = cloud("review", "list", "--data", farm).stdout
    assert "expired: nobody decided in time" in told
    late = cloud("review", "approve", card, *SIGNED, "--data", farm)
    assert late.exit_code == 1
    assert late.stderr.count("got one that expired 2026-06-11T00:00:00+01:00") == 2
    assert [text for text in texts(farm)["queued"] if "irrigate on" in text] == []
    clock.now = MORNING + timedelta(days=5)
    assert cards(farm) == []


def test_a_proposal_whose_start_is_over_needs_another_one(farm: Path, clock: Clock) -> None:
    clock.now = datetime(2026, 6, 10, 21, 30, tzinfo=UTC)
    done = cloud("review", "approve", the_card(farm), *SIGNED, "--data", farm)
    assert done.exit_code == 1
    assert done.stderr.count("give a later start with: review override --start") == 2
    again = cloud("review", "override", "one", "--depth", 30, *SIGNED, "--data", farm)
    assert "say when with --start" in again.stderr


def test_a_rejected_card_is_decided_and_tells_nothing_new(farm: Path) -> None:
    before = texts(farm)
    done = cloud("review", "reject", the_card(farm), *SIGNED, "--data", farm)
    assert done.stdout.count("rejected: hold (like_earlier_doses); nobody is told") == 2
    assert cards(farm) == []
    assert texts(farm) == before
    with store_of(farm) as store:
        verdict = store.verdict_on("two", DAY)
    assert verdict is not None
    assert (verdict.reviewer, verdict.decision, verdict.recommendation.action) == ("agronomist", "hold", "hold")


def test_an_advice_that_was_never_made_cannot_be_approved_but_a_dose_be_given(farm: Path, clock: Clock) -> None:
    (farm / "ahead.csv").unlink()
    change(farm, 'forecast_path = "ahead.csv"\n', "")
    assert cloud("nightly", "--data", farm, "--day", DAY).exit_code == 1
    (card,) = cards(farm)
    assert card["cause"] == "no_forecast"
    done = cloud("review", "approve", card["card"], *SIGNED, "--data", farm)
    assert done.stderr.count("got none (no_forecast); give a dose with: review override") == 2
    given = ("--depth", 25, "--start", "2026-06-10T18:00")
    dose = cloud("review", "override", "one", *given, *SIGNED, "--data", farm)
    assert dose.stdout.startswith("one: decided: irrigate 25 mm")


def test_wrong_words_are_named(farm: Path) -> None:
    card = the_card(farm)
    site = ("--data", farm)
    assert "expected the id of one that waits" in refused(InputError, "approve", "zzzz", *SIGNED, *site)
    assert "expected the id of one that waits" in refused(InputError, "show", card[:3], *site)
    phone = ("--by", "Amina", "--why", "call +212 612 345 678")
    assert "without a telephone number" in refused(InputError, "approve", card, *phone, *site)
    assert "--why: expected a reason" in refused(InputError, "approve", card, "--by", "A", "--why", "  ", *site)
    strangers = ("--parcel", "three", *SIGNED)
    assert "got three; see: review show" in refused(InputError, "approve", card, *strangers, *site)
    unknown = cloud("review", "override", "three", "--depth", 20, *SIGNED, *site)
    assert "parcel three: expected a known parcel, got none" in unknown.stderr
    change(farm, "[sms]", '[review]\nreviewers = ["Brahim", "Chadia"]\n\n[sms]')
    assert "one of the names in review.reviewers" in refused(InputError, "approve", card, *SIGNED, *site)
    change(farm, 'reviewers = ["Brahim", "Chadia"]', 'reviewers = ["Brahim"]\nfour_eyes = "always"')
    assert "four_eyes needs two people" in refused(ConfigurationError, "approve", card, *SIGNED, *site)


def test_a_farmer_who_wrote_stop_or_is_not_known_is_not_told(farm: Path) -> None:
    with store_of(farm) as store:
        stop = Inbound(carrier="test", carrier_id="x1", phone_number=NUMBER, text="STOP", received_at=MORNING)
        store.add_inbound(stop)
    silent = cloud("review", "override", "one", "--depth", 30, *SIGNED, "--data", farm)
    assert silent.exit_code == 0, silent.output
    assert silent.stdout.endswith("nobody is told\n")
    parcels = write_farm(farm / "farm.geojson", feature("two", -6.39, farmer="ghost"))
    assert cloud("import", "--data", farm, "--parcels", parcels).exit_code == 0
    ghost = cloud("review", "override", "two", "--depth", 30, *SIGNED, "--data", farm)
    assert ghost.exit_code == 1
    assert "expected a known farmer, got ghost; decided, but nobody is told" in ghost.stderr
    assert ghost.stdout.startswith("two: decided: irrigate 30 mm")
    assert [text for text in texts(farm)["halted"] if "no automatic advice" in text] != []


def test_no_name_and_no_reason_stands_in_the_clear(farm: Path) -> None:
    done = cloud(
        "review", "approve", the_card(farm), "--by", "Zoulikha", "--why", "Zoulikha and Aicha saw it", "--data", farm
    )
    assert done.exit_code == 0, done.output
    raw = b"".join(path.read_bytes() for path in farm.glob("seguia.db*"))
    assert b"agronomist (" in raw
    assert b"(name) and (name) saw it" in raw
    for private in (b"Zoulikha", b"Aicha"):
        assert private not in raw
