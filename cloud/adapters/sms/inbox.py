"""Africa's Talking asked for texts through its official SDK, and what its answer holds."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import requests
from africastalking.SMS import SMSService

from cloud.adapters.personal import without_numbers
from cloud.adapters.sms.africastalking import NAME, AfricasTalkingSettings, must_be_allowed
from cloud.adapters.sms.answers import Answer
from cloud.adapters.sms.moments import moment_of
from cloud.errors import ServiceUnavailableError
from cloud.fetching import Page
from cloud.messages import Inbound

FETCHED: Final = "fetch-"
"""Before the carrier's number in the id of a text: callbacks name the same text otherwise."""
DIGITS: Final = 18
REASON_LETTERS: Final = 120


class AfricasTalkingInbox:
    """The carrier's texts, asked for page by page."""

    name: Final = NAME

    def __init__(self, settings: AfricasTalkingSettings, clock: Callable[[], datetime]) -> None:
        self._service = _Service(settings)
        self._clock = clock

    def after(self, last_id: int) -> Page:
        """Texts after a number; a row that cannot be read is named, and never stands in the way of the next."""
        try:
            answer = self._service.fetch(last_id)
        except requests.RequestException as error:
            raise _unavailable(type(error).__name__) from error
        if answer.status != HTTPStatus.OK:
            raise _unavailable(f"HTTP {answer.status}: {_short(answer.text)}")
        return page_of(answer.text, last_id, self._clock())


def page_of(text: str, last_id: int, now: datetime) -> Page:
    """Texts of an answer; one without a date that can be read is of this moment."""
    try:
        rows = json.loads(text)["SMSMessageData"]["Messages"]
    except (ValueError, KeyError, TypeError):
        raise _unavailable(f"an answer that holds no texts: {_short(text)}") from None
    if not isinstance(rows, list):
        raise _unavailable(f"an answer that holds no texts: {_short(text)}")
    numbered = [(_number(row), row) for row in rows]
    new = sorted(
        ((number, row) for number, row in numbered if number is not None and number > last_id), key=lambda one: one[0]
    )
    read = [(number, _inbound(number, row, now)) for number, row in new]
    lost = len(numbered) - len(new) - sum(number is not None and number <= last_id for number, _ in numbered)
    unread = lost + sum(inbound is None for _, inbound in read)
    problem = f"{unread} texts of the carrier could not be read: they lack an id or a sender; ask the carrier"
    return Page(
        texts=[(number, inbound) for number, inbound in read if inbound is not None],
        last_id=max((number for number, _ in new), default=last_id),
        problems=(problem,) if unread else (),
    )


class _Service(SMSService):
    """The SDK's SMS service at a chosen address, giving back the whole answer."""

    def __init__(self, settings: AfricasTalkingSettings) -> None:
        self._settings = settings
        super().__init__(settings.username, settings.api_key)

    def _init_service(self) -> None:
        super()._init_service()
        if self._settings.base_url is not None:
            self._baseUrl = f"{self._settings.base_url.rstrip('/')}/version1"
        must_be_allowed(self._baseUrl, stand_in=self._settings.base_url is not None)

    def fetch(self, last_id: int) -> Answer:
        """Ask for the texts after a number."""
        answer = self.fetch_messages(last_received_id=last_id, timeout=self._settings.timeouts_s)
        assert isinstance(answer, Answer), "the request hook of this class gives an answer"
        return answer

    def _make_request(self, url: str, method: str, **request: Any) -> Answer:  # noqa: ANN401 -- the SDK's own
        with requests.Session() as session:
            session.trust_env = self._settings.base_url is None  # a proxy never sees a local stand-in
            reply = session.request(
                method,
                url,
                headers=request["headers"],
                params=request["params"],
                timeout=request["timeout"],
                allow_redirects=False,  # a redirect would carry the key along
            )
        return Answer(status=reply.status_code, text=reply.text)


def _number(row: object) -> int | None:
    told = str(row.get("id", "")) if isinstance(row, dict) else ""
    return int(told) if told.isascii() and told.isdecimal() and len(told) <= DIGITS else None


def _inbound(number: int, row: Mapping[str, Any], now: datetime) -> Inbound | None:
    sender = str(row.get("from") or "").strip()
    if not sender:
        return None
    return Inbound(
        carrier=NAME,
        carrier_id=f"{FETCHED}{number:0{DIGITS}d}",
        phone_number=sender,
        text=str(row.get("text") or ""),
        received_at=moment_of(str(row.get("date") or ""), now),
    )


def _unavailable(got: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"SMS carrier {NAME}: expected its received texts, got {got}; nothing is lost, ask again later"
    )


def _short(text: str) -> str:
    return without_numbers(" ".join(text.split()))[:REASON_LETTERS]
