"""Simulated instruments for the tests: no real probe hangs here, but what is spoken is the real protocol.

A Modbus TCP server made of pymodbus; an SDI-12 line behind a pseudo-terminal, by this module's own reading of the
standard; a publisher with the shape of ChirpStack v4's MQTT integration.
"""

import asyncio
import json
import os
import pty
import re
import select
import threading
import time
import tty
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

EUI = "a84041000181c061"


class Registers:
    """The registers of one unit, and what was asked of them; a test sets them while the server runs."""

    def __init__(self, unit: int, size: int = 200) -> None:
        self.words = [0] * size
        self.asked: list[tuple[int, int, int]] = []
        values = SimData(0, count=size, values=0, datatype=DataType.REGISTERS)
        self.device = SimDevice(unit, simdata=[values], action=self._answer)

    def put(self, address: int, words: list[int]) -> None:
        self.words[address : address + len(words)] = words

    async def _answer(
        self, function: int, _start: int, address: int, count: int, current: list[int], _values: object
    ) -> None:
        self.asked.append((function, address, count))
        current[: len(self.words)] = self.words


class ModbusServer:
    """A Modbus server on its own thread, over TCP or on a serial line."""

    def __init__(self, units: tuple[int, ...] = (1,), device: Path | None = None) -> None:
        self.units = {unit: Registers(unit) for unit in units}
        self._device = device
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stopped: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10.0), "the Modbus server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._stopped is not None
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10.0)

    def _serve(self) -> None:
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._stopped = asyncio.Event()
        devices = [one.device for one in self.units.values()]
        server: Any
        if self._device is None:
            server = ModbusTcpServer(devices, address=("127.0.0.1", self.port))
        else:
            server = ModbusSerialServer(devices, port=str(self._device), baudrate=9600)
        await server.serve_forever(background=True)
        if self._device is None:
            self.port = server.transport.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        await server.shutdown()


class Cable:
    """A serial cable: two pseudo-terminals, each hearing what the other says."""

    def __init__(self) -> None:
        self._ends = [pty.openpty(), pty.openpty()]
        for _, slave in self._ends:
            tty.setraw(slave)
        self.here, self.there = (Path(os.ttyname(slave)) for _, slave in self._ends)
        self._stopping = False
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join(5.0)
        for pair in self._ends:
            for handle in pair:
                os.close(handle)

    def _carry(self) -> None:
        (one, _), (other, _) = self._ends
        while not self._stopping:
            ready, _, _ = select.select([one, other], [], [], 0.1)
            for handle in ready:
                os.write(other if handle == one else one, os.read(handle, 256))


@dataclass
class Instrument:
    """One SDI-12 instrument: what it gives on each command, and how it misbehaves."""

    values: Mapping[str, tuple[float, ...]]
    seconds: int = 0
    calls: bool = True
    silent: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    """Answers of its own for whole questions, instead of the right ones."""


