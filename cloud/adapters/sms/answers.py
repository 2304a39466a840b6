"""What an answer of Africa's Talking means for each number of a request.

The codes are those two public integrations agree on; an answer that cannot be read after a 2xx is *unknown*, because
the carrier may have accepted the message.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from cloud.adapters.personal import without_numbers
from cloud.dispatch.carrier import Balance, Outcome, OutcomeKind
from cloud.errors import ConfigurationError, ServiceUnavailableError

ROW_CODES: Final[dict[int, tuple[OutcomeKind, str]]] = {
    100: ("accepted", "Processed"),
    101: ("accepted", "Sent"),
    102: ("accepted", "Queued"),
    401: ("rejected", "RiskHold"),
    402: ("halt", "InvalidSenderId"),
    403: ("rejected", "InvalidPhoneNumber"),
    404: ("rejected", "UnsupportedNumberType"),
    405: ("halt", "InsufficientBalance"),
    406: ("rejected", "UserInBlacklist"),
    407: ("rejected", "CouldNotRoute"),
    409: ("rejected", "DoNotDisturbRejection"),
    500: ("retry", "InternalServerError"),
    501: ("retry", "GatewayError"),
    502: ("retry", "RejectedByGateway"),
}
OPT_OUT_CODES: Final = frozenset({406, 409})
HALTING_MESSAGES: Final = frozenset({"invalidsenderid", "insufficientbalance"})
HALTING_STATUSES: Final = frozenset({401, 402, 403, 404})
"""Wrong key, no credit, wrong address: no message will pass until someone has looked."""
RETRY_STATUSES: Final = frozenset({429, 500, 501, 502, 503})
"""A gateway timeout (504) is not among them: the message may have passed."""
NO_ID: Final = frozenset({"", "none", "null"})
BALANCE: Final = re.compile(r"\s*([A-Z]{3})\s*(-?\d+(?:\.\d+)?)\s*")
REASON_LETTERS: Final = 120
MAX_RETRY_AFTER_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer as it came: the SDK would keep its text alone."""

    status: int
    text: str
    retry_after: str | None = None


def read_answer(answer: Answer, numbers: Sequence[str]) -> tuple[Outcome, ...]:
    """One outcome a number, in order."""
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return (refusal(answer),) * len(numbers)
    content = _content(answer.text)
    if content is None:
        outcome = Outcome(kind="unknown", reason=f"answer {answer.status} could not be read: {short(answer.text)}")
        return (outcome,) * len(numbers)
    rows = [row for row in content["Recipients"] if isinstance(row, dict)]
    if not rows:
        return (_without_rows(str(content.get("Message", ""))),) * len(numbers)
    return _matched(rows, numbers)


def read_balance(answer: Answer) -> Balance:
    """What is left on the account; ServiceUnavailableError or ConfigurationError where the answer does not tell."""
    if answer.status in HALTING_STATUSES:
        raise ConfigurationError(
            f"SMS carrier: expected the balance of the account, got HTTP {answer.status}: {short(answer.text)};"
            " correct sms.username and the key"
        )
    try:
        told = BALANCE.fullmatch(json.loads(answer.text)["UserData"]["balance"])
    except (ValueError, RecursionError, KeyError, TypeError):
        told = None
    if told is None:
        raise ServiceUnavailableError(
            f"SMS carrier: expected the balance of the account, got HTTP {answer.status}: {short(answer.text)};"
            " messages may pass all the same: try again later"
        )
    return Balance(amount=float(told[2]), currency=told[1])


def refusal(answer: Answer) -> Outcome:
    """What an HTTP status other than 2xx means for every message of its request."""
    reason = f"HTTP {answer.status}: {short(answer.text)}"
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return Outcome(kind="halt", reason=f"HTTP {answer.status}: a redirect is refused, it would carry the key along")
    if answer.status in HALTING_STATUSES:
        return Outcome(kind="halt", reason=reason)
    if answer.status in RETRY_STATUSES:
        return Outcome(kind="retry", reason=reason, retry_after_s=_seconds(answer.retry_after))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome(kind="unknown", reason=reason)
    return Outcome(kind="rejected", reason=reason)


def _content(text: str) -> dict[str, Any] | None:
    """The carrier's own part of the answer; parsed here whatever its content type says."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inner = content.get("SMSMessageData") if isinstance(content, dict) else None
    return inner if isinstance(inner, dict) and isinstance(inner.get("Recipients"), list) else None


def _without_rows(message: str) -> Outcome:
    """A 2xx that names nobody accepted nothing."""
    kind: OutcomeKind = "halt" if message.replace(" ", "").casefold() in HALTING_MESSAGES else "rejected"
    return Outcome(kind=kind, reason=short(message) or "the carrier named no recipient")


def _matched(rows: Sequence[Mapping[str, Any]], numbers: Sequence[str]) -> tuple[Outcome, ...]:
    if len(rows) == len(numbers) == 1:
        return (_row_outcome(rows[0]),)
    by_number = {_digits(str(row.get("number", ""))): row for row in rows}
    missing = Outcome(kind="unknown", reason="the carrier's answer does not name this number")
    return tuple(
        _row_outcome(by_number[_digits(number)]) if _digits(number) in by_number else missing for number in numbers
    )


def _row_outcome(row: Mapping[str, Any]) -> Outcome:
    status = str(row.get("status", ""))
    try:
        code = int(row.get("statusCode", ""))
    except (TypeError, ValueError):
        return Outcome(kind="unknown", reason=f"the carrier gave no status code: {short(status)}")
    kind, meaning = ROW_CODES.get(code, ("rejected", short(status) or "code not documented"))
    carrier_id = str(row.get("messageId") or "")
    return Outcome(
        kind=kind,
        carrier_id=carrier_id if kind == "accepted" and carrier_id.casefold() not in NO_ID else None,
        reason=None if kind == "accepted" else f"{code} {meaning}",
        opt_out=code in OPT_OUT_CODES,
    )


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header; its date form is left to the usual waiting time."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return min(float(retry_after), MAX_RETRY_AFTER_S)


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdecimal())


def short(text: str) -> str:
    """The beginning of what a carrier said, without telephone numbers."""
    return without_numbers(" ".join(text.split()))[:REASON_LETTERS]
