"""What updates see of the gateway they live in: how it is, whether there is power, how it is started anew."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.power import PowerMode
from edge.troubles import Troubles
from edge.updates.trial import Health
from edge.updates.worker import Surroundings, Updates, begin_look
from edge.worker import Station

_FAILING: Final = ("watchdog", " itself")
"""Ends of the names of troubles that are the gateway's own, not the world's."""
_BROKER: Final = "broker"
_HEARD: Final = "messages_stored"


class Bearing:
    """How a gateway is, by what it wrote down itself."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._heard_before = self._heard()

    def __call__(self) -> Health:
        """Sound without a trouble of its own; heard when the broker lets it in and the ingest takes what waits."""
        standing = Troubles(self._outbox.database).standing()
        own = next((trouble for trouble in standing if trouble.part.endswith(_FAILING)), None)
        answered = self._heard() > self._heard_before or self._outbox.counts().messages == 0
        reached = all(trouble.part != _BROKER for trouble in standing)
        return Health(sound=own is None, heard=answered and reached, text="" if own is None else own.text[:160])

    def _heard(self) -> float:
        return Logbook(self._outbox.database).counters().get(_HEARD, 0.0)


def updates_of(station: Station, config_file: Path, mode: Callable[[], PowerMode]) -> Updates | None:
    """The worker of updates; None where no repository is named."""
    if station.config.updates is None:
        return None

    def restart(why: str) -> None:
        station.voice.tell(why)
        os.kill(os.getpid(), signal.SIGTERM)  # as a service manager would: all let go, and the command says the rest

    surroundings = Surroundings(
        look=lambda: begin_look(config_file),
        health=Bearing(station.outbox),
        restart=restart,
        may_look=lambda: mode() == "normal",
    )
    return Updates(station.config, surroundings, clock=station.clock, voice=station.voice)
