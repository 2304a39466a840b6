from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Ack
from edge.heartbeat import Heartbeat
from edge.link import Accepted, Commanded, Denied, Event, Heard, LinkOrder, Lost, PahoLink, Planned, Refused, Subscribed
from edge.outbox import Outbox, Priority
from edge.settings.broker import BrokerConfig
from edge.uplink import Uplink, UplinkTools
from edge.voice import Voice
from edge.wire import decode_heartbeat, encode

WELCOME: tuple[Event, ...] = (Accepted(), Subscribed(granted=True, reason=""))
HUNG_UP = Lost("hung up", opened=True)
UNREACHABLE = Lost("Connection refused", opened=False)


class FakeLink:
    """A link that says what the test tells it to say."""

    def __init__(self, order: LinkOrder) -> None:
        self.order = order
        self.events: deque[Event] = deque()
        self.published: list[tuple[str, bytes]] = []
        self.full = False
        self.closed = False

    def open(self) -> None:
        """Nothing to do: the world's greeting waits in ``events``."""

    def turn(self, _wait_s: float) -> tuple[Event, ...]:
        happened = tuple(self.events)
        self.events.clear()
        return happened

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.full:
            return False
        self.published.append((topic, payload))
        return True

    def close(self) -> None:
        self.closed = True

    def kinds(self) -> list[str]:
        return [topic.rpartition("/")[2] for topic, _ in self.published]


