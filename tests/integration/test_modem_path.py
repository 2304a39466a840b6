"""The whole way by a local SIM: store, command over a real broker, real gateway, a modem of AT commands, and back."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.sms.modem import ModemCarrier, ModemSettings
from cloud.adapters.sms.spool import SpoolCarrier
from cloud.adapters.store.store import Store
from cloud.config import BrokerConfig
from cloud.messages import Farmer, Message
from cloud.modem_config import ModemConfig
from cloud.sending import Sender, SendPolicy, SendReport, send_due, send_over
from edge.config import GatewayConfig
from edge.evidence import Sighting
from edge.gateway import Gateway
from edge.metadata import FrameMetadata
from edge.sources.folder import Drop
from edge.voice import Voice
from simulations.modem.device import StandInModem

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

pytestmark = pytest.mark.system("mosquitto")

NUMBER = "+212612345678"
WORDS = "ab" * 32
LIVE = SendPolicy(weights_licence_known=True, consented=frozenset({"f1"}), signed={"ary": WORDS})
KEY = bytes(range(32))


def clock() -> datetime:
    return datetime.now(UTC)


def wait(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


class Site:
    """One installation: its store and ingest, a broker, a gateway's folder and its modem."""

    def __init__(self, folder: Path, broker: "Mosquitto", device: StandInModem, protocol: str) -> None:
        self.folder, self.broker, self.device, self.protocol = folder, broker, device, protocol
        self.told: list[str] = []
        self.store = Store.open(f"sqlite:///{folder / 'seguia.db'}", PersonalKeys.generate(), create=True)
        self.store.save_farmers([Farmer(id="f1", name="An invented farmer", phone_number=NUMBER)])
        self.cloud_broker = BrokerConfig.model_validate({"port": broker.port, "protocol": protocol})
        self.ingest: Ingest | None = None
        self.start_ingest()

    def start_ingest(self) -> None:
        settings = IngestSettings(broker=self.cloud_broker, messengers=frozenset({"gw-01"}))
        self.ingest = Ingest(self.store, settings, clock, tell=self.told.append)
        self.ingest.start()

    def stop_ingest(self) -> None:
        if self.ingest is not None:
            self.ingest.stop()
        self.ingest = None

    def carrier(self, *, key: bytes | None = KEY, patience_s: float = 8.0) -> ModemCarrier:
        settings = ModemSettings(
            organisation="demo",
            broker=self.cloud_broker,
            modem=ModemConfig(gateway="gw-01", patience_s=patience_s),
            command_key=key,
        )
        return ModemCarrier(settings, tell=self.told.append)

    @contextmanager
    def gateway(self, **modem: object) -> Iterator[Gateway]:
        """A daemon at work in a thread; its modem is set up when this is entered."""
        stop = threading.Event()
        with Gateway(self.config(**modem), look, voice=Voice(self.told.append)) as gateway:
            thread = threading.Thread(target=gateway.run, args=(stop,))
            thread.start()
            try:
                wait(lambda: gateway.uplink.ready)
                yield gateway
            finally:
                stop.set()
                thread.join(30)
                assert not thread.is_alive()

    def config(self, **modem: object) -> GatewayConfig:
        (self.folder / "photos").mkdir(exist_ok=True)
        key = self.folder / "command.key"
        key.write_text(KEY.hex() + "\n", encoding="ascii")
        return GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw-01",
                "data_dir": self.folder / "gateway",
                "poll_interval_s": 0.05,
                "watch": [{"folder": self.folder / "photos", "parcel_id": "P1"}],
                "delivery": {"ack_timeout_s": 0.5},
                "broker": {"port": self.broker.port, "protocol": self.protocol},
                "modem": {
                    "device": self.device.device,
                    "seconds_per_part": 0.0,
                    "send_timeout_s": 1.0,
                    "command_key_file": key,
                    **modem,
                },
            }
        )

    def queue(self, text: str = "سقيو الفدان اليوم", kind: str = "irrigate", hours: float = 5.0) -> str:
        message = Message(
            parcel_id="P1",
            kind=kind,
            language="ary",
            text=text,
            encoding="ucs2",
            segments=1,
            valid_until=clock() + timedelta(hours=hours),
            reviewed=True,
            farmer_id="f1",
            catalogue_sha256=WORDS,
        )
        return self.store.queue_message(message, verdict_digest="", now=clock())

    def send(self, carrier: ModemCarrier) -> SendReport:
        return send_due(self.store, carrier, clock=clock, policy=LIVE)

    def state(self, message_id: str) -> str:
        return next(log.state for log in self.store.message_log() if log.message_id == message_id)

    def close(self) -> None:
        self.stop_ingest()
        assert not verify(self.store).problems
        self.store.close()


