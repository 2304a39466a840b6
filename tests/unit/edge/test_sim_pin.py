import os
from pathlib import Path

import pytest

from edge.errors import ModemError
from edge.sim_pin import sim_pin


def test_a_pin_is_offered_once_until_it_was_taken_or_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_text("1234\n", encoding="ascii")
    pin = sim_pin(file, tmp_path)
    assert pin.read() == "1234"
    assert pin.read() is None, "nobody knows that it was right: three wrong ones lock the SIM"
    assert sim_pin(file, tmp_path).read() is None, "nor after a restart"
    file.write_text("4321\n", encoding="ascii")
    os.utime(file, ns=(1, 1))
    assert pin.read() == "4321"
    pin.accepted()
    assert pin.read() == "4321"


def test_without_a_file_there_is_no_pin(tmp_path: Path) -> None:
    pin = sim_pin(None, tmp_path)
    assert pin.read() is None
    pin.accepted()


@pytest.mark.parametrize("content", ["", "12", "123456789", "12a4", "é"])
def test_a_file_without_a_pin_is_told_without_its_content(tmp_path: Path, content: str) -> None:
    file = tmp_path / "pin"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ModemError, match="pin") as refusal:
        sim_pin(file, tmp_path).read()
    assert content[:4] == "" or f"{content!r}" not in str(refusal.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModemError, match="cannot be read"):
        sim_pin(tmp_path / "absent", tmp_path).read()
