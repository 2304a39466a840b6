"""A serial line to a modem or to instruments, raw: termios of the standard library, so that nothing is installed."""

import errno
import fcntl
import os
import select
import termios
from pathlib import Path
from typing import Final, Protocol

from edge.errors import ModemAbsentError, ModemBusyError

_CHUNK: Final = 4096
_RATES: Final = {
    1200: termios.B1200,
    2400: termios.B2400,
    4800: termios.B4800,
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
    460800: termios.B460800,
}
RATES: Final = tuple(_RATES)


class Line(Protocol):
    """What a dialogue needs of a line."""

    def read(self, wait_s: float) -> bytes:
        """What has come, waiting for it at most so long; empty when nothing has."""

    def write(self, octets: bytes) -> None:
        """Send all of it."""

    def close(self) -> None:
        """Let go of the device."""


class SerialLine:
    """A device such as /dev/ttyUSB2 without flow control, held by this process alone."""

    def __init__(self, device: Path, rate: int) -> None:
        self._device = device
        try:
            # Without O_NONBLOCK opening would wait for a carrier that a modem may never raise.
            self._handle = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._absent(error) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._make_raw(_RATES[rate])
        except BlockingIOError:
            os.close(self._handle)
            raise ModemBusyError(
                f"modem {device}: not examined, another program holds it, as the gateway at work does; its heartbeat"
                " tells how it is"
            ) from None
        except (OSError, termios.error) as error:
            os.close(self._handle)
            raise self._absent(error) from error

    def read(self, wait_s: float) -> bytes:
        """What has come, waiting for it at most so long; ModemAbsentError when the device is gone."""
        try:
            ready, _, _ = select.select([self._handle], [], [], max(0.0, wait_s))
            if not ready:
                return b""
            octets = os.read(self._handle, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._absent(error) from error
        if not octets:
            raise self._absent(OSError(errno.ENODEV, "the line was hung up"))
        return octets

    def write(self, octets: bytes) -> None:
        """Send all of it; ModemAbsentError when the device is gone or takes nothing for five seconds."""
        left = memoryview(octets)
        while left:
            try:
                _, ready, _ = select.select([], [self._handle], [], 5.0)
                if not ready:
                    raise TimeoutError(errno.ETIMEDOUT, "it takes no more letters")
                left = left[os.write(self._handle, left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._absent(error) from error

    def close(self) -> None:
        """Let go of the device."""
        os.close(self._handle)

    def _make_raw(self, rate: int) -> None:
        shape = termios.tcgetattr(self._handle)
        shape[0] = 0
        shape[1] = 0
        shape[2] = termios.CREAD | termios.CLOCAL | termios.CS8
        shape[3] = 0
        shape[4] = shape[5] = rate
        termios.tcsetattr(self._handle, termios.TCSANOW, shape)
        termios.tcflush(self._handle, termios.TCIOFLUSH)

    def _absent(self, error: Exception) -> ModemAbsentError:
        reason = getattr(error, "strerror", None) or str(error)
        return ModemAbsentError(
            f"modem {self._device}: expected a modem's line, got: {reason}; plug it in, or correct [modem] device"
        )
