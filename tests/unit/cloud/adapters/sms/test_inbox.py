"""Texts asked of the carrier through the official SDK: of the stand-in, and whatever it might answer instead."""

import json
import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from cloud.adapters.sms.africastalking import AfricasTalkingSettings
from cloud.adapters.sms.inbox import AfricasTalkingInbox, page_of
from cloud.adapters.sms.moments import moment_of
from cloud.errors import ConfigurationError, ServiceUnavailableError
from simulations.carrier.standin import StandIn

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
NUMBER = "+212612345678"


def inbox(url: str, key: str = "stand-in") -> AfricasTalkingInbox:
    settings = AfricasTalkingSettings(username="sandbox", api_key=key, base_url=url, timeouts_s=(1.0, 2.0))
    return AfricasTalkingInbox(settings, lambda: NOW)


def row(number: object, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 -- whatever a carrier may write
    return {"id": number, "from": NUMBER, "text": "1", "date": "2026-07-21 17:00:00"} | changed


def answer(*rows: object) -> str:
    return json.dumps({"SMSMessageData": {"Messages": rows}})


def test_texts_of_the_stand_in_come_page_by_page() -> None:
    with StandIn() as carrier:
        for text in ("1", "٢", "STOP"):
            carrier.reply(NUMBER, text, date="2026-07-21T17:00:00Z")
        asked = inbox(carrier.url)
        first = asked.after(0)
        assert [(number, one.text) for number, one in first.texts] == [(1, "1"), (2, "٢"), (3, "STOP")]
        assert (first.last_id, first.problems) == (3, ())
        assert asked.after(3).texts == []
        assert [number for number, _ in asked.after(1).texts] == [2, 3]
    one = first.texts[0][1]
    assert (one.carrier, one.carrier_id, one.phone_number) == ("africastalking", "fetch-000000000000000001", NUMBER)
    assert one.received_at == datetime(2026, 7, 21, 17, 0, tzinfo=UTC)


def test_a_wrong_key_and_a_carrier_that_is_away_are_told_without_the_key() -> None:
    with StandIn() as carrier:
        with pytest.raises(
            ServiceUnavailableError, match="got HTTP 401: The supplied authentication is invalid"
        ) as told:
            inbox(carrier.url, key="wrong-key").after(0)
        assert "wrong-key" not in str(told.value)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(ServiceUnavailableError, match=r"got ConnectionError; nothing is lost"):
            inbox(f"http://127.0.0.1:{closed.getsockname()[1]}").after(0)


def test_the_key_leaves_for_no_other_address() -> None:
    with pytest.raises(ConfigurationError, match=r"^sms\.base_url: expected a stand-in on this machine"):
        inbox("http://sms.example")


@pytest.mark.parametrize(
    "text",
    [
        "<html>down for repair</html>",
        "",
        "[]",
        "null",
        '{"SMSMessageData": {}}',
        '{"SMSMessageData": {"Messages": {}}}',
        answer(row(1))[:-9],
    ],
)
def test_an_answer_without_texts_is_none(text: str) -> None:
    with pytest.raises(ServiceUnavailableError, match="expected its received texts, got an answer that holds no texts"):
        page_of(text, 0, NOW)


@pytest.mark.parametrize(
    "bad",
    [
        row(None),
        row("abc"),
        row("-1"),
        row("٣"),
        row("9" * 40),
        "text",
        None,
        {},
        row(7, **{"from": ""}),
        row(7, **{"from": None}),
    ],
)
def test_a_row_that_cannot_be_read_is_counted_and_the_next_is_taken(bad: object) -> None:
    page = page_of(answer(bad, row(8)), 0, NOW)
    assert [number for number, _ in page.texts] == [8]
    assert page.last_id == 8
    assert page.problems == ("1 texts of the carrier could not be read: they lack an id or a sender; ask the carrier",)


def test_rows_come_in_order_and_old_ones_are_passed() -> None:
    page = page_of(answer(row("12"), row(3), row(11, text=None, date="soon")), 5, NOW)
    assert [(number, one.text, one.received_at) for number, one in page.texts] == [
        (11, "", NOW),
        (12, "1", datetime(2026, 7, 21, 17, 0, tzinfo=UTC)),
    ]
    assert page.problems == ()
    assert page_of(answer(row(3)), 5, NOW).last_id == 5


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_a_date_that_is_none_is_the_moment_of_arrival(text: str) -> None:
    assert moment_of(text, NOW) == NOW
