from pathlib import Path

import pytest

from edge.config_file import write_config
from tests.command_line import seguia


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A gateway whose broker does not answer."""
    config = tmp_path / "gateway.toml"
    (tmp_path / "photos").mkdir()
    (tmp_path / "data").mkdir()
    values = {
        "organisation": "demo",
        "gateway_id": "gw-01",
        "broker": {"port": 1},
        "watch": [{"folder": "photos", "parcel_id": "P1"}],
    }
    config.write_text(write_config(values), encoding="utf-8")
    assert seguia("gateway", "run", "--config", config, "--once").code == 0
    return config


def test_the_page_is_printed_and_written_and_names_what_fails(installed: Path) -> None:
    pdf = installed.with_name("receipt.pdf")
    told = seguia("gateway", "receipt", "--config", installed, "--pdf", pdf)
    assert told.code == 3
    assert told.lines[0] == "SEGUIA GATEWAY RECEIPT"
    assert any(line.startswith("PASS  speed") and "pictures of 1600 x 1200 a second" in line for line in told.lines)
    assert "link: 127.0.0.1:1: expected to be let in" in told.about("link")
    assert any(line.startswith("FAIL: ") for line in told.lines)
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_a_page_that_cannot_be_written_is_wrong_use(installed: Path) -> None:
    told = seguia("gateway", "receipt", "--config", installed, "--pdf", installed.parent / "none" / "receipt.pdf")
    assert told.code == 2
    assert "cannot be written" in told.errors[-1]
