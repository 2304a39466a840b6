"""The demo's field: the real gateway daemon in a process of its own, as on a gateway."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from edge.config_file import write_config
from simulations.demo import farm
from simulations.demo.site import ORGANISATION, DemoSite

GATEWAY: Final = "gw-demo"
PATIENCE_S: Final = 60.0
LAST_LINES: Final = 3


class GatewayFailedError(Exception):
    """The gateway daemon stopped before it had delivered; its own words say why."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRun:
    """The daemon at work."""

    process: "subprocess.Popen[str]"

    def finish(self) -> tuple[str, ...]:
        """Wait until everything is delivered; the daemon's lines about files it could not use."""
        try:
            _, told = self.process.communicate(timeout=2.0 * PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise GatewayFailedError(
                f"gateway daemon: expected its photos delivered within {2.0 * PATIENCE_S:.0f} s, got no end"
            ) from None
        lines = tuple(line for line in told.splitlines() if line.strip())
        if self.process.returncode not in {0, 1}:
            raise GatewayFailedError(f"gateway daemon: {' '.join(lines[-LAST_LINES:])}")
        return lines if self.process.returncode == 1 else ()


def write_gateway_file(site: DemoSite, *, broker_port: int) -> None:
    """Write the configuration that an installer would write."""
    site.gateway_file.write_text(
        write_config(
            {
                "organisation": ORGANISATION,
                "gateway_id": GATEWAY,
                "settle_s": 0.0,
                "poll_interval_s": 0.1,
                "broker": {"host": "127.0.0.1", "port": broker_port, "protocol": "v3.1.1"},
                "delivery": {"daily_budget_kb": 4000},  # the line is this machine: every picture may go
                "evidence": {"policy": "always"},
                "watch": [
                    {
                        "folder": str(site.photos),
                        "parcel_id": farm.PHOTOGRAPHED_PARCEL,
                        "crop": "soybean",
                    }
                ],
            }
        ),
        encoding="utf-8",
    )


@contextmanager
def gateway_daemon(site: DemoSite) -> Iterator[FieldRun]:
    """Start the daemon over the photos that lie in the watched folder; it is stopped when the demo leaves."""
    arguments = ["gateway", "run", "--config", str(site.gateway_file), "--until-empty", str(PATIENCE_S)]
    process = subprocess.Popen(  # noqa: S603 -- our own command with our own paths
        [sys.executable, "-m", "seguia", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield FieldRun(process=process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=10.0)
        if process.stderr is not None:
            process.stderr.close()
