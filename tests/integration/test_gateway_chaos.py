"""The gateway under fire, in small; ``make chaos`` lives a thousand lives."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.outbox import Outbox
from tests.chaos.gateway.month import live_a_month
from tests.chaos.gateway.power import SyncMark, cut_power, index_of, record_syncs
from tests.chaos.gateway.rehearsal import rehearse

CUTS = 40


@pytest.mark.system("mosquitto")
def test_cut_off_at_any_instant_a_gateway_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    heard: list[str] = []
    outcome = rehearse(tmp_path, cycles=12, seed=11, tell=heard.append)
    assert outcome.sound, outcome
    assert outcome.photos > 12
    assert outcome.faults["kills"] + outcome.faults["power_cuts"] == outcome.cycles == 12
    assert heard[-1].startswith("12 of 12 lives")


@pytest.mark.system("mosquitto")
def test_days_without_the_cloud_are_advised_and_everything_arrives_afterwards(tmp_path: Path) -> None:
    outcome = live_a_month(tmp_path, days=1)
    assert outcome.sound, outcome
    assert outcome.photos > 48
    assert outcome.advice_in_cloud >= outcome.days_advised == 1


def write_until_cut(
    folder: Path, monkeypatch: pytest.MonkeyPatch, chance: random.Random
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Queue messages for good and others not, then cut the power: what was promised, and what came back."""
    path = folder / "outbox.sqlite"
    mark = SyncMark(folder / "synced")
    monkeypatch.setattr("sqlite3.connect", sqlite3.connect)
    record_syncs(path, mark)
    outbox = Outbox(path)
    promised: dict[int, bytes] = {}
    for number in range(chance.randint(1, 60)):
        payload = f"message {number}".encode() * chance.randint(1, 300)
        if chance.random() < 0.6:
            promised[outbox.put("detection", lambda *_, payload=payload: payload).sequence] = payload
        else:
            with outbox.database.transaction(durable=False):
                outbox.put("detection", lambda *_, payload=payload: payload)
    _copy(folder, folder / "after")
    cut_power(folder / "after" / path.name, mark, chance)
    outbox.close()
    with closing(sqlite3.connect(folder / "after" / path.name)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return promised, dict(connection.execute("SELECT sequence, payload FROM outbox"))


def _copy(folder: Path, target: Path) -> None:
    target.mkdir()
    for part in folder.glob("outbox.sqlite*"):
        (target / part.name).write_bytes(part.read_bytes())


def test_a_power_cut_takes_only_what_was_never_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = 0
    for seed in range(CUTS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        promised, found = write_until_cut(folder, monkeypatch, random.Random(seed))
        assert promised.items() <= found.items()
        kept += len(promised)
    assert kept > CUTS


def test_a_power_cut_does_take_what_was_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the rehearsal could not find a queue that forgets to sync."""
    monkeypatch.setattr("sqlite3.connect", sqlite3.connect)
    lost = 0
    for seed in range(CUTS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        mark = SyncMark(folder / "synced")
        record_syncs(folder / "outbox.sqlite", mark)
        outbox = Outbox(folder / "outbox.sqlite")
        outbox.put("detection", lambda *_: b"for good")
        for _ in range(5):
            with outbox.database.transaction(durable=False):
                outbox.put("detection", lambda *_: b"never synced")
        assert index_of(folder / "outbox.sqlite")[0].frames > mark.read().frames
        _copy(folder, folder / "after")
        cut_power(folder / "after" / "outbox.sqlite", mark, random.Random(seed))
        outbox.close()
        with closing(sqlite3.connect(folder / "after" / "outbox.sqlite")) as connection:
            lost += connection.execute("SELECT count(*) FROM outbox").fetchone()[0] < 6
    assert lost > CUTS // 4
