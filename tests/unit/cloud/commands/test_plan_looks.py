"""The doctor tells who is planned for, and which gateway could speak and is given nothing to say."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.commands.cloud import app
from cloud.commands.cloud_site import open_store
from cloud.commands.plan_looks import plans
from cloud.config import FILE_NAME, CloudConfig, read_config
from cloud.errors import ConfigurationError
from edge.heartbeat import Heartbeat, ModemState, PlanState

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
TEMPLATE_LINES = (
    "# [planning]",
    "# signing_key_file",
    "# days",
    "# [planning.gateways.gw-01]",
    "# opening_key",
    "# parcels",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    assert (
        CliRunner().invoke(app, ["init", "--data", str(tmp_path / "site"), "--organisation", "office"]).exit_code == 0
    )
    return tmp_path / "site"


def planning(data: Path) -> CloudConfig:
    """What the template says about plans, taken at its word."""
    file = data / FILE_NAME
    lines = file.read_text().split("\n")
    taken = [line.removeprefix("# ") if line.startswith(TEMPLATE_LINES) else line for line in lines]
    file.write_text("\n".join(taken).replace("64 hex digits", secrets.token_hex(32)))
    return read_config(file)


def heard(config: CloudConfig, gateway: str, said: Heartbeat, organisation: str = "office") -> None:
    with open_store(config) as store:
        store.save_heartbeat(organisation, gateway, said, NOW)


def test_the_template_plans_once_its_comments_are_taken_away(data: Path) -> None:
    config = planning(data)
    assert config.planning.gateways["gw-01"].parcels == ("p1", "p2")
    assert config.planning.days == 31
    with pytest.raises(ConfigurationError, match=r"got no such file; run: seguia cloud plan key"):
        plans(config)
    made = CliRunner().invoke(app, ["plan", "key", "--data", str(data)])
    assert made.exit_code == 0, made.output
    assert plans(config) == "2 parcels of gw-01, 31 days ahead"


def test_nobody_planned_for_is_a_note(data: Path) -> None:
    assert plans(read_config(data / FILE_NAME)) == "none configured; gateways advise nothing by themselves"


def test_gateways_that_could_speak_are_named(data: Path) -> None:
    config = read_config(data / FILE_NAME)
    heard(config, "gw-01", Heartbeat(online=True, modem=ModemState(ready=True)))
    heard(config, "gw-02", Heartbeat(online=True, plan=PlanState()))
    heard(config, "gw-03", Heartbeat(online=True))
    heard(config, "gw-04", Heartbeat(online=True, plan=PlanState()), organisation="another")
    assert plans(config).startswith("none configured; gw-01, gw-02 could advise alone and have no opening_key")
    config = planning(data)
    CliRunner().invoke(app, ["plan", "key", "--data", str(data)])
    assert plans(config).startswith("none for some: gw-02 could advise alone")
