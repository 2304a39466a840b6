"""The demo's MQTT broker: a real one beside the process, reachable from this machine only."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from iotcore import Broker

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Port of the loopback interface that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def embedded_broker() -> Iterator[int]:
    """Run a broker (MQTT 3.1.1) on the loopback interface; yields its port."""
    with Broker(port=free_port(), listen=LOOPBACK) as broker:
        yield broker.port
