"""The machines a gateway is made of: what each can spare, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

ProfileName = Literal["pi4", "pi5", "zero2w", "jetson", "x86"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of machine: what its service may use, what its journal may keep, and how its image is made."""

    title: str
    architecture: Literal["arm64", "amd64"]
    memory_max_mb: int
    """Limit of the service [MB]; the gateway itself stays below 200 MB."""
    cpu_quota_percent: int
    """Of one core: 100 is a whole one."""
    journal_max_mb: int
    hardware_watchdog_s: int
    """Longest period that the machine's own watchdog can be set to, or less [s]."""
    packages: tuple[str, ...] = ()
    """Debian packages of its kernel and boot loader; empty where the maker's own image is taken."""
    csi_command: str | None = None
    """Program that takes a picture by the ribbon camera."""
    settings: Mapping[str, Any] | None = None
    """What its ``gateway.toml`` says otherwise than the defaults, nested as the file is."""


PROFILES: Final[Mapping[ProfileName, Profile]] = {
    "pi4": Profile(
        title="Raspberry Pi 4, 64-bit",
        architecture="arm64",
        memory_max_mb=450,
        cpu_quota_percent=150,
        journal_max_mb=32,
        hardware_watchdog_s=14,
        csi_command="rpicam-still",
    ),
    "pi5": Profile(
        title="Raspberry Pi 5, 64-bit",
        architecture="arm64",
        memory_max_mb=450,
        cpu_quota_percent=150,
        journal_max_mb=32,
        hardware_watchdog_s=14,
        csi_command="rpicam-still",
    ),
    "zero2w": Profile(
        title="Raspberry Pi Zero 2 W, 64-bit, 512 MB",
        architecture="arm64",
        memory_max_mb=360,
        cpu_quota_percent=100,
        journal_max_mb=16,
        hardware_watchdog_s=14,
        csi_command="rpicam-still",
        settings={"poll_interval_s": 5.0, "delivery": {"outbox_cap_mb": 32.0}},
    ),
    "jetson": Profile(
        title="Jetson class, 64-bit ARM with the maker's own system",
        architecture="arm64",
        memory_max_mb=600,
        cpu_quota_percent=200,
        journal_max_mb=64,
        hardware_watchdog_s=30,
    ),
    "x86": Profile(
        title="x86 box, 64-bit",
        architecture="amd64",
        memory_max_mb=450,
        cpu_quota_percent=150,
        journal_max_mb=64,
        hardware_watchdog_s=30,
        packages=("linux-image-amd64", "grub-efi-amd64"),
    ),
}
PROFILE_NAMES: Final[tuple[ProfileName, ...]] = get_args(ProfileName)


def profile_settings(name: ProfileName) -> Mapping[str, Any]:
    """What a profile's ``gateway.toml`` says otherwise than the defaults, its own name included."""
    return {"profile": name, **(PROFILES[name].settings or {})}
