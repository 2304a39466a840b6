"""``seguia cloud audit export`` and ``check``: a file of proof holds by itself, and fails at any change."""

import hashlib
import json
import shutil
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.bundle_file import read_bundle, write_bundle
from cloud.adapters.ledger import verify
from cloud.adapters.replay_folder import FOLDER
from cloud.adapters.signing import SigningKey
from cloud.errors import ConfigurationError, InputError, IntegrityError
from cloud.messages import Delivery
from cloud.replay.bundle import sealed
from tests.integration.test_nightly_states import FIRST, night, photo, probed, watered
from tests.office import NUMBER, cloud, furnish, new_office, store_of

DAY = FIRST + timedelta(days=1)
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office after two nights, one text of the second on its way to the farmer."""
    data = new_office(tmp_path_factory.mktemp("farm"))
    furnish(data)
    photo(data, 1, FIRST - timedelta(days=1))
    watered(data, FIRST - timedelta(days=2))
    probed(data, FIRST - timedelta(days=3), 30)
    for day in (FIRST, DAY):
        assert night(data, day)[0] == 0
    with store_of(data) as store:
        for log in store.message_log("two"):
            for state in ("wired", "sent", "delivered"):
                heard = {"message_id": log.message_id, "state": state, "carrier": "test", "carrier_id": "ATXid_1"}
                store.record_delivery(Delivery.model_validate({**heard, "at": datetime.now(UTC)}))
    return data


@pytest.fixture(scope="module")
def public(farm: Path) -> Path:
    done = cloud("audit", "key", "--data", farm)
    assert done.exit_code == 0
    path = farm / "audit.pub"
    path.write_text(done.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def proof(farm: Path) -> Path:
    done = cloud("audit", "export", "--data", farm, "--day", DAY, "--parcel", "two", "--out", farm / "two.zip")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["outcome"], done.stderr) == ("identical", "")
    return farm / "two.zip"


def checked(file: Path, key: Path) -> tuple[dict[str, object], str]:
    done = cloud("audit", "check", file, "--key", key)
    assert done.exception is None or isinstance(done.exception, IntegrityError | SystemExit), done.exception
    assert (done.exit_code == 0) == json.loads(done.stdout)["intact"]
    return json.loads(done.stdout), done.stderr


def test_a_file_of_proof_holds_by_itself(proof: Path, public: Path, tmp_path: Path) -> None:
    told, err = checked(Path(shutil.copy(proof, tmp_path / "alone.zip")), Path(shutil.copy(public, tmp_path / "key")))
    assert (told["intact"], told["parcel_id"], told["day"], told["outcome"]) == (True, "two", str(DAY), "identical")
    assert err == ""
    assert proof.stat().st_mode & 0o777 == 0o600


def test_it_holds_everything_behind_the_advice_and_nobodys_number(farm: Path, proof: Path) -> None:
    files = read_bundle(proof)
    (said,) = json.loads(files["messages.json"])
    assert [state for _, state, _ in said["states"]] == ["wired", "sent", "delivered"]
    assert said["message"]["farmer_id"] == "f1"
    (given,) = json.loads(files["inputs/events.json"])
    assert (given["parcel_id"], given["depth_mm"]) == ("two", 18.0)
    assert [one["value"] for one in json.loads(files["inputs/observations.json"])] == [30.0]
    assert json.loads(files["inputs/detections.json"]) == []
    assert [one["proposed"]["day"] for one in json.loads(files["inputs/history.json"])] == [str(FIRST)]
    assert files["inputs/weather.csv"].decode().count("\n2026-") == (DAY - timedelta(days=1)).timetuple().tm_yday
    assert "water" in " ".join(json.loads(files["explanation.json"])["lines"])
    assert "FRANÇAIS" in files["README.txt"].decode()
    kinds = [one["entry"]["kind"] for one in json.loads(files["ledger/records.json"])]
    assert kinds.count("verdict") == 1
    assert kinds.count("message") == 1
    assert kinds.count("transition") == 3
    assert {"parcel", "event", "observation"} <= set(kinds)
    whole = b"".join(files.values())
    assert NUMBER.encode() not in whole
    assert b"Aicha" not in whole
    with store_of(farm) as store:
        head = json.loads(files["manifest.json"])["head"]
        assert verify(store, expected=head).intact


def test_zip_and_tar_hold_the_same_and_any_tool_opens_them(farm: Path, proof: Path, public: Path) -> None:
    done = cloud("audit", "export", "--data", farm, "--day", DAY, "--parcel", "two", "--out", farm / "two.tar")
    assert done.exit_code == 0
    assert checked(farm / "two.tar", public)[0]["intact"]
    with zipfile.ZipFile(proof) as one, tarfile.open(farm / "two.tar") as other:
        assert sorted(one.namelist()) == other.getnames()
    assert read_bundle(proof)["verdict.json"] == read_bundle(farm / "two.tar")["verdict.json"]


CHANGES: dict[str, tuple[Callable[[Files], object], str]] = {
    "a text": (lambda files: files.update({"messages.json": b"[]"}), "messages.json: is not the file that was signed"),
    "weather": (
        lambda files: files.pop("inputs/weather.csv"),
        "inputs/weather.csv: is named by the manifest and missing",
    ),
    "a page more": (lambda files: files.update({"more.txt": b"x"}), "more.txt: is not named by the manifest"),
    "the manifest": (
        lambda files: files.update({"manifest.json": files["manifest.json"].replace(b"two", b"one")}),
        "expected a signature of this key, got none",
    ),
    "the signature": (
        lambda files: files.update({"manifest.json.sig": files["manifest.json.sig"][::-1]}),
        "expected a signature of this key, got none",
    ),
    "no signature": (lambda files: files.pop("manifest.json.sig"), "expected a signature of this key, got none"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_any_change_is_found_and_named(name: str, proof: Path, public: Path, tmp_path: Path) -> None:
    change, told = CHANGES[name]
    files = read_bundle(proof)
    change(files)
    write_bundle(tmp_path / "changed.zip", files)
    assert told in checked(tmp_path / "changed.zip", public)[1]


def in_json(name: str, change: Callable[[Any], object]) -> Callable[[Files], None]:
    def write(files: Files) -> None:
        content = json.loads(files[name])
        change(content)
        files[name] = json.dumps(content).encode()

    return write


def larger(content: dict[str, Any]) -> None:
    content["proposed"]["volume_m3"] = 1.0


def other_entry(content: dict[str, Any]) -> None:
    content["entries"][0]["at"] = "2020-01-01T00:00:00.000000+00:00"


def without_second(content: dict[str, Any]) -> None:
    del content["entries"][1]


def more_water(records: list[Any]) -> None:
    (one,) = (one for one in records if one["entry"]["kind"] == "event")
    one["content"]["body"] = one["content"]["body"].replace("18.0", "19.0")


def other_weather(content: dict[str, Any]) -> None:
    content["rested"]["weather"] = content["rested"]["weather"][::-1]


LIES: dict[str, tuple[Callable[[Files], object], str]] = {
    "another dose": (in_json("verdict.json", larger), "verdict of two: stands in no record of the ledger"),
    "an entry": (in_json("ledger/chain.json", other_entry), "its entries do not lead to the head"),
    "an entry less": (in_json("ledger/chain.json", without_second), "expected the entries without a gap"),
    "a record": (in_json("ledger/records.json", more_water), "its content does not match the digest of ledger entry"),
    "the night": (in_json("night.json", other_weather), "night.json: is not what the verdict says it rested on"),
    "no replay": (lambda files: files.pop("replay.json"), "replay.json: expected it in a file of proof, got none"),
    "no json": (lambda files: files.update({"verdict.json": b"{"}), "got one that cannot be read"),
}


@pytest.mark.parametrize("name", LIES)
def test_not_even_the_owner_of_the_key_can_sign_what_does_not_fit(
    name: str, farm: Path, proof: Path, public: Path, tmp_path: Path
) -> None:
    change, told = LIES[name]
    files = read_bundle(proof)
    manifest = json.loads(files.pop("manifest.json"))
    del files["manifest.json.sig"]
    change(files)
    about = {key: manifest[key] for key in ("parcel_id", "day", "made_at", "head")}
    write_bundle(tmp_path / "lie.zip", sealed(files, about, SigningKey.read(farm / "keys" / "audit").sign))
    assert told in checked(tmp_path / "lie.zip", public)[1]


def test_another_key_and_no_key_are_refused(proof: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pub"
    stranger.write_text(SigningKey.create(tmp_path / "private").public.pem)
    assert "another key made it" in checked(proof, stranger)[1]
    for text in ("", "no key", (tmp_path / "private").read_text()):
        stranger.write_text(text)
        done = cloud("audit", "check", proof, "--key", stranger)
        assert isinstance(done.exception, ConfigurationError)
    assert isinstance(cloud("audit", "check", proof, "--key", tmp_path / "absent").exception, ConfigurationError)


def test_a_file_that_is_none_of_ours_is_refused(proof: Path, public: Path, tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"PK\x03\x04 junk", proof.read_bytes()[:500], b"\x00" * 2048)):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(content)
        done = cloud("audit", "check", path, "--key", public)
        assert isinstance(done.exception, InputError | IntegrityError), (number, done.exception)
        assert "\n" not in str(done.exception)
    named = cloud("audit", "export", "--data", tmp_path, "--day", DAY, "--parcel", "two", "--out", "two.rar")
    assert "expected a name that ends in .zip or .tar" in str(named.exception)


def test_a_verdict_changed_in_the_store_is_exported_as_one_that_differs(
    farm: Path, public: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(farm, data)
    with sqlite3.connect(data / "seguia.db") as connection:
        connection.execute(
            'UPDATE verdicts SET body = replace(body, \'"code_version":"\', \'"code_version":"x\') WHERE day = ?',
            (str(DAY),),
        )
    done = cloud("audit", "export", "--data", data, "--day", DAY, "--parcel", "two", "--out", data / "two.zip")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["outcome"] == "DIFFERS"
    told, err = checked(data / "two.zip", public)
    assert told["intact"] is False
    assert "verdict two/" in err
    assert "its content does not match the digest" in err


def test_an_advice_without_kept_inputs_is_exported_and_says_so(farm: Path, public: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(farm, data)
    shutil.rmtree(data / FOLDER)
    done = cloud("audit", "export", "--data", data, "--day", DAY, "--parcel", "two", "--out", data / "two.zip")
    assert done.exit_code == 1
    assert "the inputs of that night are not in" in done.stderr
    told, _ = checked(data / "two.zip", public)
    assert (told["intact"], told["outcome"]) == (True, "not replayed")


def test_the_key_is_made_once_for_its_owner_alone_and_never_replaced(farm: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(farm, data)
    path = data / "keys" / "audit"
    before = cloud("audit", "key", "--data", data)
    assert (
        hashlib.sha256(path.read_bytes()).hexdigest()
        == hashlib.sha256((farm / "keys" / "audit").read_bytes()).hexdigest()
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert before.stdout.startswith("-----BEGIN PUBLIC KEY-----\n")
    path.unlink()
    missing = cloud("audit", "export", "--data", data, "--day", DAY, "--parcel", "two", "--out", data / "two.zip")
    assert "signing key: " in str(missing.exception)
    anew = cloud("audit", "key", "--data", data)
    assert "made " in anew.stderr
    assert anew.stdout != before.stdout
    path.chmod(0o644)
    assert "expected 0600" in str(cloud("audit", "key", "--data", data).exception)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"parcel_id": "one"}, "verdict.json: is about parcel two"),
        ({"head": "0" * 64}, "ledger/chain.json: leads to another head than the manifest names"),
    ],
)
def test_a_manifest_about_something_else_is_named(
    change: dict[str, str], told: str, farm: Path, proof: Path, public: Path, tmp_path: Path
) -> None:
    files = read_bundle(proof)
    manifest = json.loads(files.pop("manifest.json"))
    del files["manifest.json.sig"]
    about = {key: manifest[key] for key in ("parcel_id", "day", "made_at", "head")}
    write_bundle(tmp_path / "x.tar", sealed(files, about | change, SigningKey.read(farm / "keys" / "audit").sign))
    assert told in checked(tmp_path / "x.tar", public)[1]


def test_a_verdict_that_cannot_be_read_is_refused_in_one_line(farm: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(farm, data)
    with sqlite3.connect(data / "seguia.db") as connection:
        connection.execute("UPDATE verdicts SET body = '{}' WHERE day = ?", (str(DAY),))
    for more in (("replay",), ("export", "--parcel", "two", "--out", data / "two.zip")):
        done = cloud("audit", *more, "--data", data, "--day", DAY)
        assert isinstance(done.exception, IntegrityError)
        assert "see: seguia cloud audit verify" in str(done.exception)
