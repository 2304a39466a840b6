"""What an installer wants to know before leaving the field: one finding for each thing that must be right."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge.camera import read_camera
from edge.clock import Clock, clock_doubt
from edge.config import GatewayConfig
from edge.contract import topic_of
from edge.errors import EdgeError, ModemBusyError
from edge.link import LinkMaker, LinkOrder, Lost, PahoLink, Refused, Subscribed
from edge.messenger import read_command_key
from edge.modem import LineMaker, Modem, serial_line
from edge.settings.modem import ModemConfig
from edge.sim_pin import sim_pin
from edge.weather import read_weather

_BROKER_PATIENCE_S: Final = 10.0
_LITTLE_SPACE_MB: Final = 200.0

Part = Literal[
    "config", "data", "watch", "camera", "weather", "models", "modem", "clock", "broker",
    "certificate", "secret", "bus", "sensor", "updates", "plan",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; the remedy stands in the text when it is not well."""

    part: Part
    well: bool
    text: str


def examine(
    config: GatewayConfig, models: Callable[[], tuple[str, ...]], clock: Clock, make_line: LineMaker = serial_line
) -> Iterator[Finding]:
    """Findings about everything but the configuration file itself, which was read already."""
    yield _folder("data", config.data_dir, "data_dir")
    if not config.watch and not config.camera:
        yield Finding(part="watch", well=False, text="no folder is watched; add a [[watch]] or a [[camera]] table")
    for watch in config.watch:
        yield _folder("watch", watch.folder, "watch.folder")
        if watch.camera_file is not None:
            yield _readable("camera", watch.camera_file, read_camera)
    if config.weather_file is not None:
        yield _readable("weather", config.weather_file, read_weather)
    yield _models(models)
    if config.modem is not None:
        yield ask_modem(config, config.modem, clock, make_line)
    doubt = clock_doubt(clock.now())
    yield Finding(part="clock", well=doubt is None, text=doubt or f"{clock.now():%Y-%m-%d %H:%M} UTC")
    yield ask_broker(config)


def ask_broker(config: GatewayConfig, make_link: LinkMaker = PahoLink) -> Finding:
    """Whether the broker lets this gateway in and lets it hear acknowledgements, by trying."""
    place = f"{config.broker.host}:{config.broker.port}"
    first = config.broker.protocol
    answer = _greet(config, make_link, first)
    if first == "v5" and (
        (isinstance(answer, Lost) and answer.opened) or (isinstance(answer, Refused) and answer.version_refused)
    ):
        answer, first = _greet(config, make_link, "v3.1.1"), "v3.1.1"
    if isinstance(answer, Subscribed) and answer.granted:
        return Finding(part="broker", well=True, text=f"{place} lets this gateway in (MQTT {first})")
    reason = "no answer" if answer is None else answer.reason
    return Finding(
        part="broker",
        well=False,
        text=f"{place}: expected to be let in, got: {reason}; check host, port, account, certificates and that it runs",
    )


def ask_modem(config: GatewayConfig, modem: ModemConfig, clock: Clock, make_line: LineMaker = serial_line) -> Finding:
    """Whether the modem answers, its SIM is open and a network took it in, by trying; sends no SMS."""
    try:
        if modem.command_key_file is not None:
            read_command_key(modem.command_key_file)
        with Modem(modem, make_line(modem), clock, sim_pin(modem.pin_file, config.data_dir)) as device:
            signal = "signal unknown" if device.signal_dbm is None else f"signal {device.signal_dbm} dBm"
            said = None if modem.balance_code is None else device.balance(modem.balance_code)
    except ModemBusyError as error:
        return Finding(part="modem", well=True, text=str(error))
    except EdgeError as error:
        return Finding(part="modem", well=False, text=str(error))
    balance = "" if said is None else f"; the operator says: {said}"
    text = f"{modem.device} is in a network, {signal}, at most {modem.daily_limit} parts a day{balance}"
    return Finding(part="modem", well=True, text=text)


def _greet(config: GatewayConfig, make_link: LinkMaker, protocol: str) -> Subscribed | Refused | Lost | None:
    organisation, gateway = config.organisation, config.gateway_id
    link = make_link(
        LinkOrder(
            broker=config.broker,
            protocol="v5" if protocol == "v5" else "v3.1.1",
            # Another name than the daemon's: a broker would otherwise hang up on the daemon.
            client_id=f"seguia-{organisation}-{gateway}-check",
            ack_topic=topic_of(organisation, gateway, "ack"),
            will=None,
        )
    )
    until_s = time.monotonic() + _BROKER_PATIENCE_S
    link.open()
    try:
        while time.monotonic() < until_s:
            for event in link.turn(0.1):
                if isinstance(event, Subscribed | Refused | Lost):
                    return event
    finally:
        link.close()
    return None


def _folder(part: Part, folder: Path, key: str) -> Finding:
    if not folder.is_dir():
        return Finding(
            part=part, well=False, text=f"{folder}: expected a folder, got none; create it, or correct {key}"
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK) or _is_read_only(folder):
        return Finding(
            part=part, well=False, text=f"{folder}: expected a folder that can be written; correct its permissions"
        )
    status = os.statvfs(folder)
    free_mb = status.f_bavail * status.f_frsize / 1e6
    if free_mb < _LITTLE_SPACE_MB:
        return Finding(
            part=part,
            well=False,
            text=f"{folder}: expected {_LITTLE_SPACE_MB:.0f} MB free, got {free_mb:.0f}; free space",
        )
    return Finding(part=part, well=True, text=f"{folder} can be written, {free_mb:.0f} MB free")


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _readable(part: Part, file: Path, read: Callable[[Path], object]) -> Finding:
    try:
        read(file)
    except EdgeError as error:
        return Finding(part=part, well=False, text=str(error))
    return Finding(part=part, well=True, text=f"{file} can be read")


def _models(models: Callable[[], tuple[str, ...]]) -> Finding:
    try:
        names = models()
    except EdgeError as error:
        return Finding(part="models", well=False, text=str(error))
    return Finding(part="models", well=True, text=", ".join(names))
