"""``seguia cloud attend`` on a real installation: texts heard, thanked and counted within a moment, each once."""

import csv
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.ledger import verify
from cloud.messages import Inbound
from cloud.records import Verdict
from tests.office import DAY, NUMBER, change, cloud, feature, furnish, new_office, store_of, write_farm

EVE = datetime(DAY.year, DAY.month, DAY.day, 17, tzinfo=UTC) - timedelta(days=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An office whose night has decided and told a day."""
    folder = new_office(tmp_path)
    furnish(folder)
    path = folder / "seguia-cloud.toml"
    path.write_text(f"clock_offset_s = 0\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    at(folder, EVE)
    assert cloud("nightly", "--data", folder, "--day", DAY).exit_code in {0, 1}
    assert cloud("send", "--data", folder).exit_code in {0, 1}
    return folder


def at(data: Path, moment: datetime) -> None:
    """Let the installation's clock show a moment."""
    path = data / "seguia-cloud.toml"
    offset = round((moment - datetime.now(UTC)).total_seconds())
    path.write_text(
        re.sub(r"clock_offset_s = -?\d+", f"clock_offset_s = {offset}", path.read_text(encoding="utf-8")),
        encoding="utf-8",
    )


def begin(data: Path, parcel: str = "one") -> datetime:
    window = spoken(data, parcel).recommendation.start_window
    assert window is not None, "the synthetic night is made to advise an irrigation"
    return window[0]


def spoken(data: Path, parcel: str = "one") -> Verdict:
    with store_of(data) as store:
        verdict = store.verdict_on(parcel, DAY)
    assert verdict is not None
    return verdict


def write(data: Path, words: str, moment: datetime, *, number: str = NUMBER) -> None:
    inbound = Inbound(
        carrier="test", carrier_id=f"{words}{moment}", phone_number=number, text=words, received_at=moment
    )
    with store_of(data) as store:
        assert store.add_inbound(inbound)


def attend(data: Path, *more: str) -> list[str]:
    done = cloud("attend", "--once", "--data", data, *more)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def texts(data: Path, kind: str) -> list[str]:
    with store_of(data) as store:
        return [one.message.text for one in store.message_log() if one.message.kind == kind]


def depletion(data: Path, parcel: str = "one") -> float:
    found = spoken(data, parcel).recommendation.depletion_mm
    assert found is not None
    return found.p50


def test_an_answer_is_thanked_sent_and_changes_the_water_at_once(data: Path) -> None:
    before, start = depletion(data), begin(data)
    now = start + timedelta(hours=4)
    at(data, now)
    write(data, "1 one", now)
    (line,) = attend(data)
    assert line == "1 texts heard, 1 answers queued, 1 looked at again, 0 farmers told anew"
    with store_of(data) as store:
        (thanks,) = [one for one in store.message_log() if one.message.kind == "thanks"]
        assert thanks.state == "wired"
        (event,) = [one for one in store.events() if one.source == "reply"]
        assert verify(store).intact
    assert "one" in thanks.message.text
    assert event.started_at == start
    assert depletion(data) < before - 5.0
    assert spoken(data).recommendation.action == "wait"
    # The other parcel of the farmer was not spoken of.
    assert spoken(data, "two").recommendation.action == "irrigate"


def test_attending_twice_does_everything_once(data: Path) -> None:
    start = begin(data)
    at(data, start + timedelta(hours=4))
    write(data, "4 one", start + timedelta(hours=3))
    attend(data)
    said, water = texts(data, "thanks"), depletion(data)
    assert attend(data) == []
    assert (texts(data, "thanks"), depletion(data)) == (said, water)


def test_half_counts_as_half(data: Path) -> None:
    start, before = begin(data), depletion(data)
    at(data, start + timedelta(hours=4))
    write(data, "4 one", start + timedelta(hours=3))
    attend(data)
    half = before - depletion(data)
    write(data, "1 one", start + timedelta(hours=3, minutes=30))
    attend(data)
    assert half < before - depletion(data)
    with store_of(data) as store:
        assert any("contradicts 'half'" in note for note in store.notes_since(start))


def test_a_one_for_two_parcels_is_asked_and_the_choice_counts(data: Path) -> None:
    start = max(begin(data), begin(data, "two"))
    at(data, start + timedelta(hours=4))
    write(data, "1", start + timedelta(hours=3))
    attend(data)
    (question,) = texts(data, "which_parcel")
    assert "7 = one" in question
    assert "8 = two" in question
    write(data, "8", start + timedelta(hours=3, minutes=5))
    attend(data)
    assert spoken(data, "two").recommendation.action == "wait"
    assert spoken(data, "one").recommendation.action == "irrigate"


def test_no_water_is_listed_by_its_source_and_calls_are_kept_until_made(data: Path) -> None:
    start = begin(data)
    now = start + timedelta(hours=4)
    at(data, now)
    write(data, "5 one", now - timedelta(minutes=9))
    write(data, "3", now - timedelta(minutes=8))
    attend(data)
    notes = cloud("attend", "notes", "--data", data).stdout
    assert "no water came, say 1 parcels (one)" in notes
    (wish,) = cloud("attend", "calls", "--data", data).stdout.splitlines()
    number = wish.partition(":")[0]
    assert "farmer f1" in wish
    assert cloud("attend", "called", number, "--by", "Amina", "--data", data).exit_code == 0
    assert cloud("attend", "calls", "--data", data).stdout.strip() == "nobody waits for a call"
    again = cloud("attend", "called", number, "--by", "Amina", "--data", data)
    assert "expected one that waits for a call" in str(again.exception)
    assert NUMBER[4:] not in notes + wish


def test_stop_is_confirmed_and_nothing_follows_until_start(data: Path) -> None:
    start = begin(data)
    now = start + timedelta(hours=4)
    at(data, now)
    write(data, "STOP", now - timedelta(minutes=9))
    write(data, "1 one", now - timedelta(minutes=8))
    attend(data)
    assert len(texts(data, "stop")) == 1
    assert texts(data, "thanks") == []
    assert spoken(data).recommendation.action == "wait"
    with store_of(data) as store:
        assert [one.state for one in store.message_log() if one.message.kind == "stop"] == ["wired"]


def test_a_text_found_late_is_counted_and_not_answered(data: Path) -> None:
    start = begin(data)
    at(data, start + timedelta(hours=30))
    write(data, "1 one", start + timedelta(hours=3))
    attend(data)
    assert texts(data, "thanks") == []
    with store_of(data) as store:
        assert [one.source for one in store.events()] == ["reply"]


def test_without_weather_the_text_waits_and_nothing_is_lost(data: Path) -> None:
    start = begin(data)
    at(data, start + timedelta(hours=4))
    write(data, "1 one", start + timedelta(hours=3))
    change(data, 'past_path = "past.csv"', 'past_path = "gone.csv"')
    done = cloud("attend", "--once", "--data", data)
    assert done.exit_code == 1
    assert "looked at again later" in done.stderr
    assert len(texts(data, "thanks")) == 1
    change(data, 'past_path = "gone.csv"', 'past_path = "past.csv"')
    (line,) = attend(data)
    assert "0 texts heard, 0 answers queued, 1 looked at again" in line
    assert spoken(data).recommendation.action == "wait"


def test_answers_may_be_left_to_another_sender(data: Path) -> None:
    start = begin(data)
    at(data, start + timedelta(hours=4))
    write(data, "HELP", start + timedelta(hours=3))
    attend(data, "--no-send")
    with store_of(data) as store:
        assert [one.state for one in store.message_log() if one.message.kind == "help"] == ["queued"]


def test_a_swap_needs_parcels_with_turns(data: Path) -> None:
    unknown = cloud("attend", "swap", "one", "nine", "--by", "Amina", "--data", data)
    assert "expected known parcels, got nine" in str(unknown.exception)
    none = cloud("attend", "swap", "one", "two", "--by", "Amina", "--data", data)
    assert "expected a turn of parcel one" in str(none.exception)


def test_rain_that_a_farmer_saw_makes_the_soil_wetter_and_less_sure_and_the_advice_is_corrected(data: Path) -> None:
    before, untouched = spoken(data).recommendation, spoken(data, "two").recommendation
    at(data, EVE + timedelta(hours=1))
    write(data, "6 one", last_dry_noon(data))
    attend(data)
    after = spoken(data).recommendation
    assert before.depletion_mm is not None
    assert after.depletion_mm is not None
    assert after.depletion_mm.p50 < before.depletion_mm.p50
    assert after.depletion_mm.p10 < before.depletion_mm.p10 - 2.0
    assert spoken(data, "two").recommendation == untouched
    changed = before.depth_mm != after.depth_mm or before.action != after.action
    assert (texts(data, "correction") != []) is changed


def last_dry_noon(data: Path) -> datetime:
    """Noon of the last day of the weather without rain."""
    with (data / "past.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    day = next(row["date"] for row in reversed(rows) if float(row["rain_mm"]) == 0.0)
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def test_killed_at_any_moment_it_goes_on_where_it_stopped(data: Path) -> None:
    start = begin(data)
    at(data, start + timedelta(hours=4))
    for place, words in enumerate(("1 one", "3", "4 two", "6 one", "HELP", "1 two")):
        write(data, words, start + timedelta(hours=3, minutes=place))
    rng = random.Random(7)
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-m", "seguia", "cloud", "attend", "--every", "0.2", "--data", str(data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(0.5, 4.0))
        process.kill()
        process.wait()
    attend_whatever(data)
    with store_of(data) as store:
        heard = store.readings_of(["f1"], start)
        replies = sorted((one.parcel_id, one.depth_mm) for one in store.events() if one.source == "reply")
        log = store.message_log()
        assert verify(store).intact
    assert [one.reading.meaning for one in heard] == ["done", "call_me", "half", "rain", "help", "done"]
    assert [name for name, _ in replies] == ["one", "two", "two"]
    kinds = Counter(one.message.kind for one in log)
    assert (kinds["call_soon"], kinds["help"]) == (1, 1)
    assert 1 <= kinds["thanks"] <= 4
    assert spoken(data).recommendation.action == "wait"


def attend_whatever(data: Path) -> None:
    """Attend twice: what a killed one held may be told as unsure first."""
    for _ in range(2):
        done = cloud("attend", "--once", "--data", data)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception


OTHER = "+212612345679"


@pytest.fixture
def canal(tmp_path: Path) -> Path:
    """Two neighbours on one canal with turns of their own on the day."""
    folder = new_office(tmp_path)
    furnish(folder)
    canal = {"canal": "K1"}
    farm = write_farm(
        folder / "farm.geojson", feature("one", -6.4, water=canal), feature("two", -6.39, "f2", water=canal)
    )
    people = folder / "farmers.csv"
    people.write_text(f"id,name,phone_number,language\nf1,Aicha,{NUMBER},en\nf2,Brahim,{OTHER},en\n", encoding="utf-8")
    assert cloud("import", "--data", folder, "--parcels", farm, "--farmers", people).exit_code == 0
    turns = ["canal,parcel_id,starts_at,ends_at,flow_m3_h"]
    for name, hour in (("one", 6), ("two", 12)):
        turns.append(f"K1,{name},{DAY}T{hour:02d}:00:00+01:00,{DAY}T{hour + 5:02d}:00:00+01:00,60")
    (folder / "turns.csv").write_text("\n".join(turns) + "\n", encoding="utf-8")
    path = folder / "seguia-cloud.toml"
    content = path.read_text(encoding="utf-8").replace("[constraints]\n", "")
    path.write_text(f'clock_offset_s = 0\n{content}\n[constraints]\nturns_path = "turns.csv"\n', encoding="utf-8")
    at(folder, EVE)
    assert cloud("nightly", "--data", folder, "--day", DAY).exit_code in {0, 1}
    assert cloud("send", "--data", folder).exit_code in {0, 1}
    return folder


def hours(data: Path) -> list[int | None]:
    """Local hours at which the two parcels are told to begin."""
    windows = [spoken(data, name).recommendation.start_window for name in ("one", "two")]
    return [None if window is None else window[0].hour for window in windows]


def test_neighbours_swap_their_turns_by_two_texts(canal: Path) -> None:
    assert hours(canal) == [6, 12]
    at(canal, EVE + timedelta(hours=1))
    write(canal, "swap one two", EVE + timedelta(minutes=30))
    attend(canal)
    (asked,) = texts(canal, "turn_swap")
    assert "7 = yes" in asked
    assert hours(canal) == [6, 12]
    write(canal, "7", EVE + timedelta(minutes=40), number=OTHER)
    attend(canal)
    told = texts(canal, "turn_swap")
    assert len(told) == 3
    assert len([text for text in told if "swapped" in text]) == 2
    assert hours(canal) == [12, 6]
    # Whoever was told the old hours is told the new ones, quoting them.
    assert len(texts(canal, "correction")) == 2
    # A night that runs again knows the swap.
    assert cloud("nightly", "--data", canal, "--day", DAY).exit_code in {0, 1}
    assert hours(canal) == [12, 6]


def test_an_agronomist_puts_a_swap_in_force_and_takes_it_back(canal: Path) -> None:
    at(canal, EVE + timedelta(hours=1))
    done = cloud("attend", "swap", "one", "two", "--by", "Amina", "--data", canal)
    assert done.stdout.strip() == f"turns of one and two on {DAY}: swapped"
    assert hours(canal) == [12, 6]
    again = cloud("attend", "swap", "one", "two", "--by", "Amina", "--data", canal)
    assert "nothing to do" in str(again.exception)
    back = cloud("attend", "swap", "one", "two", "--by", "Amina", "--undo", "--data", canal)
    assert "as in the table again" in back.stdout
    assert hours(canal) == [6, 12]
    assert len([text for text in texts(canal, "turn_swap") if "NOT swapped" in text]) == 2
    with store_of(canal) as store:
        steps = store.swap_steps(DAY)
        assert [one.act for one in steps] == ["agreed", "withdrawn"]
        assert steps[0].mark == steps[1].mark != "Amina"
        assert verify(store).intact


def test_a_night_replays_as_it_was_after_texts_were_heard(data: Path) -> None:
    start = begin(data)
    at(data, start + timedelta(hours=4))
    write(data, "1 one", start + timedelta(hours=3))
    attend(data)
    assert spoken(data).recommendation.action == "wait"
    done = cloud("audit", "replay", "--day", DAY, "--data", data)
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == ["identical", "identical"]


def test_the_doctor_tells_of_texts_that_nobody_attends_to_and_of_calls(data: Path) -> None:
    now = begin(data) + timedelta(hours=4)
    at(data, now)
    write(data, "3", now - timedelta(hours=1))
    assert "1 texts wait for an answer; run: seguia cloud attend" in doctor(data)
    attend(data)
    assert "every text is attended to; 1 farmers wait for a call" in doctor(data)


def doctor(data: Path) -> str:
    """What the doctor says of texts."""
    lines = cloud("check", "--data", data).stdout.splitlines()
    return next(line for line in lines if line[5:].startswith("texts "))


def test_asking_a_carrier_that_cannot_be_asked_is_wrong_use(data: Path) -> None:
    done = cloud("attend", "--once", "--fetch", "--data", data)
    assert "expected a carrier that can be asked for texts" in str(done.exception)
