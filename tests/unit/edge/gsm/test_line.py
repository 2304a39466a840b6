import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import ModemAbsentError, ModemBusyError
from edge.gsm.line import SerialLine


@pytest.fixture
def terminal() -> Iterator[tuple[int, Path]]:
    """The modem's end of a line, and the line's device."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    device = Path(os.ttyname(slave))
    yield master, device
    for handle in (master, slave):
        try:
            os.close(handle)
        except OSError:
            continue


def test_octets_pass_unchanged_both_ways(terminal: tuple[int, Path]) -> None:
    master, device = terminal
    line = SerialLine(device, 115200)
    every = bytes(range(256))
    line.write(every)
    assert os.read(master, 999) == every
    os.write(master, every)
    assert line.read(1.0) == every
    assert line.read(0.0) == b""
    line.close()


def test_a_device_that_is_not_there_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModemAbsentError, match=r"ttyUSB9: expected a modem's line.*plug it in"):
        SerialLine(tmp_path / "ttyUSB9", 115200)


def test_a_file_is_no_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(ModemAbsentError, match="expected a modem's line"):
        SerialLine(file, 9600)


def test_one_program_alone_holds_a_line(terminal: tuple[int, Path]) -> None:
    _, device = terminal
    first = SerialLine(device, 115200)
    with pytest.raises(ModemBusyError, match="another program holds it"):
        SerialLine(device, 115200)
    first.close()
    SerialLine(device, 115200).close()


def test_a_line_that_is_pulled_out_is_gone(terminal: tuple[int, Path]) -> None:
    master, device = terminal
    line = SerialLine(device, 115200)
    os.close(master)
    with pytest.raises(ModemAbsentError):
        line.read(1.0)
    with pytest.raises(ModemAbsentError):
        line.write(b"AT\r")
    line.close()
