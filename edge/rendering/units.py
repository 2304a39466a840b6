"""Units of the service manager: the gateway, hardened, the installer's page, limits of journal and machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.config import GatewayConfig
from edge.rendering.blank import filled, plain
from edge.rendering.devices import device_lines
from edge.settings.profile import PROFILES

STATE_FOLDER: Final = Path("/var/lib/seguia")
"""What the service may write to without being told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where things lie on the gateway."""

    prefix: Path = Path("/opt/seguia")
    """The virtual environment that holds the command."""
    config: Path = Path("/etc/seguia/gateway.toml")


def units(config: GatewayConfig, place: Installation) -> Mapping[str, str]:
    """Text of each file by its path inside the folder that is rendered."""
    profile = PROFILES[config.profile]
    devices = device_lines(config)
    python, updates = plain(place.prefix / "bin" / "python"), plain(config.data_dir / "updates")
    words = {
        # The launcher chooses between the code that was installed and a signed release of it.
        "program": f"{python} -P -m edge.updates.launcher {updates}",
        "command": place.prefix / "bin" / "seguia",
        "config": place.config,
        "config_folder": place.config.parent,
        "memory_max_mb": profile.memory_max_mb,
        "cpu_quota_percent": profile.cpu_quota_percent,
        "private_devices": "no" if devices else "yes",
        "device_lines": devices,
        "write_lines": _write_lines(config),
        "hardware_watchdog_s": profile.hardware_watchdog_s,
        "journal_max_mb": profile.journal_max_mb,
    }
    return {
        "systemd/seguia-gateway.service": filled("systemd/seguia-gateway.service", words),
        "systemd/seguia-page.service": filled("systemd/seguia-page.service", words),
        "systemd/mosquitto.service.d/seguia.conf": filled("systemd/mosquitto.service.d-seguia.conf"),
        "systemd/system.conf.d/seguia.conf": filled("systemd/system.conf.d-seguia.conf", words),
        "systemd/journald.conf.d/seguia.conf": filled("systemd/journald.conf.d-seguia.conf", words),
        "sysusers.d/seguia.conf": filled("systemd/sysusers.conf"),
        "tmpfiles.d/seguia.conf": filled("systemd/tmpfiles.conf"),
    }


def _write_lines(config: GatewayConfig) -> str:
    """Folders that the service must write to besides its own: watched ones, whose unusable files are set aside."""
    wanted = [config.data_dir, *(folder for watch in config.watch for folder in (watch.folder, watch.rejected))]
    outside = sorted({plain(folder) for folder in wanted if not folder.is_relative_to(STATE_FOLDER)})
    return "\n".join(f"ReadWritePaths=-{folder}" for folder in outside)
