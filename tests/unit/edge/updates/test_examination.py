from pathlib import Path

import pytest

from edge.config import GatewayConfig
from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.durable import Disk
from edge.updates.examination import standing
from edge.updates.journal import Journal, write_journal
from edge.updates.slots import Refusal, Slots


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    updates = {"url": "https://updates.example.org/", "root_file": tmp_path / "root.json"}
    return GatewayConfig.model_validate(
        {"organisation": "demo", "gateway_id": "gw-01", "data_dir": tmp_path / "data", "updates": updates}
    )


def test_at_first_all_is_as_installed(config: GatewayConfig) -> None:
    alone = "; code is left alone until edge.updates.launcher starts the gateway"
    assert standing(config) == f"all as installed; last look never{alone}"
    launched = config.data_dir / "updates" / "code" / launcher.LAUNCHED
    launched.parent.mkdir(parents=True)
    launched.touch()
    assert standing(config) == "all as installed; last look never"


def test_what_runs_and_what_was_refused_is_told(config: GatewayConfig) -> None:
    updates = config.data_dir / "updates"
    (updates / "code").mkdir(parents=True)
    (updates / "code" / launcher.LAUNCHED).touch()
    slots = Slots(updates, "config")
    (slots.folder / "a").mkdir(parents=True)
    (slots.folder / "a" / launcher.COMPLETE).write_bytes(bundle_of("config", "c1", {"gateway.toml": b""}).listed)
    slots.put_on_trial("a", heard_before=False)
    Slots(updates, "code").refuse(Refusal(digest="d", release="0.2", why="it fell"))
    write_journal(updates, Journal(checked_at="2026-11-22T12:00:00+00:00"), Disk())
    text = "config c1 on trial; last look 2026-11-22T12:00:00+00:00; code 0.2 refused"
    assert standing(config) == text
