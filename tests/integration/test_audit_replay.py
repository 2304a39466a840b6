"""``seguia cloud audit replay`` over real nights: the same verdicts again, whatever came later; tampering is found."""

import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from cloud.adapters.replay_folder import FOLDER
from cloud.adapters.state_ladder import FOLDER as STATES
from cloud.commands import cloud_nightly
from cloud.judge.novelty import NEEDED, learn
from cloud.judge.novelty_file import dumps
from cloud.nightly import NightInputs
from cloud.replay.kept import KeptNight
from tests.integration.test_nightly_states import FIRST, night, photo, probed, watered
from tests.office import cloud, feature, furnish, new_office, store_of, write_farm

DAYS = [FIRST + timedelta(days=number) for number in range(4)]


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office after four nights, with photos in time and too late, water and a probe told of afterwards."""
    data = new_office(tmp_path_factory.mktemp("season"))
    furnish(data)
    for number, day in enumerate(DAYS):
        photo(data, number, day - timedelta(days=1))
        if number == 2:
            watered(data, day - timedelta(days=3))
            photo(data, 10, day - timedelta(days=3), late_days=2)
        assert night(data, day)[0] == 0
    return data


@pytest.fixture
def office(season: Path, tmp_path: Path) -> Path:
    data = tmp_path / "data"
    shutil.copytree(season, data)
    return data


def replayed(data: Path, day: date, *more: object) -> tuple[int, dict[str, str], str]:
    done = cloud("audit", "replay", "--data", data, "--day", day, *more)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.exit_code, {line["parcel_id"]: line["outcome"] for line in lines}, done.stderr


IDENTICAL = {"one": "identical", "two": "identical"}


def test_every_day_of_a_season_is_decided_again_to_the_bit(season: Path) -> None:
    for day in DAYS:
        assert replayed(season, day) == (0, IDENTICAL, "")
    assert replayed(season, DAYS[1], "--parcel", "two") == (0, {"two": "identical"}, "")


def test_what_comes_later_and_lost_states_change_no_replay(office: Path) -> None:
    probed(office, DAYS[0] - timedelta(days=20), 25)
    watered(office, DAYS[0] - timedelta(days=9))
    photo(office, 20, DAYS[1] - timedelta(days=1), late_days=1)
    farm = write_farm(office / "farm.geojson", feature("one", -6.4, soil={"texture": "sand"}), feature("new", -6.38))
    assert cloud("import", "--data", office, "--parcels", farm).exit_code == 0
    shutil.rmtree(office / STATES)
    for name in ("past.csv", "ahead.csv"):
        (office / name).unlink()
    for day in DAYS:
        assert replayed(office, day) == (0, IDENTICAL, "")


def test_a_night_that_ran_again_replays_its_last_word(office: Path) -> None:
    watered(office, DAYS[3] - timedelta(days=2))
    assert night(office, DAYS[3])[0] == 0
    assert len(list((office / FOLDER / "nights" / str(DAYS[3])).iterdir())) == 2
    assert replayed(office, DAYS[3]) == (0, IDENTICAL, "")
    assert replayed(office, DAYS[2]) == (0, IDENTICAL, "")


def test_inputs_are_for_their_owner_alone_and_each_month_is_kept_once(season: Path) -> None:
    files = [path for path in (season / FOLDER).rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    folders = [season / FOLDER, *(path for path in (season / FOLDER).rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    parts = {path.name for path in files if path.parent.parent.name == "parts"}
    nights = [json.loads(path.read_text()) for path in files if path.suffix == ".json"]
    assert len(nights) == len(DAYS)
    named = [part for one in nights for part in one["rested"]["weather"]]
    assert len(set(named)) < len(named) / 2
    assert parts >= set(named)


def test_a_day_before_inputs_were_kept_says_so(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    with (data / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write("\n[replay]\nkeep_days = 0\n")
    assert night(data, FIRST)[0] == 0
    assert not (data / FOLDER).exists()
    code, outcomes, err = replayed(data, FIRST)
    assert (code, outcomes) == (1, {})
    assert "2026-06-04: one, two: its night was decided before inputs were kept" in err
    wrong = cloud("audit", "replay", "--data", data, "--day", FIRST, "--parcel", "nobody")
    assert "expected advice for parcel nobody, got none" in str(wrong.exception)


def test_old_nights_are_let_go_and_the_rest_still_replays(office: Path) -> None:
    with (office / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write("\n[replay]\nkeep_days = 2\n")
    before = {path.name for path in (office / FOLDER / "parts").glob("*/*")}
    day = DAYS[3] + timedelta(days=1)
    assert night(office, day)[0] == 0
    assert sorted(path.name for path in (office / FOLDER / "nights").iterdir()) == [str(DAYS[3]), str(day)]
    assert before - {path.name for path in (office / FOLDER / "parts").glob("*/*")}
    assert replayed(office, DAYS[3])[:2] == (0, IDENTICAL)
    code, outcomes, err = replayed(office, DAYS[0])
    assert (code, outcomes) == (1, {})
    assert "the inputs of that night are not in" in err


def test_inputs_that_cannot_be_kept_are_named_and_the_night_is_done(office: Path) -> None:
    shutil.rmtree(office / FOLDER)
    (office / FOLDER).write_text("a file where the folder should be", encoding="utf-8")
    code, _, err = night(office, DAYS[3] + timedelta(days=1))
    assert code == 1
    assert "the inputs of the night cannot be kept" in err
    with store_of(office) as store:
        assert len(store.verdicts(DAYS[3] + timedelta(days=1))) == 2


def manifest(data: Path, day: date) -> Path:
    (path,) = (data / FOLDER / "nights" / str(day)).iterdir()
    return path


def another_machine(data: Path) -> None:
    path = manifest(data, DAYS[3])
    path.write_text(path.read_text().replace('"machine": "', '"machine": "no '))


def without_seal(data: Path) -> None:
    path = manifest(data, DAYS[3])
    path.write_text(json.dumps({**json.loads(path.read_text()), "seal": None}))


def part(data: Path, name: str) -> Path:
    return data / FOLDER / "parts" / name[:2] / name


def altered(data: Path, statement: str) -> None:
    with sqlite3.connect(data / "seguia.db") as connection:
        assert connection.execute(statement).rowcount == 1


def forecast_changed(data: Path) -> None:
    """Another forecast, packed by the same rules, under the name of the first."""
    name = json.loads(manifest(data, DAYS[3]).read_text())["rested"]["forecast"][1]
    content = bytearray(zlib.decompress(part(data, name).read_bytes()))
    content[-1] ^= 1
    part(data, name).write_bytes(zlib.compress(bytes(content)))


def settings_gone(data: Path) -> None:
    part(data, json.loads(manifest(data, DAYS[3]).read_text())["rested"]["given"]).unlink()


def weather_cut(data: Path) -> None:
    path = part(data, json.loads(manifest(data, DAYS[3]).read_text())["rested"]["weather"][2])
    path.write_bytes(path.read_bytes()[:40])


def exchanged(data: Path) -> None:
    """The night rests on the forecast of the eve, whole and sound."""
    path, eve = manifest(data, DAYS[3]), manifest(data, DAYS[2])
    night_of = json.loads(path.read_text())
    night_of["rested"]["forecast"] = json.loads(eve.read_text())["rested"]["forecast"]
    path.write_text(json.dumps(night_of))


def another_ledger_hash(data: Path) -> None:
    path = manifest(data, DAYS[3])
    path.write_text(path.read_text().replace('"ledger_hash": "', '"ledger_hash": "0'))


TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a part changed": (forecast_changed, "the forecast of the night: replay part"),
    "a part gone": (settings_gone, "what was given of turns, quotas, pumps and settings of the night: replay part"),
    "a part cut": (weather_cut, "the past weather of the night: replay part"),
    "a sound part of another night": (exchanged, "not what its verdicts name: it was altered"),
    "what is kept cut": (lambda data: manifest(data, DAYS[3]).write_text("{"), "expected what was kept of a night"),
    "the ledger's hash": (another_ledger_hash, "is not the one of the night: rewritten"),
    "the machine of the night": (another_machine, "its states included, does not fit its seal: it was altered"),
    "the seal taken off": (without_seal, "its states included, does not fit its seal: it was altered"),
    "a parcel changed": (
        lambda data: altered(
            data, "UPDATE parcel_versions SET body = replace(body, 'loam', 'sand') WHERE parcel_id='one'"
        ),
        "parcel one/1: is not what ledger entry",
    ),
    "water changed": (
        lambda data: altered(data, "UPDATE irrigation_events SET body = replace(body, '18.0', '19.0')"),
        "event two/",
    ),
    "water removed": (
        lambda data: altered(data, "DELETE FROM irrigation_events"),
        "event records are not those of the night: it saw 1, the store now gives 0",
    ),
    "a photo changed": (
        lambda data: altered(data, "UPDATE detections SET body = replace(body, '0.35', '0.95') WHERE sequence = 0"),
        "detection office/g1/b/0: is not what ledger entry",
    ),
    "an earlier verdict changed": (
        lambda data: altered(
            data, f"UPDATE verdicts SET digest = '{'0' * 64}' WHERE parcel_id = 'one' AND day = '{DAYS[1]}'"
        ),
        "verdict records are not those of the night",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_whatever_was_tampered_with_is_found_and_named(name: str, office: Path) -> None:
    tamper, told = TAMPERED[name]
    tamper(office)
    code, _, err = replayed(office, DAYS[3])
    assert code == 1
    assert told in err
    assert "Traceback" not in err


def test_a_verdict_changed_in_the_store_differs_in_that_very_field(office: Path) -> None:
    with sqlite3.connect(office / "seguia.db") as connection:
        (body,) = connection.execute(
            "SELECT body FROM verdicts WHERE parcel_id = 'one' AND day = ?", (str(DAYS[3]),)
        ).fetchone()
        content = json.loads(body)
        content["proposed"]["volume_m3"] = 7.0
        connection.execute(
            "UPDATE verdicts SET body = ? WHERE parcel_id = 'one' AND day = ?", (json.dumps(content), str(DAYS[3]))
        )
    done = cloud("audit", "replay", "--data", office, "--day", DAYS[3])
    assert done.exit_code == 1
    (one, two) = (json.loads(line) for line in done.stdout.splitlines())
    assert (one["outcome"], two["outcome"]) == ("DIFFERS", "identical")
    assert [(each["field"], each["was"]) for each in one["differences"]] == [("proposed.volume_m3", 7.0)]
    assert "parcel one: DIFFERS in 1 fields" in done.stderr


def test_another_code_version_or_machine_is_told(office: Path) -> None:
    path = manifest(office, DAYS[3])
    night_of = json.loads(path.read_text())
    night_of["code_version"] = "0.0.9"
    night_of["environment"] |= {
        "machine": "aarch64",
        "packages": {**night_of["environment"]["packages"], "numpy": "1.0"},
    }
    path.write_text(KeptNight.model_validate_json(json.dumps(night_of)).sealed().model_dump_json())
    code, outcomes, err = replayed(office, DAYS[3])
    assert (code, outcomes) == (0, IDENTICAL)
    assert "code version: was 0.0.9, is " in err
    assert "machine: was aarch64, is " in err
    assert "package numpy: was 1.0, is " in err


def test_what_the_judge_had_learned_is_kept_and_learned_again(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store_of(office) as store:
        said, land = store.verdicts(DAYS[3]), store.parcels()
    many = [
        one.model_copy(update={"proposed": one.proposed.model_copy(update={"duration_h": 1.0 + number / 10})})
        for one in said
        for number in range(NEEDED)
    ]
    learned = dumps(learn(many, land))
    monkeypatch.setattr(cloud_nightly, "NightInputs", partial(NightInputs, learned=learned))
    day = DAYS[3] + timedelta(days=1)
    assert night(office, day)[0] == 0
    assert replayed(office, day) == (0, IDENTICAL, "")
    name = json.loads(manifest(office, day).read_text())["rested"]["learned"]
    assert zlib.decompress(part(office, name).read_bytes()) == learned
    part(office, name).write_bytes(b"")
    assert "what the judge had learned of the night: replay part" in replayed(office, day)[2]