class Sdi12Line:
    """A pseudo-terminal with SDI-12 instruments on it, behind an adaptor that passes letters on."""

    def __init__(self, echoes: bool = False) -> None:  # noqa: FBT001, FBT002 -- a test's own words
        self.instruments: dict[str, Instrument] = {}
        self.asked: list[str] = []
        self._echoes = echoes
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = Path(os.ttyname(self._slave))
        self._pending: dict[str, tuple[str, tuple[float, ...], bool]] = {}
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._stopping = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        os.write(self._slave, b"?!")
        self._thread.join(5.0)
        os.close(self._master)
        os.close(self._slave)

    def _serve(self) -> None:
        heard = b""
        while not self._stopping:
            heard += os.read(self._master, 100)
            while b"!" in heard:
                question, _, heard = heard.partition(b"!")
                self._answer(question.decode())

    def _answer(self, question: str) -> None:
        if self._echoes:
            self._say(question + "!")
        self.asked.append(question)
        address, command = question[:1], question[1:]
        instrument = self.instruments.get(address)
        if instrument is None or instrument.silent:
            return
        if question in instrument.answers:
            self._say(instrument.answers[question])
            return
        if command.startswith("D"):
            self._say_data(address, int(command[1:]))
            return
        checked = command[1:2] == "C"
        plain = command[0] + command[2:] if checked else command
        values = instrument.values.get(plain)
        if values is None:
            self._say(f"{address}0000")
        elif command.startswith("R"):
            self._say(self._body(address, values, checked=checked))
        else:
            self._pending[address] = (plain, values, checked)
            count = f"{len(values):02d}" if command.startswith("C") else str(len(values))
            self._say(f"{address}{instrument.seconds:03d}{count}")
            if instrument.seconds and command.startswith("M") and instrument.calls:
                time.sleep(0.1)
                self._say(address)

    def _say_data(self, address: str, place: int) -> None:
        _, values, checked = self._pending.get(address, ("", (), False))
        # Three values an answer, so that more than one question is needed.
        self._say(self._body(address, values[3 * place : 3 * place + 3], checked=checked))

    def _body(self, address: str, values: tuple[float, ...], *, checked: bool) -> str:
        body = address + "".join(f"{value:+g}" for value in values)
        return body + crc_of(body) if checked else body

    def _say(self, text: str) -> None:
        os.write(self._master, f"{text}\r\n".encode())


def crc_of(text: str) -> str:
    """SDI-12's check letters, made bit by bit from the polynomial x16+x15+x2+1 and by no code of ours."""
    crc = 0
    for letter in text:
        for place in range(8):
            bit = (ord(letter) >> place & 1) ^ (crc & 1)
            crc >>= 1
            if bit:
                crc ^= 0b1010000000000001
    return "".join(chr(64 + (crc >> shift) % 64) for shift in (12, 6, 0))


class ChirpstackPublisher:
    """Publishes uplinks as ChirpStack v4 does, to a broker on loopback."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="chirpstack", protocol=mqtt.MQTTv5)
        self._client.connect("127.0.0.1", port, clean_start=True)
        self._client.loop_start()
        self.count = 0

    def up(self, content: Mapping[str, Any] | None, *, eui: str = EUI, **changed: Any) -> None:  # noqa: ANN401 -- any field
        """One uplink with a decoded object, delivered to the broker when this returns."""
        self.count += 1
        message = {**uplink(content, eui=eui, count=self.count), **changed}
        self.raw(json.dumps({key: value for key, value in message.items() if value is not None}).encode(), eui=eui)

    def raw(self, payload: bytes, *, eui: str = EUI) -> None:
        """Any bytes as an uplink."""
        self._client.publish(f"application/seguia/device/{eui}/event/up", payload, qos=1).wait_for_publish(10.0)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def uplink(content: Mapping[str, Any] | None, *, eui: str = EUI, count: int = 1) -> dict[str, Any]:
    """An uplink event with the fields that ChirpStack v4 documents; its identifiers are invented."""
    return {
        "deduplicationId": f"3ac7e3c4-4401-4b8d-9386-{count:012d}",
        "time": "2026-07-01T11:59:58.775023242+00:00",
        "deviceInfo": {
            "tenantName": "ChirpStack",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "deviceName": "soil probe",
            "devEui": eui,
            "tags": {},
        },
        "devAddr": "00189440",
        "adr": True,
        "dr": 5,
        "fCnt": count,
        "fPort": 2,
        "confirmed": False,
        "data": "qg==",
        "object": content,
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -57, "snr": 10.25}],
        "txInfo": {"frequency": 868100000},
    }


def looks_like_sdi12(question: str) -> bool:
    """Whether a question is one of the standard's."""
    return re.fullmatch(r"[0-9a-zA-Z](MC?[1-9]?|CC?[1-9]?|RC?[0-9]|D[0-9])", question) is not None
