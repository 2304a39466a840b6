"""A field's network in namespaces of its own: cut, lossy or as slow as 2G, by the kernel's own means.

Two namespaces with a cable between them; nothing of the machine's own network is touched. This needs root, nft and tc.
The kernel here has no netem: loss comes from nft's random numbers, slowness from tc's token bucket.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLOUD_ADDRESS: Final = "10.213.77.1"
_FIELD_ADDRESS: Final = "10.213.77.2"
_NEW_NETWORK: Final = 0x40000000
_TABLE: Final = "inet seguia"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNetwork:
    """The cable between field and cloud."""

    field: str
    cloud: str

    def whole(self) -> None:
        """Everything passes at full speed."""
        self._rules("")
        self._slow(None)

    def cut(self) -> None:
        """Nothing passes, and nobody is told."""
        self._rules("drop")

    def lossy(self, percent: int = 30) -> None:
        """So many packets of a hundred vanish, each way."""
        self._rules(f"numgen random mod 100 < {percent} drop")

    def slow(self) -> None:
        """As fast as 2G."""
        self._slow("30kbit")

    def _rules(self, rule: str) -> None:
        chains = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0; policy accept; {rule}; }}\n"
            for hook in ("input", "output")
        )
        script = f"table {_TABLE}\ndelete table {_TABLE}\ntable {_TABLE} {{\n{chains}}}\n"
        _run("ip", "netns", "exec", self.field, "nft", "-f", "-", said=script)

    def _slow(self, rate: str | None) -> None:
        place = ("ip", "netns", "exec", self.field, "tc", "qdisc")
        subprocess.run([*place, "del", "dev", "field", "root"], check=False, capture_output=True)
        if rate is not None:
            _run(*place, "add", "dev", "field", "root", "tbf", "rate", rate, "burst", "4kb", "latency", "800ms")


def enter(namespace: str) -> None:
    """Move this process, which must have one thread, into a network namespace."""
    place = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(place, _NEW_NETWORK) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the network {namespace}")
    finally:
        os.close(place)


def missing() -> str | None:
    """Why no such network can be made here; None when it can."""
    absent = [tool for tool in ("ip", "nft", "tc") if shutil.which(tool) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    probe = f"seguia-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True, text=True)
    if made.returncode != 0:
        return f"no network namespace can be made ({made.stderr.strip()})"
    subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)
    return None


@contextmanager
def field_network() -> Iterator[FieldNetwork]:
    """Two namespaces and the cable between them, gone afterwards."""
    network = FieldNetwork(field=f"seguia-field-{os.getpid()}", cloud=f"seguia-cloud-{os.getpid()}")
    names = (network.field, network.cloud)
    try:
        for name in names:
            _run("ip", "netns", "add", name)
            # The kernel's own chatter would be counted as the gateway's.
            _run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run(
            "ip",
            "link",
            "add",
            "field",
            "netns",
            network.field,
            "type",
            "veth",
            "peer",
            "cloud",
            "netns",
            network.cloud,
        )
        for name, device, address in (
            (network.field, "field", _FIELD_ADDRESS),
            (network.cloud, "cloud", CLOUD_ADDRESS),
        ):
            _run("ip", "-n", name, "address", "add", f"{address}/30", "dev", device)
            _run("ip", "-n", name, "link", "set", device, "up")
        network.whole()
        yield network
    finally:
        for name in names:
            if Path(f"/run/netns/{name}").exists():
                subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _run(*command: str, said: str | None = None) -> None:
    done = subprocess.run(command, input=said, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
