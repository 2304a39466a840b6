"""One clock for all commands of an installation: this machine's, or a demonstration's evening."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from cloud.commands import cloud_site
from cloud.commands.cloud_site import clock_of
from cloud.config import CloudConfig, read_config
from simulations.demo.site import keep_clock

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_site, "system_clock", lambda: NOW)


def test_an_installation_has_the_clock_of_its_machine() -> None:
    assert clock_of(CloudConfig(organisation="o"))() == NOW


def test_a_demonstration_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "seguia-cloud.toml"
    path.write_text('# a comment\norganisation = "demo"\n\n[web]\nport = 9000\n')
    evening = datetime(2026, 8, 30, 18, tzinfo=UTC)
    keep_clock(path, lambda: evening)
    config = read_config(path)
    assert config.web.port == 9000
    apart = timedelta(seconds=config.clock_offset_s)
    assert abs(datetime.now(UTC) + apart - evening) < timedelta(seconds=30)
    assert clock_of(config)() == NOW + apart


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1e10])
def test_a_clock_beyond_a_lifetime_is_a_slip(wrong: float) -> None:
    with pytest.raises(ValidationError):
        CloudConfig(organisation="o", clock_offset_s=wrong)