class World:
    """An uplink with a clock, a broker and a voice in the test's hands."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.config = GatewayConfig.model_validate(
            {"organisation": "demo", "gateway_id": "gw-01", "data_dir": folder, **settings}
        )
        self.now_s = 1000.0
        self.now = datetime(2026, 7, 1, 12, tzinfo=UTC)
        self.told: list[str] = []
        self.links: list[FakeLink] = []
        self.greeting: Callable[[LinkOrder], tuple[Event, ...]] = lambda _: WELCOME
        self.outbox = Outbox(folder / "outbox.sqlite", boot="b1", now=lambda: self.now)
        clock = Clock(now=lambda: self.now, monotonic_s=lambda: self.now_s)
        self.uplink = Uplink(
            self.config,
            self.outbox,
            UplinkTools(
                clock=clock,
                voice=Voice(self.told.append),
                chance=lambda: 0.5,
                heartbeat=lambda: Heartbeat(online=True, queued=self.outbox.counts().messages),
                make_link=self.make_link,
            ),
        )

    def make_link(self, order: LinkOrder) -> FakeLink:
        link = FakeLink(order)
        link.events.extend(self.greeting(order))
        self.links.append(link)
        return link

    @property
    def link(self) -> FakeLink:
        return self.links[-1]

    def put(self, count: int = 1, kind: str = "detection", size: int = 100) -> None:
        for _ in range(count):
            if kind == "evidence":
                self.outbox.put("evidence", lambda *_: b"e" * size, Priority.EVIDENCE)
            else:
                self.outbox.put("detection", lambda boot, sequence: f"{boot}/{sequence}".encode())

    def step(self, *events: Event, after_s: float = 0.0) -> None:
        self.now_s += after_s
        if self.links:
            self.link.events.extend(events)
        self.uplink.step(0.0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.outbox.close()


def test_a_birth_heartbeat_comes_first_and_the_will_says_offline(world: World) -> None:
    world.put()
    world.step()
    assert world.link.kinds() == ["heartbeat", "detection"]
    assert decode_heartbeat(world.link.published[0][1]).online
    will = world.link.order.will
    assert will is not None
    assert will[0] == "seguia/v1/demo/gw-01/heartbeat"
    assert not decode_heartbeat(will[1]).online
    assert world.link.order.ack_topic == "seguia/v1/demo/gw-01/ack"


def test_a_heartbeat_comes_at_its_interval(world: World) -> None:
    world.step()
    world.step(after_s=899.0)
    assert world.link.kinds() == ["heartbeat"]
    world.step(after_s=1.0)
    assert world.link.kinds() == ["heartbeat", "heartbeat"]


def test_a_sent_message_stays_until_the_ingest_speaks(world: World) -> None:
    world.put(2)
    world.step()
    assert world.outbox.counts().messages == 2
    world.step(Heard(encode(Ack(stored=(("b1", 1),)))))
    assert [message.name.sequence for message in world.outbox.pending(9)] == [2]
    assert world.link.kinds().count("detection") == 2


def test_a_parked_message_leaves_and_its_reason_is_told(world: World) -> None:
    world.put()
    world.step()
    world.step(Heard(encode(Ack(parked=(("b1", 1, "version 2"),)))))
    assert world.outbox.counts().messages == 0
    assert any("b1/1" in line and "version 2" in line for line in world.told)


def test_an_acknowledgement_that_cannot_be_read_removes_nothing(world: World) -> None:
    world.put()
    world.step()
    for _ in range(3):
        world.step(Heard(b"\xff not an ack"))
    assert world.outbox.counts().messages == 1
    assert len([line for line in world.told if "cannot be read" in line]) == 1


def test_no_more_than_a_window_is_on_its_way(world: World) -> None:
    world.put(50)
    world.step()
    world.step()
    assert world.link.kinds().count("detection") == 20
    world.step(Heard(encode(Ack(stored=tuple(("b1", n) for n in range(1, 11))))))
    assert world.link.kinds().count("detection") == 30


def test_an_unacknowledged_message_is_sent_again_after_the_patience(world: World) -> None:
    world.put()
    world.step()
    world.step(after_s=29.0)
    assert world.link.kinds().count("detection") == 1
    world.step(after_s=2.0)
    assert world.link.kinds().count("detection") == 2
    assert world.link.published[-1] == world.link.published[1]


def test_a_lost_connection_is_made_anew_and_everything_sent_again(world: World) -> None:
    world.put(3)
    world.step()
    world.step(HUNG_UP)
    assert len(world.links) == 1
    world.step(after_s=0.9)
    assert len(world.links) == 1
    world.step(after_s=0.2)
    assert len(world.links) == 2
    assert world.links[0].closed
    assert world.link.kinds() == ["heartbeat", "detection", "detection", "detection"]


def test_pauses_grow_with_jitter_and_an_absent_broker_is_told_once(world: World) -> None:
    world.greeting = lambda _: (UNREACHABLE,)
    attempts: list[float] = []
    start_s = world.now_s
    for _ in range(6000):
        before = len(world.links)
        world.step(after_s=0.1)
        if len(world.links) > before:
            attempts.append(round(world.now_s - start_s, 1))
    pauses = [round(later - earlier) for earlier, later in pairwise(attempts)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]
    assert len(world.told) == 1
    assert "127.0.0.1:1883" in world.told[0]
    assert "Connection refused" in world.told[0]
    assert world.uplink.trouble == world.told[0]
    assert {link.order.protocol for link in world.links} == {"v5"}


def test_the_return_of_the_broker_is_told_once_too(world: World) -> None:
    world.put()
    world.greeting = lambda _: (UNREACHABLE,)
    world.step()
    world.greeting = lambda _: WELCOME
    world.step(after_s=2.0)
    assert world.uplink.ready
    assert world.uplink.trouble is None
    assert len(world.told) == 2
    assert "1 messages wait" in world.told[1]


@pytest.mark.parametrize("refusal", [Refused("Unsupported protocol version", version_refused=True), HUNG_UP])
def test_a_broker_of_the_older_protocol_is_greeted_in_it_at_once(world: World, refusal: Event) -> None:
    world.greeting = lambda order: (refusal,) if order.protocol == "v5" else WELCOME
    world.step()
    world.step()
    assert [link.order.protocol for link in world.links] == ["v5", "v3.1.1"]
    assert world.uplink.ready
    assert world.uplink.protocol == "v3.1.1"
    assert world.told == []


def test_a_broker_that_hangs_up_in_both_protocols_is_told_and_tried_again_in_v5(world: World) -> None:
    world.greeting = lambda _: (HUNG_UP,)
    world.step()
    world.step()
    world.step(after_s=60.0)
    assert [link.order.protocol for link in world.links] == ["v5", "v3.1.1", "v5"]
    assert len(world.told) == 1
    assert "hung up before accepting us" in world.told[0]


def test_after_a_fall_back_a_reconnection_keeps_the_older_protocol(world: World) -> None:
    world.greeting = lambda order: (HUNG_UP,) if order.protocol == "v5" else WELCOME
    world.step()
    world.step()
    world.step(HUNG_UP)
    world.step(after_s=60.0)
    assert [link.order.protocol for link in world.links] == ["v5", "v3.1.1", "v3.1.1"]


def test_a_refused_account_is_told_with_the_way_out_and_no_fall_back(world: World) -> None:
    world.greeting = lambda _: (Refused("Not authorized", version_refused=False), HUNG_UP)
    world.step()
    assert [link.order.protocol for link in world.links] == ["v5"]
    assert "Not authorized; check user name" in world.told[0]


def test_a_subscription_that_is_refused_is_a_trouble_not_a_connection(world: World) -> None:
    world.put()
    world.greeting = lambda _: (Accepted(), Subscribed(granted=False, reason="Not authorized"))
    world.step()
    assert not world.uplink.ready
    assert world.link.published == []
    assert "acknowledgements" in world.told[0]


def test_a_denied_publish_is_told_once_and_the_message_stays(world: World) -> None:
    world.put()
    world.step()
    world.step(Denied("Not authorized"))
    world.step(Denied("Not authorized"))
    assert world.outbox.counts().messages == 1
    assert len(world.told) == 1
    assert "access list" in world.told[0]


def test_a_broker_that_never_answers_is_left(world: World) -> None:
    world.greeting = lambda _: ()
    world.step()
    world.step(after_s=14.0)
    assert not world.link.closed
    world.step(after_s=2.0)
    assert world.link.closed
    assert "no answer within 15 s" in world.told[0]


def test_a_steady_connection_forgets_earlier_failures(world: World) -> None:
    world.greeting = lambda _: (UNREACHABLE,)
    for _ in range(5):
        world.step(after_s=200.0)
    world.greeting = lambda _: WELCOME
    world.step(after_s=200.0)
    world.step(HUNG_UP, after_s=31.0)
    world.step(after_s=1.1)
    assert world.uplink.ready


def test_a_full_link_is_not_counted_as_sent(world: World) -> None:
    world.step()
    world.link.full = True
    world.put()
    world.step()
    world.link.full = False
    world.step()
    assert world.link.kinds() == ["heartbeat", "detection"]


def test_pictures_wait_for_tomorrow_once_the_days_budget_is_spent(tmp_path: Path) -> None:
    world = World(tmp_path, delivery={"daily_budget_kb": 1.0})
    world.put(3, kind="evidence", size=700)
    world.step()
    world.step()
    assert world.link.kinds().count("evidence") == 2
    assert not world.uplink.may_send_evidence()
    world.put()
    world.step()
    assert world.link.kinds().count("detection") == 1
    assert world.link.kinds().count("evidence") == 2
    world.step(Heard(encode(Ack(stored=(("b1", 1), ("b1", 2), ("b1", 4))))))
    world.now += timedelta(days=1)
    assert world.uplink.may_send_evidence()
    world.step()
    assert world.link.kinds().count("evidence") == 3
    world.outbox.close()


def test_what_was_sent_is_counted(world: World) -> None:
    world.put()
    world.step()
    world.step(Heard(encode(Ack(stored=(("b1", 1),)))))
    counters = dict(world.outbox.database.rows("SELECT name, value FROM counter"))
    topic, payload = world.link.published[1]
    assert counters["messages_sent"] == 1
    assert counters["bytes_sent"] == len(topic) + len(payload)
    assert counters["messages_stored"] == 1


def test_a_clean_end_says_offline(world: World) -> None:
    world.step()
    world.uplink.close()
    assert not decode_heartbeat(world.links[0].published[-1][1]).online
    assert world.links[0].closed
    world.uplink.close()


def test_closing_before_any_connection_is_quiet(world: World) -> None:
    world.uplink.close()
    assert world.links == []


def commanded(folder: Path, taken: list[bytes]) -> World:
    """A world whose gateway carries commands out."""
    world = World(folder)
    tools = world.uplink._tools
    world.uplink._tools = replace(tools, command=taken.append)
    return world


def test_commands_are_heard_only_by_a_gateway_that_carries_them_out(tmp_path: Path, world: World) -> None:
    world.step()
    assert world.link.order.command_topic is None
    world.step(Commanded(b"an order"))
    taken: list[bytes] = []
    other = commanded(tmp_path / "other", taken)
    other.step()
    assert other.link.order.command_topic == "seguia/v1/demo/gw-01/command"
    other.step(Commanded(b"an order"))
    assert taken == [b"an order"]
    other.outbox.close()


def test_an_access_list_that_lets_no_command_through_costs_commands_alone(tmp_path: Path) -> None:
    world = commanded(tmp_path / "other", [])
    world.greeting = lambda _: (Accepted(), Subscribed(granted=True, reason="", deaf_to_commands="Not authorized"))
    world.put()
    world.step()
    assert world.link.kinds() == ["heartbeat", "detection"]
    assert world.told == ["the broker lets no command through (Not authorized); check its access list"]
    world.outbox.close()


def test_an_access_list_that_lets_no_plan_through_is_told_until_it_does(world: World) -> None:
    world.greeting = lambda _: (Accepted(), Subscribed(granted=True, reason="", deaf_to_plans="Not authorized"))
    world.step()
    assert world.told == ["the broker lets no plan through (Not authorized); check its access list"]
    world.uplink._begin(Subscribed(granted=True, reason=""))
    assert world.told[1:] == ["the broker lets plans through again"]


@pytest.mark.parametrize("with_commands", [True, False])
def test_each_refusal_of_a_subscription_is_its_own_topics(with_commands: bool) -> None:  # noqa: FBT001 -- two cases
    order = LinkOrder(
        broker=BrokerConfig(host="b"),
        protocol="v5",
        client_id="c",
        ack_topic="ack",
        will=None,
        command_topic="command" if with_commands else None,
        plan_topic="plan",
    )
    link = PahoLink(order)
    well, ill = ReasonCode(PacketTypes.SUBACK, "Granted QoS 1"), ReasonCode(PacketTypes.SUBACK, "Not authorized")
    link._on_subscribe(link._client, None, 1, [well, *([well] if with_commands else []), ill], None)
    assert link.turn(0.0) == (Subscribed(granted=True, reason="", deaf_to_plans="Not authorized"),)
    if with_commands:
        link._on_subscribe(link._client, None, 1, [ill, ill, well], None)
        why = "Not authorized"
        assert link.turn(0.0) == (Subscribed(granted=False, reason=why, deaf_to_commands=why),)


def test_a_plan_that_the_broker_kept_is_no_word_of_the_cloud(world: World) -> None:
    heard, plans = list[str](), list[bytes]()
    tools = replace(world.uplink._tools, plan=plans.append, heard=lambda: heard.append("cloud"))
    world.uplink = Uplink(world.config, world.outbox, tools)
    world.step()
    world.step(Planned(b"kept"))
    assert (plans, heard) == ([b"kept"], [])
    world.step(Heard(encode(Ack(stored=()))))
    assert heard == ["cloud"]
