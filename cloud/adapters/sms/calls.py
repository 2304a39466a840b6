"""Africa's Talking asked to make a telephone ring, through its official SDK, and what its answer means."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from africastalking.Voice import VoiceService

from cloud.adapters.personal import without_numbers
from cloud.adapters.sms.africastalking import TIMEOUTS_S
from cloud.adapters.sms.answers import Answer, read_answer
from cloud.adapters.sms.transport import transport_outcome
from cloud.dispatch.carrier import Outcome
from cloud.errors import ConfigurationError
from cloud.sending_config import LOOPBACK_HOSTS

NAME: Final = "voice"
NOBODY: Final = frozenset({"invalidphonenumber", "destinationnotsupported"})
NO_MONEY: Final = "insufficientbalance"
QUEUED: Final = "queued"
REASON_LETTERS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAccount:
    """The account, the number that calls, and, for a stand-in only, another address on this machine."""

    username: str
    api_key: str
    number: str
    base_url: str | None = None
    timeouts_s: tuple[float, float] = TIMEOUTS_S


class AfricasTalkingCalls:
    """Makes one telephone ring; nothing is ever tried again from here."""

    name: Final = NAME

    def __init__(self, account: CallAccount) -> None:
        self._account = account
        self._service = _Service(account)
        self.live: Final = account.base_url is None
        """Whether real telephones ring."""

    def place(self, number: str) -> Outcome:
        """Make one telephone ring."""
        try:
            answer = self._service.ring(number)
        except requests.RequestException as error:
            return transport_outcome(error)
        return read_call(answer, number)


def read_call(answer: Answer, number: str) -> Outcome:
    """What an answer says of a call."""
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return read_answer(answer, [number])[0]
    try:
        content = json.loads(answer.text)
        entry = content["entries"][0] if content["entries"] else {}
        status, problem = str(entry.get("status") or ""), str(content.get("errorMessage") or "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Outcome(kind="unknown", reason=f"answer {answer.status} could not be read: {_short(answer.text)}")
    if status.casefold() == QUEUED:
        return Outcome(kind="accepted", carrier_id=str(entry.get("sessionId") or "") or None)
    told = status or problem
    if NO_MONEY in {status.casefold(), problem.casefold()}:
        return Outcome(kind="halt", reason=_short(told))
    if status.casefold() in NOBODY or (not entry and problem):
        return Outcome(kind="rejected", reason=_short(told))
    return Outcome(kind="unknown", reason=f"the carrier said {_short(told) or 'nothing'} of the call")


class _Service(VoiceService):
    """The SDK's voice service at a chosen address, giving back the whole answer."""

    def __init__(self, account: CallAccount) -> None:
        self._account = account
        super().__init__(account.username, account.api_key)

    def _init_service(self) -> None:
        super()._init_service()
        if self._account.base_url is not None:
            self._baseUrl = self._account.base_url.rstrip("/")
            parts = urlsplit(self._baseUrl)
            if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
                raise ConfigurationError(
                    f"telephone.base_url: expected a stand-in on this machine (http://127.0.0.1:PORT), got"
                    f" {self._baseUrl!r}; leave base_url out to use the carrier itself"
                )

    def ring(self, number: str) -> Answer:
        """Ask for a call to one number."""
        answer = self.call(self._account.number, [number], timeout=self._account.timeouts_s)
        assert isinstance(answer, Answer), "the request hook of this class gives an answer"
        return answer

    def _make_request(self, url: str, method: str, headers: Any, **request: Any) -> Answer:  # noqa: ANN401 -- the SDK's own
        with requests.Session() as session:
            session.trust_env = self._account.base_url is None  # a proxy never sees a local stand-in
            reply = session.request(
                method,
                url,
                headers=headers,
                data=request["data"],
                timeout=request["timeout"],
                allow_redirects=False,  # a redirect would carry the key along
            )
        return Answer(status=reply.status_code, text=reply.text, retry_after=reply.headers.get("Retry-After"))


def _short(text: str) -> str:
    return without_numbers(" ".join(text.split()))[:REASON_LETTERS]
