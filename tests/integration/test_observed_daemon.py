"""The real daemon looked at by Prometheus while it works."""

import subprocess
import sys
import urllib.request
from pathlib import Path

from edge.config_file import write_config
from tests.command_line import REPOSITORY
from tests.integration.conftest import free_port, wait_until


def test_a_daemon_tells_its_figures_and_its_troubles_while_it_works(tmp_path: Path) -> None:
    config, port = tmp_path / "gateway.toml", free_port()
    (tmp_path / "photos").mkdir()
    values = {
        "organisation": "demo",
        "gateway_id": "gw-01",
        "broker": {"port": free_port()},
        "metrics": {"port": port},
        "watch": [{"folder": "photos", "parcel_id": "P1"}],
    }
    config.write_text(write_config(values), encoding="utf-8")
    told: dict[str, str] = {}

    def asked() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return False
        told.update(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return float(told["seguia_gateway_trouble_count"]) >= 1

    command = [sys.executable, "-m", "seguia", "gateway", "run", "--config", str(config)]
    daemon = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_until(asked, 60.0), "the absent broker is a trouble"
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0
    assert told["seguia_gateway_online"] == "1"
    assert told["seguia_gateway_queued"] == "0"
    assert float(told["seguia_gateway_rss_mb"]) < 250
