"""A gateway begun in one line: its commented file, its folders and its keys, and what is to be done next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge.config import GatewayConfig
from edge.config_file import read_config, write_config
from edge.errors import ConfigurationError
from edge.installer import checked_number
from edge.keys import GatewayKeys, make_keys, write_private
from edge.settings.installer import Language
from edge.settings.profile import ProfileName, profile_settings
from edge.settings.section import stays_here

KEYS_FOLDER: Final = "keys"
_INSTALLED: Final = Path("/etc/seguia")
"""Where the service reads its file: nothing that it writes may lie there."""
_STATE: Final = Path("/var/lib/seguia")
_PLACES: Final[Mapping[str, str]] = {
    "v4l2": "device", "lepton_usb": "device", "lepton_spi": "device", "mlx90640": "device", "rtsp": "url",
    "card": "folder",
}  # fmt: skip
"""Kind of camera, and the key that says where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an installer says of a new gateway; None is left to its default."""

    organisation: str
    gateway_id: str
    parcel_id: str
    crop: str | None = None
    broker: str = "127.0.0.1"
    tls: bool = False
    profile: ProfileName | None = None
    cameras: tuple[str, ...] = ()
    """Each as kind, then a colon and its place: csi, v4l2:/dev/video0, rtsp://..."""
    modem: Path | None = None
    installer: str | None = None
    """Telephone number."""
    language: Language = "fr"
    command_key: Path | None = None
    """The cloud's command key, where it has one already."""
    plan_key: Path | None = None
    """The cloud's public key of plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A gateway that was begun: its configuration, its keys, and what is to be done next, a line each."""

    config: GatewayConfig
    keys: GatewayKeys
    next_steps: tuple[str, ...]


def found(file: Path, wishes: Wishes) -> Founded:
    """Write a gateway's file, folders and keys; ConfigurationError, nothing written, where they could not work."""
    if file.exists():
        raise ConfigurationError(f"{file}: expected no such file yet, got one; edit it, or choose another --config")
    text = proposed(file, wishes)
    given = _copied(wishes)
    folder = file.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in given.items():
            write_private(folder / KEYS_FOLDER / name, content)
        keys = make_keys(folder / KEYS_FOLDER, wishes.organisation, wishes.gateway_id)
        file.write_text(text, encoding="utf-8")
        config = read_config(file)
        for each in (config.data_dir, *(watch.folder for watch in config.watch)):
            each.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be written ({error.strerror}); choose another --config") from error
    return Founded(config=config, keys=keys, next_steps=_next_steps(file, config, wishes))


def proposed(file: Path, wishes: Wishes) -> str:
    """Text of the file; what the gateway writes lies beside it, or in /var/lib/seguia where a service reads it."""
    installed = file.absolute().is_relative_to(_INSTALLED)
    values = _values(wishes, _STATE if installed else Path())
    return write_config({**values, "data_dir": str(_STATE)} if installed else values)


def _values(wishes: Wishes, state: Path) -> dict[str, Any]:
    values: dict[str, Any] = {
        **({} if wishes.profile is None else profile_settings(wishes.profile)),
        "organisation": wishes.organisation,
        "gateway_id": wishes.gateway_id,
        "broker": _broker(wishes),
    }
    shown = {"parcel_id": wishes.parcel_id, **({} if wishes.crop is None else {"crop": wishes.crop})}
    if not wishes.cameras:
        values["watch"] = [{"folder": str(state / "photos" / wishes.parcel_id), **shown}]
    else:
        values["camera"] = [
            {"camera_id": f"camera-{number}", **_camera(camera), **shown}
            for number, camera in enumerate(wishes.cameras, start=1)
        ]
    if wishes.modem is not None:
        values["modem"] = {"device": str(wishes.modem), "command_key_file": f"{KEYS_FOLDER}/command.key"}
    else:
        values["command_key_file"] = f"{KEYS_FOLDER}/command.key"
    if wishes.installer is not None:
        values["installer"] = {"language": wishes.language}
    if wishes.plan_key is not None:
        values["fallback"] = {}
    return values


def _broker(wishes: Wishes) -> dict[str, Any]:
    host, _, port = wishes.broker.partition(":")
    if not host or not (port or "1").isdecimal():
        raise ConfigurationError(f"--broker: expected host or host:port, got {wishes.broker!r}")
    place = {"host": host, "port": int(port or ("8883" if wishes.tls else "1883"))}
    if not wishes.tls:
        return place
    files = {"ca_file": "ca.pem", "certificate_file": "gateway.crt", "key_file": "gateway.key"}
    return place | {key: f"{KEYS_FOLDER}/{name}" for key, name in files.items()}


def _camera(text: str) -> dict[str, str]:
    if text.startswith(("rtsp://", "rtsps://")):
        return {"kind": "rtsp", "url": text}
    kind, _, place = text.partition(":")
    key = _PLACES.get(kind)
    if kind != "csi" and (key is None or not place):
        kinds = ", ".join(f"{name}:PLACE" for name in _PLACES if name != "rtsp")
        raise ConfigurationError(f"--camera: expected csi, rtsp://..., or one of {kinds}, got {text!r}")
    return {"kind": kind, **({} if key is None else {key: place})}


def _copied(wishes: Wishes) -> dict[str, bytes]:
    """What the installer brings along, by the name it has here; read before anything is written."""
    brought: dict[str, bytes] = {}
    for name, path in (("command.key", wishes.command_key), ("plan-cloud.pub", wishes.plan_key)):
        if path is not None:
            brought[name] = _hex_key(path)
    if wishes.installer is not None:
        brought["installer.number"] = f"{checked_number(wishes.installer, '--installer')}\n".encode()
    return brought


def _hex_key(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
        if len(bytes.fromhex(text)) == 32:  # noqa: PLR2004 -- octets of a key
            return f"{text}\n".encode()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: expected a key of 64 hex digits, got: {error}; copy the cloud's") from error
    raise ConfigurationError(f"{path}: expected a key of 64 hex digits, got another length; copy the cloud's")


def _next_steps(file: Path, config: GatewayConfig, wishes: Wishes) -> tuple[str, ...]:
    folder = file.parent / KEYS_FOLDER
    steps = []
    if config.broker.ca_file is not None:
        steps.append(f"give {folder / 'gateway.csr'} to the office; put its ca.pem and gateway.crt into {folder}")
    elif not stays_here(config.broker.host):
        steps.append(f"{config.broker.host} is reached without TLS: set [broker] ca_file, or begin again with --tls")
    if wishes.command_key is None:
        table = "" if config.modem is None else "[sms.modem] "
        steps.append(
            f"carry {folder / 'command.key'} to the cloud ({table}command_key_file), by hand;"
            " has it one already, put that in its place"
        )
    aim = "to advise while the cloud is silent: give {} to the office ([planning.gateways.{}] opening_key){}"
    also = ", see [fallback]" if wishes.plan_key is None else ""
    steps.append(aim.format(folder / "plan.pub", config.gateway_id, also))
    return (*steps, f"seguia gateway check --config {file}", f"seguia gateway page --config {file}")
