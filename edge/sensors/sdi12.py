"""Instruments on an SDI-12 line behind a serial adaptor that passes its letters on and makes the breaks itself.

SDI-12 Support Group, SDI-12: a serial-digital interface standard for microprocessor-based sensors, version 1.4 (2021):
M starts a measurement and the instrument calls when it is done, C the same without a call, R gives at once what is
measured all the time; a C behind the letter asks for a check sum.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from edge.errors import EdgeError, ModemError
from edge.gsm.line import Line, SerialLine
from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.places import Value, value_of
from edge.settings.sensor import BusConfig, SensorConfig

_LONGEST_WAIT_S: Final = 30.0
_TRIES: Final = 2
_NUMBER: Final = re.compile(r"[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_BODY: Final = re.compile(rf"(?:{_NUMBER.pattern})*")
_BEGUN: Final = re.compile(r"([0-9]{3})([0-9]{1,2})")
_CHECK_LETTERS: Final = 3
_MOST_DATA: Final = 10
_POLYNOMIAL: Final = 0xA001

LineMaker = Callable[[BusConfig], Line]


class _SilentError(EdgeError):
    """One instrument did not answer, or not sensibly."""


def open_line(bus: BusConfig) -> Line:
    """The adaptor's serial line."""
    return SerialLine(bus.device, bus.baud_rate)


class Sdi12Bus:
    """An SDI-12 line; one instrument is asked after the other."""

    listens = False

    def __init__(
        self, bus: BusConfig, make_line: LineMaker = open_line, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._bus = bus
        self._make_line = make_line
        self._now_s = monotonic_s
        self._line: Line | None = None

    def read(self, sensors: Sequence[SensorConfig]) -> list[Sample]:
        """Ask these sensors; the values of one command are measured once for all that want one of them."""
        asked: dict[tuple[str, str], list[tuple[SensorConfig, Value]]] = defaultdict(list)
        for sensor in sensors:
            place = value_of(sensor)
            asked[place.address, place.command].append((sensor, place))
        samples: list[Sample] = []
        for (address, command), wanted in asked.items():
            samples += self._measured(address, command, wanted)
        return samples

    def keep(self) -> None:
        """Nothing is held back: what is lost is measured again."""

    def close(self) -> None:
        """Let go of the line."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _measured(self, address: str, command: str, wanted: Sequence[tuple[SensorConfig, Value]]) -> list[Sample]:
        try:
            values = self._values(address, command)
        except _SilentError as error:
            return [Sample(sensor_id=sensor.id, raw=None, trouble=str(error)) for sensor, _ in wanted]
        except ModemError as error:
            self.close()
            raise BusUnavailableError(
                f"bus {self._bus.name}: expected an SDI-12 adaptor at {self._bus.device}, got none that works"
                f" ({error.__cause__ or type(error).__name__}); plug it in, or correct device"
            ) from error
        return [_sample(sensor, place, values) for sensor, place in wanted]

    def _values(self, address: str, command: str) -> list[float]:
        if command.startswith("R"):
            return _numbers(self._ask(address, command), address, checked=command.startswith("RC"))
        begun = _BEGUN.fullmatch(self._ask(address, command)[1:])
        if begun is None:
            raise _SilentError(f"instrument {address}: did not begin to measure on {command}")
        wait_s, count = float(begun[1]), int(begun[2])
        if wait_s > _LONGEST_WAIT_S:
            raise _SilentError(f"instrument {address}: takes {wait_s:.0f} s, expected at most {_LONGEST_WAIT_S:.0f}")
        self._await(address, wait_s, calls=command.startswith("M"))
        values: list[float] = []
        checked = command[1:2] == "C"
        for place in range(_MOST_DATA):
            if len(values) >= count:
                return values
            more = _numbers(self._ask(address, f"D{place}"), address, checked=checked)
            if not more:
                break
            values += more
        return values

    def _await(self, address: str, wait_s: float, *, calls: bool) -> None:
        """Wait until the instrument has measured; one that calls when it is done ends the wait."""
        if wait_s <= 0.0:
            return
        if calls:
            self._letters(address, wait_s)
            return
        until_s = self._now_s() + wait_s
        while (left_s := until_s - self._now_s()) > 0.0:
            self._open().read(min(left_s, 1.0))

    def _ask(self, address: str, command: str) -> str:
        line = self._open()
        for _ in range(_TRIES):
            while line.read(0.0):
                pass  # what an earlier question left behind
            line.write(f"{address}{command}!".encode("ascii"))
            answer = self._letters(address, self._bus.timeout_s)
            if answer is not None:
                return answer
        raise _SilentError(f"instrument {address}: no answer to {command}; check its address and wires")

    def _letters(self, address: str, wait_s: float) -> str | None:
        """Next line that begins with an address, without its end; None when none comes in time."""
        until_s, heard = self._now_s() + wait_s, b""
        while (left_s := until_s - self._now_s()) > 0.0:
            heard += self._open().read(min(left_s, 0.5))
            while b"\n" in heard:
                line, _, heard = heard.partition(b"\n")
                text = line.strip(b"\r\x00 ").decode("ascii", "replace")
                # An adaptor may say our own question again.
                if text.startswith(address) and not text.endswith("!"):
                    return text
        return None

    def _open(self) -> Line:
        if self._line is None:
            self._line = self._make_line(self._bus)
        return self._line


def _numbers(answer: str, address: str, *, checked: bool) -> list[float]:
    body = answer
    if checked:
        body, check = answer[:-_CHECK_LETTERS], answer[-_CHECK_LETTERS:]
        if check_letters(body) != check:
            raise _SilentError(f"instrument {address}: its check sum does not fit; check the line")
    body = body[1:]
    if _BODY.fullmatch(body) is None:
        raise _SilentError(f"instrument {address}: expected numbers, got {body[:40]!r}")
    return [float(one) for one in _NUMBER.findall(body)]


def _sample(sensor: SensorConfig, place: Value, values: Sequence[float]) -> Sample:
    if place.number > len(values):
        trouble = f"instrument {place.address} gave {len(values)} values on {place.command}, not {place.number}"
        return Sample(sensor_id=sensor.id, raw=None, trouble=trouble)
    return Sample(sensor_id=sensor.id, raw=values[place.number - 1])


def check_letters(text: str) -> str:
    """The three letters by which an SDI-12 answer is checked (CRC-16, each six bits behind 01)."""
    crc = 0
    for letter in text.encode("ascii", "replace"):
        crc ^= letter
        for _ in range(8):
            crc = (crc >> 1) ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return "".join(chr(0x40 | (crc >> shift) & 0x3F) for shift in (12, 6, 0))
