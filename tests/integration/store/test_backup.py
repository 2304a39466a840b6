"""A working installation is backed up, lost, and stands again: nothing missing, nothing sent a second time."""

import dataclasses
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyrage import x25519
from typer.testing import CliRunner

from cloud.adapters.backup import databases, emptying, making, restoring
from cloud.adapters.backup.databases import bring_back, copy_database
from cloud.adapters.backup.making import SUFFIX, Installation, Made, kept_in, let_go, make_backup
from cloud.adapters.backup.manifest import Manifest
from cloud.adapters.backup.restoring import _unsealed, look_into, restore
from cloud.adapters.backup.seal import create_identity, read_identity
from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.backup_config import BackupConfig
from cloud.commands.cloud import app
from cloud.config import FILE_NAME, read_config
from cloud.errors import ConfigurationError, InputError, IntegrityError, ServiceUnavailableError
from cloud.messages import Farmer, Message
from edge.contract import Detection, MessageId
from tests.integration.store.conftest import NOW

LATER = NOW + timedelta(hours=5)
NUMBER = "+212612345678"


def message(text: str) -> Message:
    return Message(
        parcel_id="p1",
        kind="irrigate",
        language="fr",
        text=text,
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(hours=48),
        reviewed=True,
        farmer_id="f1",
    )


def detect(store: Store, count: int, *, boot: str = "b") -> None:
    for number in range(count):
        seen = Detection(parcel_id="p1", taken_at=NOW, sha256="ab" * 32, model=None, opinion=True, wilting_score=2.5)
        store.add_detection(MessageId(gateway="g1", boot=boot, sequence=number), "office", seen, NOW)


@pytest.fixture
def site(url: str, keys: PersonalKeys, store: Store, tmp_path: Path) -> Installation:
    """An installation at work: records, a farmer, one message that waits and one that was sent."""
    folder = tmp_path / "site"
    (folder / "keys").mkdir(parents=True)
    path = folder / "keys" / "personal.json"
    path.write_text(keys.text())
    path.chmod(0o600)
    (folder / "water-states").mkdir()
    (folder / "water-states" / "day").write_text("made anew by the next night")
    (folder / "replay").mkdir()
    (folder / "replay" / "night").write_bytes(b"what a night rested on")
    public = create_identity(tmp_path / "backup.key")
    (folder / FILE_NAME).write_text(f'organisation = "office"\n[backup]\nrecipients = ["{public}"]\n')
    detect(store, 20)
    store.save_farmers([Farmer(id="f1", name="Zineb", phone_number=NUMBER)])
    for text in ("one", "two"):
        assert store.queue_message(message(text), verdict_digest="d" * 64, now=NOW)
    return Installation(
        config=read_config(folder / FILE_NAME), file=folder / FILE_NAME, database_url=url, software="seguia test"
    )


@pytest.fixture
def made(site: Installation, tmp_path: Path) -> Made:
    return make_backup(site, tmp_path / "backups", NOW)


def test_everything_stands_again_and_nothing_is_sent_twice(
    made: Made, empty_url: str, keys: PersonalKeys, store: Store, tmp_path: Path
) -> None:
    held = verify(store)
    back = restore(
        made.path,
        read_identity(tmp_path / "backup.key"),
        tmp_path / "again",
        database_url=empty_url,
        now=lambda: LATER,
    )
    assert back.ledger.intact
    assert (back.manifest.entries, back.manifest.head) == (held.entries, held.head)
    assert back.doubted == 2
    assert (tmp_path / "again" / "replay" / "night").read_bytes() == b"what a night rested on"
    assert not (tmp_path / "again" / "water-states").exists()
    with Store.open(empty_url, keys, clock=lambda: LATER) as again:
        assert {entry.state for entry in again.message_log()} == {"unknown"}
        assert all("restored from a backup of 2026-05-01 08:00" in (one.reason or "") for one in again.doubtful())
        assert again.waiting() == 0
        assert [one.phone_number for one in again.farmers()] == [NUMBER]
        assert verify(again).intact
    assert {entry.state for entry in store.message_log()} == {"queued"}