def look(_drop: Drop, _metadata: FrameMetadata | None) -> Sighting:
    raise AssertionError("there are no photos here")


@pytest.fixture
def device() -> Iterator[StandInModem]:
    with StandInModem() as made:
        yield made


@pytest.fixture(params=["v5", "v3.1.1"])
def site(
    request: pytest.FixtureRequest, tmp_path: Path, mosquitto: "Mosquitto", device: StandInModem
) -> Iterator[Site]:
    made = Site(tmp_path, mosquitto, device, request.param)
    yield made
    made.close()


@pytest.fixture
def carrier(site: Site) -> Iterator[ModemCarrier]:
    made = site.carrier()
    yield made
    made.close()


def ready(gateway: Gateway) -> bool:
    return gateway.messenger is not None and gateway.messenger.trouble is None


def test_a_message_reaches_a_telephone_and_its_report_the_store(site: Site, carrier: ModemCarrier) -> None:
    message_id = site.queue()
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        report = site.send(carrier)
        assert (report.accepted, report.unknown, report.rejected) == (1, 0, 0)
        wait(lambda: site.state(message_id) == "delivered")
    assert [(part.number, part.text) for part in site.device.sent] == [(NUMBER, "سقيو الفدان اليوم")]
    assert all(NUMBER[4:] not in line for line in site.told), "no number in what is told"


def test_a_farmers_answer_and_a_missed_call_reach_the_store(site: Site) -> None:
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        site.device.text(NUMBER, "سقيت")
        site.device.ring(NUMBER)
        wait(lambda: len(site.store.inbound_of("f1")) == 2)
        wait(lambda: site.device.held() == 0)
        wait(lambda: gateway.outbox.counts().messages == 0)
    heard = {(text.carrier, text.text) for text in site.store.inbound_of("f1")}
    assert heard == {("modem", "سقيت"), ("missed_call", "3")}


def test_an_ingest_that_was_away_hears_everything_once(site: Site, carrier: ModemCarrier) -> None:
    site.stop_ingest()
    message_id = site.queue()
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        assert site.send(carrier).accepted == 1
        site.device.text(NUMBER, "1")
        wait(lambda: len(site.device.sent) == 1 and site.device.held() == 0)
        assert site.state(message_id) == "wired"
        site.start_ingest()
        wait(lambda: site.state(message_id) == "delivered")
        wait(lambda: len(site.store.inbound_of("f1")) == 1)


def test_a_gateway_that_dies_after_it_took_a_message_sends_it_when_it_comes_back(
    site: Site, carrier: ModemCarrier
) -> None:
    message_id = site.queue()
    with site.gateway(seconds_per_part=600.0) as gateway:
        wait(lambda: ready(gateway))
        assert gateway.messenger is not None
        gateway.messenger._sent_at_s = gateway.messenger._clock.monotonic_s()
        assert site.send(carrier).accepted == 1
    assert site.device.sent == []
    with site.gateway():
        wait(lambda: site.state(message_id) == "delivered")
    assert len(site.device.sent) == 1


def test_a_killed_sender_asks_again_and_the_farmer_hears_it_once(site: Site, carrier: ModemCarrier) -> None:
    message_id = site.queue()
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        claimed = site.store.claim_due(clock(), 10, carrier="modem")
        assert carrier.send(claimed)[0].kind == "accepted", "and here the sender dies, with nothing written down"
        wait(lambda: site.state(message_id) == "delivered")
        site.store.recover_claims(clock(), repeatable=frozenset({"modem"}))
        assert site.send(carrier).accepted == 0
        assert carrier.send(claimed)[0].kind == "accepted", "even asked again it leaves once"
        wait(lambda: gateway.outbox.counts().messages == 0)
    assert len(site.device.sent) == 1
    assert site.state(message_id) == "delivered"


