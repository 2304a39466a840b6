"""The real gateway hears its plan from a real broker, keeps it over a restart, and counts what the cloud says."""

import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import publish

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.evidence import Sighting
from edge.gateway import Gateway
from edge.metadata import FrameMetadata
from edge.plan_seal import signing_public
from edge.sources.folder import Drop
from edge.voice import Voice
from tests.integration.conftest import wait_until
from tests.plan_world import MADE_AT, OPENING_KEY, SIGNING_KEY, TOPIC, bundle_of, farmer, planned, signed

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

pytestmark = pytest.mark.system("mosquitto")


def nothing(_: Drop, __: FrameMetadata | None) -> Sighting:
    raise AssertionError("no photo comes in this test")


class Moment:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = MADE_AT

    def clock(self) -> Clock:
        def monotonic_s() -> float:
            return time.monotonic() + (self.now - MADE_AT).total_seconds()

        return Clock(now=lambda: self.now, monotonic_s=monotonic_s, synchronised=lambda: True, boot=lambda: "boot")


@pytest.fixture
def settings(tmp_path: Path, mosquitto: "Mosquitto") -> GatewayConfig:
    (tmp_path / "plan-cloud.pub").write_text(signing_public(SIGNING_KEY).hex() + "\n")
    (tmp_path / "plan.key").write_text(OPENING_KEY.hex() + "\n")
    return GatewayConfig.model_validate(
        {
            "organisation": "coop",
            "gateway_id": "gw-01",
            "data_dir": tmp_path / "data",
            "broker": {"port": mosquitto.port},
            "fallback": {"plan_key_file": tmp_path / "plan-cloud.pub", "seal_key_file": tmp_path / "plan.key"},
        }
    )


@pytest.fixture
def moment() -> Moment:
    return Moment()


def gateway(settings: GatewayConfig, moment: Moment, said: list[str]) -> Gateway:
    return Gateway(settings, nothing, clock=moment.clock(), voice=Voice(said.append))


def held(one: Gateway) -> int | None:
    one.uplink.step()
    return number_of(one)


def number_of(one: Gateway) -> int | None:
    assert one.hands.fallback is not None
    return one.hands.fallback.state().number


def test_a_plan_that_waits_at_the_broker_is_taken_and_kept(
    settings: GatewayConfig, moment: Moment, mosquitto: "Mosquitto"
) -> None:
    said: list[str] = []
    made = planned()[1]
    send: Any = publish.single
    send(TOPIC, signed(bundle_of(made, farmer())), qos=1, retain=True, hostname="127.0.0.1", port=mosquitto.port)
    with gateway(settings, moment, said) as one:
        assert wait_until(lambda: held(one) == 7), said
        changed = bytearray(signed(bundle_of(made, farmer(), number=8)))
        changed[len(changed) // 2] ^= 1
        send(TOPIC, bytes(changed), qos=1, retain=True, hostname="127.0.0.1", port=mosquitto.port)
        fallback = one.hands.fallback
        assert fallback is not None
        assert wait_until(lambda: held(one) == 7 and fallback.state().refused is not None), said
        moment.now = MADE_AT + timedelta(days=2)
        assert fallback.silent_since(moment.now) is not None
        assert one.hands.states()["plan"] == fallback.state()
    with gateway(settings, moment, said) as again:
        assert number_of(again) == 7
    assert any("signed by the cloud" in line or "plan" in line for line in said)