def test_what_is_written_meanwhile_is_whole_or_absent(
    site: Installation, empty_url: str, reopened: Callable[[], Store], tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        with reopened() as writer:
            for turn in range(500):
                if stop.is_set():
                    return
                detect(writer, 3, boot=f"t{turn}")

    busy = threading.Thread(target=write)
    busy.start()
    try:
        made = make_backup(site, tmp_path / "backups", NOW)
    finally:
        stop.set()
        busy.join()
    identity = read_identity(tmp_path / "backup.key")
    back = restore(made.path, identity, tmp_path / "again", database_url=empty_url, now=lambda: LATER)
    assert back.ledger.intact
    assert back.ledger.entries == made.manifest.entries >= 23


def test_a_restore_never_writes_over_anything(made: Made, url: str, tmp_path: Path) -> None:
    identity = read_identity(tmp_path / "backup.key")
    with pytest.raises(InputError, match=r"expected an empty one|exists already"):
        restore(made.path, identity, tmp_path / "again", database_url=url, now=lambda: LATER)
    assert not (tmp_path / "again").exists()
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "file").write_text("mine")
    with pytest.raises(ConfigurationError, match="new or empty folder"):
        restore(made.path, identity, tmp_path / "again", database_url=url, now=lambda: LATER)
    with pytest.raises(ConfigurationError, match="no such backup"):
        restore(tmp_path / "none", identity, tmp_path / "far" / "away", database_url=url, now=lambda: LATER)
    assert not (tmp_path / "far").exists()


