"""What a gateway leans on besides folders and broker: certificates, secrets, devices, lines, releases, plans."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.crop_check import crop_notes
from edge.doctor import Finding, Part, examine
from edge.sensors.sensing import open_bus
from edge.sensors.trial import try_sensors
from edge.settings.camera import CaptureConfig
from edge.settings.sensor import BusConfig
from edge.tls import certificate_end
from edge.updates.examination import standing

CERTIFICATE_NOTICE: Final = timedelta(days=14)
"""So long before its end a certificate is told as wrong: a new one has to be carried to the field."""
_RIBBON_PROGRAMS: Final = ("rpicam-still", "libcamera-still")
_OTHERS: Final = 0o077
_KEY_DIGITS: Final = 64
_PATIENCE_S: Final = 3.0
_FEW_FILES: Final = 1000


def everything(config: GatewayConfig, models: Callable[[], tuple[str, ...]], clock: Clock) -> Iterator[Finding]:
    """Findings about the whole gateway, the broker last."""
    yield from equipment(config, clock.now())
    for note in crop_notes(config):
        yield Finding(part="watch", well=True, text=note)
    yield from examine(config, models, clock)


def equipment(config: GatewayConfig, now: datetime) -> Iterator[Finding]:
    """Findings about each part that the configuration names; nothing is changed, and no picture is taken."""
    yield from _certificates(config, now)
    yield from _secrets(config)
    yield from _room_for_files(config.data_dir)
    for camera in config.camera:
        yield _camera(camera)
    yield from _instruments(config)
    if config.updates is not None:
        yield _updates(config, config.updates.root_file)


def _certificates(config: GatewayConfig, now: datetime) -> Iterator[Finding]:
    files = [config.broker.certificate_file, None if config.bridge is None else config.bridge.certificate_file]
    for file in dict.fromkeys(file for file in files if file is not None):
        end = certificate_end(file)
        if end is None:
            yield _wrong("certificate", f"{file}: expected a certificate in PEM, got none; copy it again")
        elif end <= now:
            yield _wrong("certificate", f"{file}: ended on {end:%Y-%m-%d}; ask the authority for a new one")
        elif end - now < CERTIFICATE_NOTICE:
            days = (end - now).days
            yield _wrong("certificate", f"{file}: ends in {days} days; ask the authority for a new one now")
        else:
            yield Finding(part="certificate", well=True, text=f"{file} is valid until {end:%Y-%m-%d}")


def _secret_files(config: GatewayConfig) -> Iterator[Path | None]:
    yield from (config.broker.key_file, config.broker.password_file, config.command_key_file)
    if config.bridge is not None:
        yield from (config.bridge.key_file, config.bridge.site_key_file)
    if config.modem is not None:
        yield from (config.modem.pin_file, config.modem.command_key_file)
    if config.installer is not None:
        yield config.installer.number_file
    if config.fallback is not None:
        yield config.fallback.seal_key_file
    if config.home_assistant is not None:
        yield config.home_assistant.password_file
    yield from (camera.password_file for camera in config.camera)


def _secrets(config: GatewayConfig) -> Iterator[Finding]:
    """Files that nobody else may read; a file that is missing is told too."""
    for file in dict.fromkeys(file for file in _secret_files(config) if file is not None):
        if not file.is_file():
            yield _wrong("secret", f"{file}: expected a file, got none; make it (seguia gateway init) or copy it here")
        elif file.stat().st_mode & _OTHERS:
            yield _wrong("secret", f"{file}: others may read it; chmod 600 {file}")
        elif not os.access(file, os.R_OK):
            yield _wrong("secret", f"{file}: cannot be read by this account; chown it to the gateway's own user")
    if config.fallback is not None:
        yield _plan_key(config.fallback.plan_key_file)


def _plan_key(file: Path) -> Finding:
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return _wrong("plan", f"{file}: expected the cloud's key for plans, got none; see seguia cloud plan key")
    if len(text) != _KEY_DIGITS or any(letter not in "0123456789abcdefABCDEF" for letter in text):
        return _wrong("plan", f"{file}: expected {_KEY_DIGITS} hex digits, got another text; copy it again")
    return Finding(part="plan", well=True, text=f"{file} holds the cloud's key for plans")


def _room_for_files(folder: Path) -> Iterator[Finding]:
    try:
        status = os.statvfs(folder)
    except OSError:
        return  # told with the folder itself
    if status.f_files > 0 and status.f_favail < _FEW_FILES:
        yield _wrong("data", f"{folder}: room for {status.f_favail} more files only; remove old pictures")


def _camera(camera: CaptureConfig) -> Finding:
    name = f"{camera.camera_id} ({camera.kind})"
    if camera.kind == "csi":
        program = next((found for each in _RIBBON_PROGRAMS if (found := shutil.which(each))), None)
        if program is None:
            return _wrong("camera", f"{name}: expected rpicam-still, got none; apt install rpicam-apps-lite")
        return Finding(part="camera", well=True, text=f"{name}: asked through {program}")
    if camera.device is not None:
        return _device("camera", name, camera.device, "plug the camera in, or correct device")
    if camera.folder is not None and not camera.folder.is_dir():
        return _wrong("camera", f"{name}: {camera.folder}: expected a folder, got none; mount the card")
    return Finding(part="camera", well=True, text=f"{name}: {camera.folder or camera.url}")


def _instruments(config: GatewayConfig) -> Iterator[Finding]:
    """Each line, and each sensor of those that can be used, asked once."""
    lines = [(bus, _bus(bus)) for bus in config.bus]
    yield from (finding for _, finding in lines)
    usable = [bus for bus, finding in lines if finding.well]
    name = f"seguia-{config.organisation}-{config.gateway_id}-check"
    for trial in try_sensors(usable, config.sensor, open_bus(name)):
        yield Finding(part="sensor", well=trial.well, text=trial.text)


def _bus(bus: BusConfig) -> Finding:
    name = f"{bus.name} ({bus.kind})"
    if bus.kind.startswith("modbus") and find_spec("pymodbus") is None:
        return _wrong("bus", f"{name}: expected the extra edge-sensors; pip install '.[edge-sensors]' in a checkout")
    if bus.is_serial:
        return _device("bus", name, bus.device, "plug the adaptor in, or correct device")
    place = f"{bus.host}:{bus.port_in_use}"
    try:
        with socket.create_connection((bus.host, bus.port_in_use), timeout=_PATIENCE_S):
            return Finding(part="bus", well=True, text=f"{name}: {place} answers")
    except OSError as error:
        return _wrong("bus", f"{name}: {place}: expected an answer, got: {error.strerror or error}; see that it runs")


def _device(part: Part, name: str, device: Path, remedy: str) -> Finding:
    if not device.exists():
        return _wrong(part, f"{name}: {device}: expected a device, got none; {remedy}")
    if not os.access(device, os.R_OK | os.W_OK):
        return _wrong(part, f"{name}: {device}: may not be opened; render the unit again, or join its group")
    return Finding(part=part, well=True, text=f"{name}: {device} is there")


def _updates(config: GatewayConfig, root_file: Path) -> Finding:
    if find_spec("tuf") is None:
        return _wrong("updates", "expected the extra updates; pip install '.[edge,updates]' in a checkout")
    try:
        content = json.loads(root_file.read_text(encoding="utf-8"))
        version = int(content["signed"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return _wrong("updates", f"{root_file}: expected the repository's root.json, got none; carry it here by hand")
    return Finding(
        part="updates", well=True, text=f"{root_file} is root {version} of the repository; {standing(config)}"
    )


def _wrong(part: Part, text: str) -> Finding:
    return Finding(part=part, well=False, text=text)
