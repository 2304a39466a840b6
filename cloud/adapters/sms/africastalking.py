"""Africa's Talking, through its official SDK: what its answers mean, and the traps they set.

The SDK gives one hook for the address and one for the request. Both are used: the first to reach a stand-in, the second
to keep the HTTP status, refuse redirects (they would carry the key along) and never retry what may have been accepted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from africastalking.SMS import SMSService

from cloud.adapters.sms.answers import Answer, read_answer
from cloud.adapters.sms.reachability import check_reachable
from cloud.errors import ConfigurationError
from cloud.messages import QueuedMessage
from cloud.sending import Outcome

NAME: Final = "africastalking"
RECIPIENTS_PER_REQUEST: Final = 100
LIVE_HOSTS: Final = frozenset({"api.africastalking.com", "api.sandbox.africastalking.com"})
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
TIMEOUTS_S: Final = (3.05, 9.05)
"""The SDK's own: to connect, to answer."""
NOTHING_SENT: Final = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingSettings:
    """The account and, for a test or a stand-in only, another address on this machine."""

    username: str
    api_key: str
    sender: str | None = None
    base_url: str | None = None
    timeouts_s: tuple[float, float] = TIMEOUTS_S


class AfricasTalkingCarrier:
    """Sends batches; every message gets exactly one outcome, and nothing is ever sent again from here."""

    name: Final = NAME

    def __init__(self, settings: AfricasTalkingSettings) -> None:
        self._settings = settings
        self._service = _Service(settings)
        self.live: Final = settings.base_url is None
        """Whether messages reach real telephones."""

    def check(self) -> None:
        """Raise when the carrier's address cannot be reached, before anything is claimed."""
        check_reachable(self._service.address, timeout_s=self._settings.timeouts_s[0])

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        """One outcome a message, in the order of the batch; after a halt nothing more is handed over."""
        outcomes: dict[str, Outcome] = {}
        halt: Outcome | None = None
        for group in _requests(batch):
            if halt is not None:
                outcomes.update({queued.message_id: halt for queued in group})
                continue
            told = self._hand_over(group)
            outcomes.update(told)
            halt = next((outcome for outcome in told.values() if outcome.kind == "halt"), None)
        return tuple(outcomes[queued.message_id] for queued in batch)

    def _hand_over(self, group: Sequence[QueuedMessage]) -> dict[str, Outcome]:
        numbers = [queued.phone_number for queued in group]
        try:
            answer = self._service.hand_over(group[0].message.text, numbers)
        except requests.RequestException as error:
            outcome = _transport_outcome(error)
            return {queued.message_id: outcome for queued in group}
        told = read_answer(answer, numbers)
        return {queued.message_id: outcome for queued, outcome in zip(group, told, strict=True)}


class _Service(SMSService):
    """The SDK's SMS service at a chosen address, giving back the whole answer."""

    def __init__(self, settings: AfricasTalkingSettings) -> None:
        self._settings = settings
        super().__init__(settings.username, settings.api_key)

    @property
    def address(self) -> str:
        """Where messages are posted."""
        return self._baseUrl

    def _init_service(self) -> None:
        super()._init_service()
        if self._settings.base_url is not None:
            self._baseUrl = f"{self._settings.base_url.rstrip('/')}/version1"
            self._contentUrl = self._baseUrl
        _must_be_allowed(self._baseUrl, stand_in=self._settings.base_url is not None)

    def hand_over(self, text: str, numbers: Sequence[str]) -> Answer:
        """Post one text to its numbers."""
        answer = self.send(text, numbers, sender_id=self._settings.sender, timeout=self._settings.timeouts_s)
        assert isinstance(answer, Answer), "the request hook of this class gives an answer"
        return answer

    def _make_request(self, url: str, method: str, **request: Any) -> Answer:  # noqa: ANN401 -- the SDK's own
        assert request.get("callback") is None, "the SDK's callback mode loses messages when the connection fails"
        # A fresh connection each time, as the SDK does: on a kept one that has died, "not sent" would look like "lost".
        with requests.Session() as session:
            session.trust_env = self._settings.base_url is None  # a proxy never sees a local stand-in
            reply = session.request(
                method,
                url,
                headers=request["headers"],
                data=request["data"],
                params=request["params"],
                timeout=request["timeout"],
                allow_redirects=False,
            )
            return Answer(status=reply.status_code, text=reply.text, retry_after=reply.headers.get("Retry-After"))


def _must_be_allowed(address: str, *, stand_in: bool) -> None:
    """The key leaves this machine only towards the carrier itself, and only over TLS."""
    parts = urlsplit(address)
    allowed = LOOPBACK_HOSTS if stand_in else LIVE_HOSTS
    schemes = {"http", "https"} if stand_in else {"https"}
    if parts.hostname not in allowed or parts.scheme not in schemes:
        raise ConfigurationError(
            f"sms.base_url: expected a stand-in on this machine (http://127.0.0.1:PORT), got {address!r};"
            " leave base_url out to use the carrier itself"
        )


def _requests(batch: Iterable[QueuedMessage]) -> list[list[QueuedMessage]]:
    """Groups of one text each, at most a hundred different numbers in a group."""
    groups: list[list[QueuedMessage]] = []
    latest: dict[str, list[QueuedMessage]] = {}
    for queued in batch:
        group = latest.get(queued.message.text)
        full = group is None or len(group) >= RECIPIENTS_PER_REQUEST
        if group is None or full or any(other.phone_number == queued.phone_number for other in group):
            group = []
            groups.append(group)
            latest[queued.message.text] = group
        group.append(queued)
    return groups


def _transport_outcome(error: requests.RequestException) -> Outcome:
    """Retry only when nothing can have been handed over; a lost answer is unknown and is never sent again."""
    cause = _root(error)
    if isinstance(error, requests.exceptions.SSLError):
        return Outcome(
            kind="halt", reason="the carrier's certificate could not be verified; look at its address and date"
        )
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        cause, NOTHING_SENT
    ):
        return Outcome(kind="retry", reason=f"no connection to the carrier ({type(cause).__name__})")
    return Outcome(kind="unknown", reason=f"the carrier's answer was lost ({type(cause).__name__})")


def _root(error: BaseException) -> BaseException:
    """What urllib3 said, below requests' own wrapping."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    return reason if isinstance(reason, BaseException) else error
