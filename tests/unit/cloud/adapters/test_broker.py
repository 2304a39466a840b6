"""The line to the broker, word by word: what it is told, and what it does then."""

from pathlib import Path

import pytest
from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from cloud.adapters.broker import BrokerLink, Heard, to_stderr
from cloud.config import BrokerConfig
from cloud.errors import ServiceUnavailableError
from cloud.secrets import write_secret

GRANTED = ReasonCode(PacketTypes.SUBACK, "Granted QoS 1")
DENIED = ReasonCode(PacketTypes.SUBACK, "Not authorized")
GONE = ReasonCode(PacketTypes.DISCONNECT, "Unspecified error")
FLAGS = DisconnectFlags(is_disconnect_packet_from_server=False)


class Line(Client):
    """A client without a network, which remembers what it confirmed."""

    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2)
        self.confirmed: list[int] = []

    def ack(self, mid: int, qos: int) -> object:  # type: ignore[override]  # paho tells a code, which nobody reads
        assert qos == 1
        self.confirmed.append(mid)
        return None


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def heard() -> list[Heard]:
    return []


@pytest.fixture
def link(told: list[str], heard: list[Heard]) -> BrokerLink:
    def hear(message: Heard) -> bool:
        heard.append(message)
        return len(heard) < 3

    made = BrokerLink(BrokerConfig(), None, hear=hear, tell=told.append)
    made._client = Line()
    return made


def message(topic: bytes, mid: int) -> MQTTMessage:
    made = MQTTMessage(mid=mid, topic=topic)
    made.qos, made.payload = 1, b"x" * (2 * 1024 * 1024)
    return made


def test_a_denied_subscription_is_a_refusal_before_and_a_word_after_the_start(
    link: BrokerLink, told: list[str]
) -> None:
    link._on_subscribe(Line(), None, 1, [GRANTED, DENIED], None)
    assert link._settled.is_set()
    assert link._refusal == "no permission to subscribe (Not authorized)"
    assert told == []
    link._open = True
    link._on_subscribe(Line(), None, 1, [DENIED], None)
    assert told == [
        "broker 127.0.0.1:1883: no permission to subscribe (Not authorized); it is tried again until it answers"
    ]


def test_a_large_message_is_cut_and_one_without_room_is_confirmed_at_once(link: BrokerLink, heard: list[Heard]) -> None:
    line = Line()
    for mid in (1, 2, 3):
        link._on_message(line, None, message(b"seguia/v1/o/g/detection", mid))
    assert [len(one.payload) for one in heard] == [1024 * 1024 + 1] * 3
    assert line.confirmed == [3]


def test_a_topic_that_is_no_text_is_put_aside(link: BrokerLink, heard: list[Heard]) -> None:
    line = Line()
    link._on_message(line, None, message(b"\xff\xfe", 9))
    assert (heard, line.confirmed) == ([], [9])


def test_only_a_message_of_this_connection_is_confirmed(link: BrokerLink) -> None:
    line = link._client
    assert isinstance(line, Line)
    link._connection = 2
    for mid, connection, qos in ((1, 1, 1), (2, 2, 1), (3, 2, 0)):
        link.confirm(Heard(topic="t", payload=b"", mid=mid, qos=qos, connection=connection))
    assert line.confirmed == [2]


def test_a_topic_that_cannot_be_is_owed_nothing(link: BrokerLink) -> None:
    link.publish("seguia/v1/o/+/ack", b"x")
    link.close()
    link.publish("seguia/v1/o/g/ack", b"x")
    link.confirm(Heard(topic="t", payload=b"", mid=1, qos=1, connection=0))
    link.close()
    assert link._client is None


def test_leaving_on_purpose_is_not_told(link: BrokerLink, told: list[str]) -> None:
    line = link._client
    assert line is not None
    link.close()
    link._on_disconnect(line, None, FLAGS, GONE, None)
    assert told == []


def test_a_hang_up_after_an_answer_changes_nothing(link: BrokerLink, told: list[str]) -> None:
    line = link._client
    assert line is not None
    link._settled.set()
    link._on_disconnect(line, None, FLAGS, GONE, None)
    assert (told, link._refusal) == ([], None)


def test_the_operator_is_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    to_stderr("broker: gone")
    assert capsys.readouterr().err == "seguia: broker: gone\n"


def test_a_secret_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailableError, match="cannot be written"):
        write_secret(tmp_path / "none" / "secret", "word")
