"""How a gateway is: its own figures for heartbeats, the doctor and the service manager."""

import os
import shutil
import socket
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from edge.clock import Clock
from edge.heartbeat import Heartbeat, ModemState, TroubleState
from edge.outbox import Outbox
from edge.timekeeper import Timekeeper
from edge.troubles import Trouble, Troubles
from edge.wire import encode

HEARTBEAT_MAX_BYTES: Final = 1000
_TOLD_TROUBLES: Final = 3
_TROUBLE_LENGTH: Final = 80


def software_version() -> str:
    """Version of the installed package; "source" when it runs from a checkout that is not installed."""
    try:
        return f"seguia {version('seguia')}"
    except PackageNotFoundError:
        return "seguia source"


def resident_mb(statm: Path = Path("/proc/self/statm")) -> float | None:
    """Memory this process holds [MB]; None where the system does not say."""
    try:
        pages = int(statm.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def disk_free_mb(folder: Path) -> float | None:
    """Space left for the queue [MB]; None when the folder cannot be asked."""
    try:
        return shutil.disk_usage(folder).free / 1e6
    except OSError:
        return None


def heartbeat_of(outbox: Outbox, clock: Clock, models: Sequence[str], modem: ModemState | None = None) -> Heartbeat:
    """The gateway's state now; a time that cannot be believed is left out."""
    now, quality = Timekeeper(outbox.database, clock).believed_now()
    counts = outbox.counts()
    standing = Troubles(outbox.database).standing()
    oldest_s = None if counts.oldest_at is None else max(0.0, now.timestamp() - counts.oldest_at)
    return Heartbeat(
        online=True,
        at=None if quality == "floor" else now,
        software=software_version(),
        queued=counts.messages,
        oldest_queued_s=None if oldest_s is None else min(oldest_s, 1e6),
        disk_free_mb=disk_free_mb(outbox.database.path.parent),
        rss_mb=resident_mb(),
        models=tuple(models),
        modem=modem,
        troubles=_troubles(standing),
        trouble_count=len(standing),
    )


def fitted(heartbeat: Heartbeat, limit_bytes: int = HEARTBEAT_MAX_BYTES) -> Heartbeat:
    """The heartbeat made small enough for a mobile network: last troubles and cameras go first, counts stay."""
    while len(encode(heartbeat)) > limit_bytes:
        if len(heartbeat.troubles) > 1 or (heartbeat.troubles and not heartbeat.cameras):
            heartbeat = heartbeat.model_copy(update={"troubles": heartbeat.troubles[:-1]})
        elif heartbeat.cameras:
            heartbeat = heartbeat.model_copy(update={"cameras": heartbeat.cameras[:-1]})
        else:
            break
    return heartbeat


def _troubles(standing: Sequence[Trouble]) -> tuple[TroubleState, ...]:
    return tuple(
        TroubleState(part=each.part[:40], text=_shortened(each.text, _TROUBLE_LENGTH), since=each.since)
        for each in standing[:_TOLD_TROUBLES]
    )


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def notify_service_manager(state: str, address: str | None = None) -> bool:
    """Tell systemd a state such as READY=1 or WATCHDOG=1; False when there is nobody to tell."""
    address = address or os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notice:
            notice.connect("\0" + address[1:] if address.startswith("@") else address)
            notice.sendall(state.encode())
    except OSError:
        return False
    return True
