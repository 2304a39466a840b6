import json
from typing import Any

import pytest

from cloud.adapters.sms.answers import Answer, read_answer, read_balance
from cloud.dispatch.carrier import Balance
from cloud.errors import ServiceUnavailableError
from cloud.sending import Outcome

NUMBER = "+212600000001"


def answer(rows: list[Any], message: str = "Sent", status: int = 201) -> Answer:
    return Answer(status=status, text=json.dumps({"SMSMessageData": {"Message": message, "Recipients": rows}}))


def row(code: object, number: str = NUMBER, message_id: str | None = "ATXid_1") -> dict[str, object]:
    return {"statusCode": code, "number": number, "status": "X", "cost": "0", "messageId": message_id}


@pytest.mark.parametrize(
    ("code", "kind", "opt_out"),
    [
        (100, "accepted", False),
        (101, "accepted", False),
        (102, "accepted", False),
        (401, "rejected", False),
        (402, "halt", False),
        (403, "rejected", False),
        (404, "rejected", False),
        (405, "halt", False),
        (406, "rejected", True),
        (407, "rejected", False),
        (409, "rejected", True),
        (500, "retry", False),
        (501, "retry", False),
        (502, "retry", False),
        (999, "rejected", False),
        ("101", "accepted", False),
        (None, "unknown", False),
        ("soon", "unknown", False),
    ],
)
def test_every_code_of_a_recipient(code: object, kind: str, opt_out: bool) -> None:  # noqa: FBT001 -- a test parameter
    (outcome,) = read_answer(answer([row(code)]), [NUMBER])
    assert (outcome.kind, outcome.opt_out) == (kind, opt_out)
    assert (outcome.carrier_id == "ATXid_1") == (kind == "accepted")
    assert (outcome.reason is None) == (kind == "accepted")


@pytest.mark.parametrize("message_id", ["None", "", None])
def test_a_message_id_that_is_none_is_no_id(message_id: str | None) -> None:
    (outcome,) = read_answer(answer([row(101, message_id=message_id)]), [NUMBER])
    assert outcome == Outcome(kind="accepted")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "rejected"),
        (401, "halt"),
        (402, "halt"),
        (403, "halt"),
        (404, "halt"),
        (413, "rejected"),
        (429, "retry"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
        (504, "unknown"),
        (302, "halt"),
        (307, "halt"),
    ],
)
def test_every_http_status(status: int, kind: str) -> None:
    outcomes = read_answer(Answer(status=status, text="<b>no\n luck</b>" * 30), [NUMBER, "+212600000002"])
    assert [outcome.kind for outcome in outcomes] == [kind, kind]
    assert all(str(status) in (outcome.reason or "") and len(outcome.reason or "") < 140 for outcome in outcomes)


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), (" 5 ", 5.0), ("99999", 3600.0), ("Wed, 21 Oct 2026", None), (None, None)]
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    (outcome,) = read_answer(Answer(status=429, text="slow", retry_after=header), [NUMBER])
    assert outcome.retry_after_s == seconds


@pytest.mark.parametrize(
    "text", ["", "<html>ok</html>", '{"SMSMessageData": {"Mess', "[]", "3", '{"SMSMessageData": {"Recipients": 3}}']
)
def test_an_answer_that_cannot_be_read_after_a_2xx_is_unknown(text: str) -> None:
    (outcome,) = read_answer(Answer(status=200, text=text), [NUMBER])
    assert outcome.kind == "unknown"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("InvalidSenderId", "halt"),
        ("Insufficient Balance", "halt"),
        ("Sent to 0/1", "rejected"),
        ("", "rejected"),
    ],
)
def test_a_2xx_that_names_nobody_is_a_failure(message: str, kind: str) -> None:
    (outcome,) = read_answer(answer([], message), [NUMBER])
    assert outcome.kind == kind
    assert outcome.reason


def test_rows_are_matched_by_number_whatever_their_order_and_spelling() -> None:
    rows = [row(403, "212600000002"), row(101, "+212 600 000 001")]
    outcomes = read_answer(answer(rows), [NUMBER, "+212600000002", "+212600000003"])
    assert [outcome.kind for outcome in outcomes] == ["accepted", "rejected", "unknown"]


def test_a_row_that_is_no_object_is_no_row() -> None:
    (outcome,) = read_answer(answer(["ok"], "InvalidSenderId"), [NUMBER])
    assert outcome.kind == "halt"


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ('{"UserData": {"balance": "KES 1785.5000"}}', Balance(amount=1785.5, currency="KES")),
        ('{"UserData": {"balance": "USD -3"}}', Balance(amount=-3.0, currency="USD")),
        ('{"UserData": {"balance": " MAD 0.0 "}}', Balance(amount=0.0, currency="MAD")),
    ],
)
def test_a_balance_is_read(text: str, balance: Balance) -> None:
    assert read_balance(Answer(status=200, text=text)) == balance


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"UserData": null}',
        '{"UserData": {"balance": 12}}',
        '{"UserData": {"balance": "much"}}',
    ],
)
def test_a_balance_that_cannot_be_read_is_not_zero(text: str) -> None:
    with pytest.raises(ServiceUnavailableError, match="expected the balance of the account"):
        read_balance(Answer(status=200, text=text))
