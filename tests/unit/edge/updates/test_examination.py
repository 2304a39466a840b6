import shutil
from pathlib import Path

import pytest

from edge.config import GatewayConfig
from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.durable import Disk
from edge.updates.examination import examined
from edge.updates.journal import Journal, write_journal
from edge.updates.slots import Refusal, Slots
from tests.release_world import Maker


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    maker = Maker(tmp_path / "repository").begin()
    shutil.copy(maker.metadata("1.root.json"), tmp_path / "root.json")
    updates = {"url": "https://updates.example.org/", "root_file": tmp_path / "root.json"}
    return GatewayConfig.model_validate(
        {"organisation": "demo", "gateway_id": "gw-01", "data_dir": tmp_path / "data", "updates": updates}
    )


def test_without_a_repository_there_is_nothing_to_say(config: GatewayConfig) -> None:
    assert examined(config.model_copy(update={"updates": None})) is None


def test_at_first_all_is_as_installed(config: GatewayConfig) -> None:
    alone = "; code is left alone until edge.updates.launcher starts the gateway"
    assert examined(config) == (True, f"all as installed; last look never{alone}")
    launched = config.data_dir / "updates" / "code" / launcher.LAUNCHED
    launched.parent.mkdir(parents=True)
    launched.touch()
    assert examined(config) == (True, "all as installed; last look never")


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
    assert examined(config) == (True, text)


@pytest.mark.parametrize("content", [None, b"{", b"[]", b'{"signed": {"_type": "targets"}}'])
def test_a_trusted_root_that_is_none_has_its_remedy(content: bytes | None, config: GatewayConfig) -> None:
    assert config.updates is not None
    if content is None:
        config.updates.root_file.unlink()
    else:
        config.updates.root_file.write_bytes(content)
    found = examined(config)
    assert found is not None
    assert not found[0]
    assert "copy metadata/1.root.json of the repository there by hand" in found[1]
