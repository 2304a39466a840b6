"""SDI-12 over a pseudo-terminal: a simulated line, a real serial device of this machine's kernel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.sensors.bus import BusUnavailableError
from edge.sensors.sdi12 import Sdi12Bus, check_letters
from edge.settings.sensor import BusConfig, SensorConfig
from tests.sensor_simulators import Instrument, Sdi12Line, crc_of, looks_like_sdi12
from tests.sensor_site import sensor

PROFILE = (0.213, 21.5, 1.4, 0.25, 20.9)


@pytest.fixture
def line() -> Iterator[Sdi12Line]:
    with Sdi12Line() as running:
        yield running
        assert all(looks_like_sdi12(question) for question in running.asked)


@pytest.fixture
def bus(line: Sdi12Line) -> Iterator[Sdi12Bus]:
    made = Sdi12Bus(BusConfig(name="line", kind="sdi12", device=line.device, timeout_s=0.4))
    yield made
    made.close()


def value(place: str, address: str = "0", name: str = "") -> SensorConfig:
    return sensor(id=name or f"s{address}/{place.replace(':', '-')}", address=address, place=place)


def raws(bus: Sdi12Bus, *sensors: SensorConfig) -> list[float | None]:
    return [one.raw for one in bus.read(sensors)]


@pytest.mark.parametrize("command", ["M", "M1", "MC", "MC3", "C", "CC", "C2", "R0", "RC4"])
def test_every_way_to_measure_gives_its_values(line: Sdi12Line, bus: Sdi12Bus, command: str) -> None:
    plain = command[0] + command[2:] if command[1:2] == "C" else command
    line.instruments["0"] = Instrument(values={plain: PROFILE})
    assert raws(bus, value(f"{command}:1"), value(f"{command}:5")) == [0.213, 20.9]


def test_values_of_one_command_are_measured_once(line: Sdi12Line, bus: Sdi12Bus) -> None:
    line.instruments["0"] = Instrument(values={"M": PROFILE})
    raws(bus, value("M:1"), value("M:4"))
    assert line.asked == ["0M", "0D0", "0D1"]


def test_an_instrument_that_calls_when_it_is_done_is_waited_for(line: Sdi12Line, bus: Sdi12Bus) -> None:
    line.instruments["0"] = Instrument(values={"M": PROFILE}, seconds=2)
    assert raws(bus, value("M:2")) == [21.5]


def test_one_that_does_not_call_is_asked_when_its_time_is_over(line: Sdi12Line, bus: Sdi12Bus) -> None:
    line.instruments["0"] = Instrument(values={"M": PROFILE, "C": PROFILE}, seconds=1, calls=False)
    assert raws(bus, value("M:2"), value("C:3")) == [21.5, 1.4]


def test_instruments_of_one_line_are_told_apart(line: Sdi12Line, bus: Sdi12Bus) -> None:
    line.instruments |= {"0": Instrument(values={"R0": (0.2,)}), "z": Instrument(values={"R0": (-12.5,)})}
    assert raws(bus, value("R0:1", "0"), value("R0:1", "z")) == [0.2, -12.5]


def test_an_adaptor_that_repeats_what_it_is_told(bus: Sdi12Bus) -> None:
    with Sdi12Line(echoes=True) as echoing:
        echoing.instruments["0"] = Instrument(values={"M": PROFILE})
        other = Sdi12Bus(BusConfig(name="line", kind="sdi12", device=echoing.device, timeout_s=0.4))
        assert raws(other, value("M:1")) == [0.213]
        other.close()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"0M": "0garbage"}, "did not begin to measure"),
        ({"0M": "00001", "0D0": "0+1.2x"}, "expected numbers, got '\\+1.2x'"),
        ({"0M": "00001", "0D0": "0"}, "gave 0 values on M, not 1"),
        ({"0M": "09991"}, "takes 999 s"),
    ],
)
def test_nonsense_is_told_and_no_number(line: Sdi12Line, bus: Sdi12Bus, answers: dict[str, str], words: str) -> None:
    line.instruments["0"] = Instrument(values={}, answers=answers)
    (found,) = bus.read([value("M:1")])
    assert found.raw is None
    assert found.trouble is not None
    assert re.search(words, found.trouble)


def test_a_check_sum_that_does_not_fit_is_told(line: Sdi12Line, bus: Sdi12Bus) -> None:
    line.instruments["0"] = Instrument(values={}, answers={"0RC0": "0+0.213AAA"})
    (found,) = bus.read([value("RC0:1")])
    assert found.raw is None
    assert "check sum does not fit" in (found.trouble or "")


def test_one_that_is_silent_costs_itself_only(line: Sdi12Line, bus: Sdi12Bus) -> None:
    line.instruments |= {"0": Instrument(values={}, silent=True), "1": Instrument(values={"R0": (0.3,)})}
    silent, speaking = bus.read([value("R0:1", "0"), value("R0:1", "1")])
    assert "no answer to R0; check its address and wires" in (silent.trouble or "")
    assert speaking.raw == 0.3
    assert line.asked.count("0R0") == 2


def test_an_adaptor_that_is_not_there_is_told_and_may_come(tmp_path: Path) -> None:
    bus = Sdi12Bus(BusConfig(name="line", kind="sdi12", device=tmp_path / "none", timeout_s=0.1))
    with pytest.raises(BusUnavailableError, match="expected an SDI-12 adaptor at"):
        bus.read([value("M:1")])
    bus.close()


@pytest.mark.parametrize("text", ["0+3.14", "0+3.14+22.1-7", "z", "5-0.001"])
def test_check_letters_agree_with_another_way_to_make_them(text: str) -> None:
    assert check_letters(text) == crc_of(text)
    assert len(check_letters(text)) == 3


def test_check_letters_of_the_standards_example() -> None:
    # SDI-12 version 1.4, section 4.4.12.4: 0D0! is answered 0+3.14OqZ
    assert check_letters("0+3.14") == "OqZ"
