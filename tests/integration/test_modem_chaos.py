"""The gateway's own command, killed again and again while its modem sends: nothing twice, nothing lost unsaid."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.sms.modem import ModemCarrier, ModemSettings
from cloud.adapters.store.store import Store
from cloud.config import BrokerConfig
from cloud.messages import Farmer, Message
from cloud.modem_config import ModemConfig
from cloud.sending import SendPolicy, send_due
from edge.config_file import write_config
from simulations.modem.device import StandInModem

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

pytestmark = pytest.mark.system("mosquitto")

MESSAGES = int(os.environ.get("SEGUIA_CHAOS_MESSAGES", "12"))
KILLS = int(os.environ.get("SEGUIA_CHAOS_KILLS", "3"))
SEED = int(os.environ.get("SEGUIA_CHAOS_SEED", "7"))
WORDS = "ab" * 32


def clock() -> datetime:
    return datetime.now(UTC)


def start(config: Path) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        [sys.executable, "-m", "seguia", "gateway", "run", "--config", str(config)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def fill(store: Store) -> dict[str, str]:
    """Queue a message of two parts for each of many invented farmers; the number of each by its message."""
    numbers = {f"f{number}": f"+21261{number:07d}" for number in range(1, MESSAGES + 1)}
    store.save_farmers([Farmer(id=one, name="invented", phone_number=number) for one, number in numbers.items()])
    queued = {}
    for farmer_id, number in numbers.items():
        message = Message(
            parcel_id="P1",
            kind="irrigate",
            language="ary",
            text=f"{farmer_id} " + "س" * 80,
            encoding="ucs2",
            segments=2,
            valid_until=clock() + timedelta(days=20),
            reviewed=True,
            farmer_id=farmer_id,
            catalogue_sha256=WORDS,
        )
        queued[store.queue_message(message, verdict_digest="", now=clock())] = number
    return queued


def send_until(stop: threading.Event, store: Store, carrier: ModemCarrier) -> None:
    """What a timer does in an installation: hand over what is due, again and again."""
    farmers = frozenset(farmer.id for farmer in store.farmers())
    policy = SendPolicy(weights_licence_known=True, consented=farmers, signed={"ary": WORDS})
    began_s = time.monotonic()

    def hasty() -> datetime:
        # Waits of minutes pass in a second, so that a message put back is soon due again.
        return clock() + timedelta(minutes=10 * (time.monotonic() - began_s))

    while not stop.wait(0.2):
        send_due(store, carrier, clock=hasty, limit=4, policy=policy)


@pytest.mark.timeout(900)
def test_a_gateway_killed_at_random_instants_sends_every_message_at_most_once(
    tmp_path: Path, mosquitto: "Mosquitto"
) -> None:
    chance = random.Random(SEED)
    store = Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True)
    queued = fill(store)
    broker = BrokerConfig(port=mosquitto.port)
    ingest = Ingest(store, IngestSettings(broker=broker), clock, tell=lambda _: None)
    ingest.start()
    modem = ModemConfig(gateway="gw-01", patience_s=12.0)
    carrier = ModemCarrier(ModemSettings(organisation="demo", broker=broker, modem=modem), tell=lambda _: None)
    stop = threading.Event()
    sender = threading.Thread(target=send_until, args=(stop, store, carrier))
    (tmp_path / "photos").mkdir()
    with StandInModem() as device:
        config = tmp_path / "gateway.toml"
        content = {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "data_dir": str(tmp_path / "data"),
            "broker": {"port": mosquitto.port},
            "modem": {"device": str(device.device), "seconds_per_part": 0.0, "daily_limit": 100_000},
            "watch": [{"folder": str(tmp_path / "photos"), "parcel_id": "P1"}],
        }
        config.write_text(write_config(content), encoding="utf-8")
        sender.start()
        process = start(config)
        for _ in range(KILLS):
            time.sleep(chance.uniform(1.5, 6.0))
            process.kill()
            process.wait()
            process = start(config)
        deadline = time.monotonic() + 60.0 + 3.0 * MESSAGES
        while time.monotonic() < deadline and not settled(store, queued, device):
            time.sleep(0.2)
        stop.set()
        sender.join(60)
        process.terminate()
        process.wait(60)
    ingest.stop()
    carrier.close()
    final, parts = states(store), parts_of(device)
    assert {state for state in final.values() if not done(state)} == set()
    assert max(parts.values()) == 1, "no part was sent twice"
    assert not any(parts[queued[one], 1] for one, state in final.items() if state == "failed"), "surely not sent"
    whole = on_telephones(queued, parts)
    reached = {queued[one] for one, state in final.items() if state == "delivered"}
    assert reached <= whole, "nothing is called delivered that is not on a telephone"
    assert whole <= reached, "a delivery report resolves every answer that a kill made us lose"
    assert Counter(final.values())["unknown"] <= KILLS, "at most one text a kill is left in doubt"
    assert not verify(store).problems
    store.close()


def parts_of(device: StandInModem) -> Counter[tuple[str, int]]:
    """How often each part of each number's message reached the network."""
    return Counter((part.number, (part.joint or (0, 0, 0))[2]) for part in device.sent)


def on_telephones(queued: dict[str, str], parts: Counter[tuple[str, int]]) -> set[str]:
    return {number for number in queued.values() if parts[number, 1] and parts[number, 2]}


def settled(store: Store, queued: dict[str, str], device: StandInModem) -> bool:
    """Whether every message has its last state, and each that is on a telephone has its report."""
    now = states(store)
    whole = on_telephones(queued, parts_of(device))
    return all(done(state) for state in now.values()) and all(
        now[one] == "delivered" for one, number in queued.items() if number in whole
    )


def states(store: Store) -> dict[str, str]:
    return {log.message_id: log.state for log in store.message_log()}


def done(state: str) -> bool:
    """Failed: given up after twelve refusals, as by a gateway that is killed before each of them."""
    return state in {"delivered", "unknown", "failed"}