def test_a_gateway_without_a_sim_refuses_and_nothing_is_lost(site: Site, carrier: ModemCarrier) -> None:
    site.device.behaviour.sim = False
    message_id = site.queue()
    with site.gateway() as gateway:
        wait(lambda: "CME ERROR 10" in str(gateway.messenger and gateway.messenger.trouble))
        report = site.send(carrier)
        assert "CME ERROR 10" in (report.halted_because or "")
        assert site.state(message_id) == "queued"
        wait(lambda: gateway.outbox.counts().messages == 0)
    assert site.device.sent == []
    assert site.state(message_id) == "queued", "the ingest heard the refusal too, and left the message where it is"


def test_a_lost_answer_of_the_modem_is_unknown_until_its_report(site: Site, carrier: ModemCarrier) -> None:
    site.device.behaviour.report_code = None
    site.device.behaviour.faults.append("silent_after")
    message_id = site.queue()
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        site.send(carrier)
        wait(lambda: len(site.device.sent) == 1)
        wait(lambda: gateway.outbox.counts().messages == 0 and not ready(gateway))
        wait(lambda: ready(gateway))
        site.device.report(site.device.sent[0])
        wait(lambda: site.state(message_id) == "delivered")
    assert len(site.device.sent) == 1


def test_a_command_under_another_key_is_not_carried_out(site: Site) -> None:
    forger = site.carrier(key=bytes(32), patience_s=1.0)
    message_id = site.queue()
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        site.send(forger)
        assert gateway.messenger is not None
        assert gateway.messenger.letters.waiting() == 0
    forger.close()
    assert site.device.sent == []
    assert site.state(message_id) != "delivered"
    assert any("sealed" in line for line in site.told)


def test_a_gateway_that_is_away_costs_time_and_no_message(site: Site) -> None:
    carrier = site.carrier(patience_s=1.0)
    message_id = site.queue()
    outcome = carrier.send(site.store.claim_due(clock(), 1, carrier="modem"))[0]
    carrier.close()
    if site.protocol == "v5":
        assert (outcome.kind, outcome.reason) == ("retry", "gateway gw-01 is not connected, or has no modem")
    else:
        assert outcome.kind == "unknown", "an older broker does not say that nobody listens"
    assert site.state(message_id) == "sending"


def test_a_silent_gateway_is_asked_again_and_no_other_way_is_taken(site: Site) -> None:
    forger = site.carrier(key=bytes(32), patience_s=1.0)
    message_id = site.queue()
    carriers: list[ModemCarrier | SpoolCarrier] = [forger, SpoolCarrier(site.folder / "spool")]
    sender = Sender(clock=clock, policy=LIVE)
    with site.gateway() as gateway:
        wait(lambda: ready(gateway))
        report = send_over(site.store, carriers, sender)
        assert (report.requeued, report.unknown, report.accepted) == (1, 0, 0)
        forger.close()
        later = replace(sender, clock=lambda: clock() + timedelta(minutes=6))
        assert send_over(site.store, carriers[1:], later).accepted == 0, "the gateway may have it already"
        carrier = site.carrier()
        assert send_over(site.store, [carrier], later).accepted == 1
        carrier.close()
        wait(lambda: site.state(message_id) == "delivered")
    assert len(site.device.sent) == 1


def test_words_of_a_gateway_without_a_modem_are_parked_without_person(site: Site) -> None:
    config = site.config()
    with Gateway(config.model_copy(update={"gateway_id": "gw-02"}), look, voice=Voice(site.told.append)) as rogue:
        assert rogue.messenger is not None
        rogue.messenger.postbox.called(NUMBER, clock())
        rogue.run_once(threading.Event(), 20.0)
    assert site.store.inbound_of("f1") == ()
    with site.store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT kind, payload, reason FROM parked").all()
    ((kind, payload, reason),) = rows
    assert kind == "inbound"
    assert b"612345678" not in bytes(payload)
    assert "gw-02 has no modem" in reason
