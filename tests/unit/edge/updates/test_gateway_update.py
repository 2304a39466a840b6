from pathlib import Path

import pytest

from edge.commands.gateway_update import in_use, must_run, state_of
from edge.config import GatewayConfig
from edge.errors import ConfigurationError, RestartWantedError
from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.slots import Slots


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    updates = {"url": "https://updates.example.org/", "root_file": tmp_path / "root.json", "kinds": ["config"]}
    return GatewayConfig.model_validate(
        {"organisation": "demo", "gateway_id": "gw-01", "data_dir": tmp_path, "updates": updates}
    )


def test_a_daemon_that_stopped_says_whether_another_release_should_run(config: GatewayConfig) -> None:
    started = in_use(config)
    assert started == {"code": None, "config": None, "models": None}
    must_run(config, started)
    slots = Slots(config.data_dir / "updates", "config")
    (slots.folder / "a").mkdir(parents=True)
    (slots.folder / "a" / launcher.COMPLETE).write_bytes(bundle_of("config", "c1", {"gateway.toml": b""}).listed)
    slots.put_on_trial("a", heard_before=False)
    with pytest.raises(RestartWantedError, match="another release of config is in place") as caught:
        must_run(config, started)
    assert caught.value.exit_code == 75
    must_run(config.model_copy(update={"updates": None}), started)


def test_what_runs_is_told_kind_by_kind(config: GatewayConfig) -> None:
    state = state_of(config)
    nothing: dict[str, object] = {"release": None, "slot": None, "trial_minutes": None, "refused": []}
    assert state["kinds"]["code"] == {"followed": False, **nothing}
    assert state["kinds"]["config"] == {"followed": True, **nothing}
    assert (state["last_look"], state["looked_at"]) == (None, None)
    with pytest.raises(ConfigurationError, match=r"expected a table \[updates\]"):
        state_of(config.model_copy(update={"updates": None}))
