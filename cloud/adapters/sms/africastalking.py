"""Africa's Talking, through its official SDK: what its answers mean, and the traps they set.

The SDK gives one hook for the address and one for the request. Both are used: the first to reach a stand-in, the second
to keep the HTTP status, refuse redirects (they would carry the key along) and never retry what may have been accepted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from africastalking.SMS import SMSService

from cloud.adapters.sms.answers import Answer, read_answer, read_balance, short
from cloud.adapters.sms.reachability import check_reachable
from cloud.adapters.sms.transport import transport_outcome, without_secret
from cloud.adapters.sms.waves import Waves
from cloud.dispatch.carrier import Balance, Outcome
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.messages import QueuedMessage

NAME: Final = "africastalking"
RECIPIENTS_PER_REQUEST: Final = 100
LIVE_HOSTS: Final = frozenset({"api.africastalking.com", "api.sandbox.africastalking.com"})
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
TIMEOUTS_S: Final = (3.05, 9.05)
"""The SDK's own: to connect, to answer."""


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
        self._waves = Waves(self._hand_over)
        self.live: Final = settings.base_url is None
        """Whether messages reach real telephones."""

    def check(self) -> None:
        """Raise when the carrier's address cannot be reached, before anything is claimed."""
        check_reachable(self._service.address, timeout_s=self._settings.timeouts_s[0])

    def balance(self) -> Balance:
        """What is left on the account; ServiceUnavailableError where it cannot be told."""
        try:
            answer = self._service.account()
        except requests.RequestException as error:
            raise ServiceUnavailableError(
                f"SMS carrier {NAME}: expected the balance of the account, got none ({type(error).__name__});"
                " messages may pass all the same: try again later"
            ) from error
        return read_balance(answer)

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        """One outcome a message, in the order of the batch; after a halt nothing more is handed over."""
        outcomes = self._waves.send(_requests(batch))
        return tuple(outcomes[queued.message_id] for queued in batch)

    def _hand_over(self, group: Sequence[QueuedMessage]) -> Sequence[Outcome]:
        numbers = [queued.phone_number for queued in group]
        try:
            answer = self._service.hand_over(group[0].message.text, numbers)
        except requests.RequestException as error:
            return [transport_outcome(error)] * len(group)
        said = f"{len(numbers)} in one request, HTTP {answer.status}: {short(answer.text)}"
        return [replace(outcome, said=said) for outcome in read_answer(answer, numbers)]


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
        must_be_allowed(self._baseUrl, stand_in=self._settings.base_url is not None)

    def hand_over(self, text: str, numbers: Sequence[str]) -> Answer:
        """Post one text to its numbers."""
        answer = self.send(text, numbers, sender_id=self._settings.sender, timeout=self._settings.timeouts_s)
        assert isinstance(answer, Answer), "the request hook of this class gives an answer"
        return answer

    def account(self) -> Answer:
        """Ask what is left; the SDK asks the same address in another class, whose hooks would have to be set again."""
        return self._make_request(
            f"{self._baseUrl}/user",
            "GET",
            headers=self._headers,
            data=None,
            params={"username": self._username},
            timeout=self._settings.timeouts_s,
        )

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
            text = without_secret(reply.text, self._settings.api_key)
            return Answer(status=reply.status_code, text=text, retry_after=reply.headers.get("Retry-After"))


def must_be_allowed(address: str, *, stand_in: bool) -> None:
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
