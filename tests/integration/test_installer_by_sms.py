"""The installer by SMS, the whole way: a stand-in modem of AT commands, the real daemon, a file, the models."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config import GatewayConfig
from edge.gateway import Gateway
from edge.keys import write_private
from edge.look import open_looker
from edge.voice import Voice
from simulations.modem.device import StandInModem

INSTALLER = "+212612345678"
FARMER = "+212699999999"


def wait(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


class Site:
    """A gateway with a modem and an installer, whose broker is not there."""

    def __init__(self, folder: Path, device: StandInModem) -> None:
        self.device = device
        self.told: list[str] = []
        write_private(folder / "number", f"{INSTALLER}\n".encode())
        (folder / "photos").mkdir()
        grey = np.full((288, 384, 3), 60, np.uint8)
        cv2.imwrite(str(folder / "photos" / "a.jpg"), grey)
        self.config = GatewayConfig.model_validate(
            {
                "organisation": "demo", "gateway_id": "gw-01", "data_dir": folder / "data", "poll_interval_s": 0.05,
                "watch": [{"folder": folder / "photos", "parcel_id": "P1"}],
                "broker": {"port": 1},
                "modem": {"device": device.device, "seconds_per_part": 0.0, "send_timeout_s": 1.0},
                "installer": {"number_file": folder / "number", "language": "fr"},
            }
        )  # fmt: skip

    @contextmanager
    def at_work(self) -> Iterator[Gateway]:
        stop = threading.Event()
        look, _ = open_looker(self.config)
        with Gateway(self.config, look, voice=Voice(self.told.append)) as gateway:
            thread = threading.Thread(target=gateway.run, args=(stop,))
            thread.start()
            try:
                yield gateway
            finally:
                stop.set()
                thread.join(30)
                assert not thread.is_alive()

    def answers(self) -> list[str]:
        """Whole texts that the network was given for the installer, in their order."""
        whole: list[str] = []
        parts: dict[int, str] = {}
        for part in tuple(self.device.sent):
            assert part.number == INSTALLER, "somebody else was written to"
            reference, total, place = part.joint or (-1, 1, 1)
            parts[reference] = parts.get(reference, "") + part.text
            if place == total:
                whole.append(parts.pop(reference))
        return whole


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with StandInModem() as device:
        yield Site(tmp_path, device)


def test_the_installer_is_led_step_by_step_and_the_office_hears_only_the_farmer(site: Site) -> None:
    with site.at_work() as gateway:
        for reference, text in enumerate(("S", "1", "1", "1"), start=1):
            site.device.text(INSTALLER, text, reference=reference)
            wait(lambda: len(site.answers()) == reference)  # noqa: B023 -- it is waited for at once
        site.device.text(FARMER, "S", reference=9)
        wait(lambda: gateway.outbox.database.rows("SELECT 1 FROM outbox WHERE kind = 'inbound'"))
        inbound = gateway.outbox.database.rows("SELECT payload FROM outbox WHERE kind = 'inbound'")
    first, second, third, fourth = site.answers()
    assert first.startswith("gw-01 1/8 Viser avec la cam")
    assert "1 suite, 2 encore, 0 fin" in first
    assert second.startswith("gw-01 2/8 Contour de la parcelle")
    assert third.startswith("gw-01 4/8 Carte SIM")
    assert "Dans le r" in third
    assert fourth.startswith("gw-01 5/8 Horloge")
    assert len(inbound) == 1
    assert FARMER.encode() in inbound[0][0]
