"""The stand-in carrier in a process of its own, and what steers it."""

import json
import multiprocessing
import random
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final

from simulations.carrier.standin import StandIn

FAULTS: Final = (
    {"http": 503, "body": "down"},
    {"http": 429, "body": "slow down", "retry_after": "60"},
    {"http": 500, "body": "oops"},
    {"drop": "after"},
    {"drop": "before"},
)
PATIENCE_S: Final = 60.0


@contextmanager
def stand_in(callback_url: str | None = None) -> Iterator[str]:
    """The carrier's address, as long as it runs."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, callback_url), daemon=True)
    process.start()
    try:
        yield str(here.recv())
    finally:
        here.send(None)
        process.join(timeout=10.0)


def faults(address: str, *, share: float, requests: int, seed: int) -> None:
    """Let a share of the next requests go wrong, each in one of the documented ways."""
    chance = random.Random(seed)
    steps = [chance.choice(FAULTS) if chance.random() < share else {} for _ in range(requests)]
    _ask(f"{address}/_ctl/plan", steps)


def outbox(address: str) -> list[dict[str, str]]:
    """What the carrier accepted: its id, the number and the text, each."""
    rows: list[dict[str, str]] = _ask(f"{address}/_ctl/outbox")
    return rows


def all_reported(address: str, *, within_s: float) -> int:
    """Wait until the carrier has no report left to post; how many were not taken."""
    end = time.monotonic() + within_s
    while (standing := _ask(f"{address}/_ctl/callbacks"))["left"] and time.monotonic() < end:
        time.sleep(0.1)
    assert not standing["left"], "the carrier still has reports to post"
    return int(standing["lost"])


def _ask(address: str, content: object = None) -> Any:  # noqa: ANN401 -- whatever JSON holds
    data = None if content is None else json.dumps(content).encode()
    with urllib.request.urlopen(address, data=data, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def _serve(until: Connection, callback_url: str | None) -> None:
    with StandIn(callback_url=callback_url) as carrier:
        until.send(carrier.url)
        until.recv()