def another_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest says that the ledger ends elsewhere."""

    def unsealed(backup: Path, identity: x25519.Identity, room: Path) -> Manifest:
        return _unsealed(backup, identity, room).model_copy(update={"head": "f" * 64})

    monkeypatch.setattr(restoring, "_unsealed", unsealed)


def test_a_database_that_a_failed_proof_had_filled_is_empty_again(
    made: Made, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = read_identity(tmp_path / "backup.key")
    with monkeypatch.context() as patch:
        another_head(patch)
        with pytest.raises(IntegrityError, match="nothing was restored"):
            restore(made.path, identity, tmp_path / "again", database_url=empty_url, now=lambda: LATER)
    assert not (tmp_path / "again").exists()
    again = restore(made.path, identity, tmp_path / "again", database_url=empty_url, now=lambda: LATER)
    assert again.ledger.intact


def test_a_database_that_cannot_be_emptied_again_is_to_be_dropped(
    made: Made, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "not permitted")

    another_head(monkeypatch)
    monkeypatch.setattr(emptying, "_drop_tables", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(ServiceUnavailableError, match=r"nothing was restored.*drop the database and make it anew"):
        restore(
            made.path,
            read_identity(tmp_path / "backup.key"),
            tmp_path / "again",
            database_url=empty_url,
            now=lambda: LATER,
        )


def test_a_dump_that_breaks_off_leaves_the_database_empty(
    url: str, store: Store, empty_url: str, tmp_path: Path
) -> None:
    detect(store, 20)
    (tmp_path / "room").mkdir()
    copy = copy_database(url, tmp_path / "room")
    cut = tmp_path / "cut"
    content = copy.path.read_bytes()
    cut.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises((ServiceUnavailableError, InputError)):
        bring_back(cut, copy.kind, empty_url)
    bring_back(copy.path, copy.kind, empty_url)  # which refuses a database that holds anything


def test_another_backup_than_the_one_written_down_is_refused(made: Made, empty_url: str, tmp_path: Path) -> None:
    identity = read_identity(tmp_path / "backup.key")
    again = tmp_path / "again"
    with pytest.raises(IntegrityError, match="another backup than the one"):
        restore(made.path, identity, again, database_url=empty_url, now=lambda: LATER, head="0" * 64)
    assert not again.exists()
    back = restore(made.path, identity, again, database_url=empty_url, now=lambda: LATER, head=made.manifest.head)
    assert back.ledger.intact


def test_a_cut_backup_leaves_nothing_behind(made: Made, empty_url: str, tmp_path: Path) -> None:
    content = made.path.read_bytes()
    made.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(IntegrityError, match="expected a whole backup"):
        restore(
            made.path,
            read_identity(tmp_path / "backup.key"),
            tmp_path / "again",
            database_url=empty_url,
            now=lambda: LATER,
        )
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob(".again-*"))


def test_old_backups_go_and_the_newest_stay(tmp_path: Path) -> None:
    for days in (0, 1, 40, 50, 60):
        stamp = (NOW - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")
        (tmp_path / f"office-{stamp}{SUFFIX}").write_bytes(b"sealed")
    (tmp_path / f"mine{SUFFIX}").write_bytes(b"not one of ours")
    gone = let_go(tmp_path, BackupConfig(keep_days=35, keep_least=3), NOW)
    assert len(gone) == 2
    assert [one.made_at for one in kept_in(tmp_path)] == [NOW, NOW - timedelta(days=1), NOW - timedelta(days=40)]
    assert (tmp_path / f"mine{SUFFIX}").exists()


def test_the_plain_copy_never_lies_where_backups_are_carried_from(
    site: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    plain: list[Path] = []

    def seen(url: str, room: Path) -> databases.Copy:
        plain.append(room)
        return copy_database(url, room)

    monkeypatch.setattr(making, "copy_database", seen)
    # What a killed backup left behind.
    folder.mkdir()
    (folder / f"office-20260101T000000Z{SUFFIX}.part").write_bytes(b"half")
    (site.config.data_dir / making.ROOM).mkdir()
    (site.config.data_dir / making.ROOM / "seguia.db").write_bytes(b"a whole database in plain")
    made = make_backup(site, folder, NOW)
    assert plain == [site.config.data_dir / making.ROOM]
    assert not plain[0].exists()
    assert list(folder.iterdir()) == [made.path]
    assert not [one.name for one in made.manifest.files if making.ROOM in one.name]


def test_two_backups_at_once_are_refused(site: Installation, tmp_path: Path) -> None:
    with making._room(site.config.data_dir, tmp_path), pytest.raises(ServiceUnavailableError, match="another backup"):
        make_backup(site, tmp_path / "backups", NOW)


def test_without_a_recipient_nothing_is_written(site: Installation, tmp_path: Path) -> None:
    site.file.write_text('organisation = "office"\n')
    bare = Installation(
        config=read_config(site.file), file=site.file, database_url=site.database_url, software="seguia test"
    )
    with pytest.raises(ConfigurationError, match="seguia cloud backup key"):
        make_backup(bare, tmp_path / "backups", NOW)
    assert not (tmp_path / "backups").exists()


def test_a_drill_proves_and_leaves_nothing(backend: str, made: Made, tmp_path: Path) -> None:
    identity, room = read_identity(tmp_path / "backup.key"), tmp_path / "room"
    room.mkdir()
    if backend == "postgresql":
        with pytest.raises(ConfigurationError, match="takes a server"):
            look_into(made.path, identity, room)
    else:
        assert look_into(made.path, identity, room).ledger.entries == made.manifest.entries
    assert not list(room.iterdir())


def test_a_copy_of_one_kind_does_not_fill_the_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the backup is of sqlite"):
        bring_back(tmp_path / "copy", "sqlite", "postgresql://seguia@127.0.0.1/seguia")


def test_absent_databases_and_tools_are_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailableError, match="no such file"):
        copy_database(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    with pytest.raises(ServiceUnavailableError, match="cannot be used"):
        copy_database("postgresql://seguia@127.0.0.1:1/seguia", tmp_path)
    with pytest.raises(ConfigurationError, match="postgresql-client"):
        databases._program("pg_dump", lambda _: None, tmp_path)


def test_the_commands_from_a_new_installation_to_a_restored_one(tmp_path: Path) -> None:
    run = CliRunner()
    site, key, folder = tmp_path / "site", tmp_path / "seguia.key", tmp_path / "backups"
    assert run.invoke(app, ["init", "--data", str(site), "--organisation", "office"]).exit_code == 0
    public = run.invoke(app, ["backup", "key", "--out", str(key)]).stdout.strip()
    with (site / FILE_NAME).open("a") as file:
        file.write(f'\n[backup]\nfolder = "{folder}"\nrecipients = ["{public}"]\n')
    outside = tmp_path / "turns.csv"
    shutil.copy(site / FILE_NAME, outside)
    text = (site / FILE_NAME).read_text().replace('# turns_path = "constraints/turns.csv"', f'turns_path = "{outside}"')
    (site / FILE_NAME).write_text(text)

    backed_up = run.invoke(app, ["backup", "--data", str(site)])
    assert backed_up.exit_code == 0, backed_up.output
    made = json.loads(backed_up.stdout)
    assert f"not in the backup: {outside}" in backed_up.stderr
    listed = run.invoke(app, ["backup", "list", "--data", str(site)])
    assert json.loads(listed.stdout)["backup"] == made["backup"]
    tried = run.invoke(app, ["backup", "try", made["backup"], "--identity", str(key)])
    assert json.loads(tried.stdout)["intact"] is True
    newest = run.invoke(app, ["backup", "try", "--identity", str(key), "--data", str(site)])
    assert json.loads(newest.stdout)["backup"] == made["backup"]
    Path(made["backup"]).rename(tmp_path / "away")
    absent = run.invoke(app, ["backup", "try", "--identity", str(key), "--data", str(site)])
    assert "expected a backup, got none; make one with" in str(absent.exception)
    (tmp_path / "away").rename(made["backup"])
    back = run.invoke(app, ["restore", made["backup"], "--identity", str(key), "--data", str(tmp_path / "again")])
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout)["head"] == made["head"]
    assert "is not known here" in back.stderr
    checked = run.invoke(app, ["audit", "verify", "--data", str(tmp_path / "again")])
    assert json.loads(checked.stdout)["intact"] is True
    restored = datetime.fromisoformat(json.loads(back.stdout)["made_at"])
    assert abs(restored - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_database_that_others_write_without_a_pause_is_copied_all_the_same(tmp_path: Path) -> None:
    live, stop, commits = tmp_path / "live.db", threading.Event(), 0
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            "CREATE TABLE ledger_head (id INTEGER PRIMARY KEY, position INTEGER, hash TEXT);"
            "CREATE TABLE filled (content BLOB); CREATE TABLE beaten (count INTEGER); INSERT INTO beaten VALUES (0)"
        )
        connection.executemany("INSERT INTO filled VALUES (?)", [(b"x" * 1_000_000,)] * 60)
        connection.commit()

    def write() -> None:
        nonlocal commits
        with closing(sqlite3.connect(live, timeout=30.0)) as connection:
            while commits < 400 and not stop.wait(0.005):
                connection.execute("UPDATE beaten SET count = count + 1")
                connection.commit()
                commits += 1

    writer = threading.Thread(target=write)
    writer.start()
    copy_database(f"sqlite:///{live}", tmp_path)
    stop.set()
    writer.join()
    assert commits < 400


def test_a_restore_that_lacks_the_keys_fills_no_database(site: Installation, empty_url: str, tmp_path: Path) -> None:
    keys_file, away = tmp_path / "keys.json", tmp_path / "away.json"
    shutil.move(site.config.keys_file, keys_file)
    site.file.write_text(f'keys_file = "{keys_file}"\n{site.file.read_text()}')
    outside = dataclasses.replace(site, config=read_config(site.file))
    path, identity = make_backup(outside, tmp_path / "backups", NOW).path, read_identity(tmp_path / "backup.key")
    keys_file.rename(away)
    with pytest.raises(ConfigurationError, match="bring that file back"):
        restore(path, identity, tmp_path / "again", database_url=empty_url, now=lambda: LATER)
    away.rename(keys_file)
    assert restore(path, identity, tmp_path / "again", database_url=empty_url, now=lambda: LATER).ledger.intact
