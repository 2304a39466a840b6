"""What a modem tells and is told, as bytes: nothing personal in an error, nothing taken that was not sealed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from edge.contract import Command, MessageId, SmsInbound, SmsReport
from edge.errors import ContractError
from edge.heartbeat import Heartbeat, ModemState
from edge.wire import (
    decode_command,
    decode_heartbeat,
    decode_inbound,
    decode_report,
    encode,
    encode_command,
    encode_sms,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TOPIC = "seguia/v1/demo/gw-01/command"
KEY = bytes(range(32))
COMMAND = Command(
    id="ab" * 32,
    about="P01-2026-05-01-irrigate",
    attempt=2,
    phone_number="+212612345678",
    text="سقيو الفدان",
    valid_until=NOON,
)


def test_words_of_a_modem_come_back_as_they_were() -> None:
    report = SmsReport(id="m1", state="sent", at=NOON, parts=2, reason="CMS 1", halted=True)
    inbound = SmsInbound(name="ab" * 12, phone_number="+212612345678", text="سقيت 😀", received_at=NOON)
    assert decode_report("gw", encode_sms(report, "b", 3)) == (MessageId("gw", "b", 3), report)
    assert decode_inbound("gw", encode_sms(inbound, "b", 4)) == (MessageId("gw", "b", 4), inbound)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_command_comes_back_as_it_was(key: bytes | None) -> None:
    assert decode_command(TOPIC, encode_command(COMMAND, TOPIC, key), key) == COMMAND


def test_a_seal_is_not_asked_for_where_there_is_no_key() -> None:
    assert decode_command(TOPIC, encode_command(COMMAND, TOPIC, KEY)) == COMMAND


@pytest.mark.parametrize(
    ("payload", "topic"),
    [
        (encode_command(COMMAND, TOPIC), TOPIC),
        (encode_command(COMMAND, TOPIC, bytes(32)), TOPIC),
        (encode_command(COMMAND, TOPIC, KEY), "seguia/v1/demo/gw-02/command"),
        (encode_command(COMMAND, TOPIC, KEY).replace(b"212612345678", b"212612345679"), TOPIC),
        (encode_command(COMMAND, TOPIC, KEY).replace(b'"attempt":2', b'"attempt":3'), TOPIC),
        (encode_command(COMMAND, TOPIC).replace(b"}", b',"mac":7}'), TOPIC),
    ],
)
def test_what_was_not_sealed_for_this_gateway_is_refused(payload: bytes, topic: str) -> None:
    with pytest.raises(ContractError, match="sealed with this gateway's command key") as refusal:
        decode_command(topic, payload, KEY)
    assert "2126" not in str(refusal.value)


def test_a_field_of_a_later_version_is_under_the_seal_and_ignored() -> None:
    later = encode_command(COMMAND, TOPIC).replace(b"}", b',"voice":true}')
    assert decode_command(TOPIC, later) == COMMAND
    with pytest.raises(ContractError):
        decode_command(TOPIC, encode_command(COMMAND, TOPIC, KEY).replace(b"}", b',"voice":true}'), KEY)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"phone_number": "0612345678"}, "phone_number"),
        ({"phone_number": "+212612345678\n"}, "phone_number"),
        ({"text": ""}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"kind": "reboot"}, "kind"),
        ({"id": "a b"}, "id"),
        ({"attempt": -1}, "attempt"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_refused_without_its_content(
    changed: dict[str, Any], told: str
) -> None:
    content = COMMAND.model_copy(update=changed)
    with pytest.raises(ContractError, match=f"command: {told}") as refusal:
        decode_command(TOPIC, encode_command(content, TOPIC))
    assert "612345678" not in str(refusal.value)
    assert "xxx" not in str(refusal.value)


@pytest.mark.parametrize("decode", [decode_report, decode_inbound])
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"v":1}',
        b'{"v":1,"b":"b","s":true,"id":"m"}',
        b'{"v":1,"b":"b","s":1,"id":"m","state":"+212612345678","name":"x","phone_number":"","text":"+212612345678"}',
        b'{"v":2,"b":"b","s":1}',
    ],
)
def test_an_unreadable_word_is_refused_without_its_content(decode: Any, payload: bytes) -> None:  # noqa: ANN401 -- either of two
    with pytest.raises(ContractError) as refusal:
        decode("gw", payload)
    assert "612345678" not in str(refusal.value)


def test_a_record_of_a_person_does_not_show_who() -> None:
    assert "612345678" not in repr(COMMAND)
    assert "سقيو" not in repr(COMMAND)
    assert "612345678" not in repr(SmsInbound(name="ab" * 12, phone_number="+212612345678", text="1"))


def test_a_heartbeat_carries_the_modem_and_an_older_one_has_none() -> None:
    beat = Heartbeat(online=True, modem=ModemState(ready=False, signal_dbm=-79, trouble="no SIM"))
    assert decode_heartbeat(encode(beat)) == beat
    assert decode_heartbeat(b'{"v":1,"online":true}').modem is None


def test_states_are_a_closed_list() -> None:
    with pytest.raises(ValidationError):
        SmsReport.model_validate({"id": "m", "state": "perhaps"})
