"""Which devices of its machine a gateway's service may open: those its configuration names, and no other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge.config import GatewayConfig
from edge.settings.camera import CameraKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Classes of devices, and the groups that own them."""

    classes: tuple[str, ...]
    groups: tuple[str, ...]


_SERIAL: Final = Access(classes=("char-ttyUSB", "char-ttyACM"), groups=("dialout",))
_PROBES: Final = Access(classes=("char-ttyUSB", "char-ttyACM", "char-ttyAMA", "char-ttyS"), groups=("dialout",))
_VIDEO: Final = Access(classes=("char-video4linux",), groups=("video",))
_CAMERAS: Final[dict[CameraKind, Access]] = {
    "v4l2": _VIDEO,
    "csi": Access(classes=("char-video4linux", "char-media", "char-dma_heap"), groups=("video",)),
    "lepton_usb": _VIDEO,
    "lepton_spi": Access(classes=("char-spi", "char-i2c"), groups=("spi", "i2c")),
    "mlx90640": Access(classes=("char-i2c",), groups=("i2c",)),
}


def accesses(config: GatewayConfig) -> Iterator[Access]:
    """What each part of the configuration needs."""
    if config.modem is not None:
        yield _SERIAL
    if any(bus.is_serial for bus in config.bus):
        yield _PROBES
    for camera in config.camera:
        if camera.kind in _CAMERAS:
            yield _CAMERAS[camera.kind]


def device_lines(config: GatewayConfig) -> str:
    """Lines of a unit that open these devices; empty where none is needed."""
    wanted = tuple(accesses(config))
    classes = dict.fromkeys(name for access in wanted for name in access.classes)
    groups = dict.fromkeys(name for access in wanted for name in access.groups)
    lines = [f"DeviceAllow={name} rw" for name in classes]
    if groups:
        lines.append(f"SupplementaryGroups={' '.join(groups)}")
    return "\n".join(lines)
