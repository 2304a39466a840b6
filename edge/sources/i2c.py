"""Words of a device on an I2C bus, by the kernel's own interface (<linux/i2c-dev.h>)."""

import ctypes
import fcntl
import os
from typing import Final, Protocol

_TRANSFER: Final = 0x0707  # I2C_RDWR
_READ: Final = 0x0001  # I2C_M_RD
_CHUNK_WORDS: Final = 256
"""Some adapters carry no more than some hundred bytes in one message."""


class Message(ctypes.Structure):
    """One message on the bus (struct i2c_msg)."""

    _fields_ = (
        ("address", ctypes.c_uint16),
        ("flags", ctypes.c_uint16),
        ("length", ctypes.c_uint16),
        ("content", ctypes.c_void_p),
    )


class Messages(ctypes.Structure):
    """Messages that follow each other without a stop (struct i2c_rdwr_ioctl_data)."""

    _fields_ = (("messages", ctypes.POINTER(Message)), ("count", ctypes.c_uint32))


class WordBus(Protocol):
    """A device whose registers are words of 16 bits at addresses of 16 bits."""

    def read_words(self, register: int, count: int) -> bytes:
        """Words from a register on, each with its greater byte first."""

    def write_word(self, register: int, word: int) -> None:
        """Set one register."""

    def close(self) -> None:
        """Let go of the bus."""


class I2cWords:
    """A device at an address of one of the machine's I2C buses; OSError when it does not answer."""

    def __init__(self, device: str, address: int) -> None:
        self._place = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        self._address = address

    def read_words(self, register: int, count: int) -> bytes:
        """Words from a register on, each with its greater byte first."""
        parts = []
        for start in range(0, count, _CHUNK_WORDS):
            wanted = ctypes.create_string_buffer(_at(register + start), 2)
            answer = ctypes.create_string_buffer(2 * min(_CHUNK_WORDS, count - start))
            self._transfer((wanted, 0), (answer, _READ))
            parts.append(answer.raw)
        return b"".join(parts)

    def write_word(self, register: int, word: int) -> None:
        """Set one register."""
        self._transfer((ctypes.create_string_buffer(_at(register) + word.to_bytes(2, "big"), 4), 0))

    def close(self) -> None:
        """Let go of the bus."""
        os.close(self._place)

    def _transfer(self, *parts: tuple["ctypes.Array[ctypes.c_char]", int]) -> None:
        messages = (Message * len(parts))(
            *(Message(self._address, flags, len(part), ctypes.addressof(part)) for part, flags in parts)
        )
        fcntl.ioctl(self._place, _TRANSFER, Messages(messages, len(parts)))


def _at(register: int) -> bytes:
    return register.to_bytes(2, "big")
