"""An SMS aggregator over HTTP, as its operator describes it: one message a request, no redirect, no second try.

What its answers mean follows the same rule as everywhere: only what surely was not sent may be tried again.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import requests

from cloud.adapters.personal import without_numbers
from cloud.adapters.sms.answers import Answer, refusal, short
from cloud.adapters.sms.reachability import check_reachable
from cloud.adapters.sms.transport import transport_outcome, without_secret
from cloud.adapters.sms.waves import Waves
from cloud.dispatch.answer_paths import folded, value_at
from cloud.dispatch.carrier import Outcome
from cloud.messages import QueuedMessage
from cloud.sending_config import AggregatorConfig

NAME: Final = "aggregator"
TIMEOUTS_S: Final = (3.05, 9.05)
LARGEST_ANSWER: Final = 64 * 1024
NO_ID: Final = frozenset({"", "none", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregatorAccount:
    """What is not in the open configuration, and how long to wait."""

    secret: str
    sender: str | None = None
    timeouts_s: tuple[float, float] = TIMEOUTS_S


class AggregatorCarrier:
    """Posts each message once; after a halt nothing more is handed over."""

    name: Final = NAME

    def __init__(self, config: AggregatorConfig, account: AggregatorAccount) -> None:
        self._config = config
        self._account = account
        self.live: Final = config.live
        self.takes_once: Final = config.takes_once
        self._waves = Waves(self._hand_over)

    def check(self) -> None:
        """Raise when the address cannot be reached, before anything is claimed."""
        check_reachable(self._config.url, timeout_s=self._account.timeouts_s[0])

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        """One outcome a message, in order."""
        outcomes = self._waves.send([[queued] for queued in batch])
        return tuple(outcomes[queued.message_id] for queued in batch)

    def _hand_over(self, group: Sequence[QueuedMessage]) -> Sequence[Outcome]:
        try:
            answer = self._post(group[0])
        except requests.RequestException as error:
            return [transport_outcome(error)]
        return [replace(self._meaning(answer), said=f"HTTP {answer.status}: {short(answer.text)}")]

    def _post(self, queued: QueuedMessage) -> Answer:
        fields, headers = self._request(queued)
        config = self._config
        with requests.Session() as session:
            session.trust_env = config.live  # a proxy never sees a local stand-in
            reply = session.post(
                config.url,
                data=fields if config.encoding == "form" else None,
                json=fields if config.encoding == "json" else None,
                headers={**headers, "Accept": "application/json"},
                auth=(config.username or "", self._account.secret) if config.auth == "basic" else None,
                timeout=self._account.timeouts_s,
                allow_redirects=False,
                stream=True,
            )
            with reply:
                whole = _bounded(reply, time.monotonic() + self._account.timeouts_s[1])
            body = without_secret(whole, self._account.secret)
            return Answer(status=reply.status_code, text=body, retry_after=reply.headers.get("Retry-After"))

    def _request(self, queued: QueuedMessage) -> tuple[dict[str, str], dict[str, str]]:
        config, secret = self._config, self._account.secret
        number = queued.phone_number if config.number_form.startswith("+") else queued.phone_number.removeprefix("+")
        fields = {**config.fixed, config.to_field: number, config.text_field: queued.message.text}
        if self._account.sender is not None:
            fields[config.sender_field] = self._account.sender
        if config.reference_field is not None:
            fields[config.reference_field] = queued.message_id
        if config.auth == "field":
            fields[config.auth_name] = secret
        by_header = {"bearer": f"Bearer {secret}", "header": secret}
        headers = {config.auth_name: by_header[config.auth]} if config.auth in by_header else {}
        return fields, headers

    def _meaning(self, answer: Answer) -> Outcome:
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return refusal(answer)
        try:
            content = json.loads(answer.text)
        except (ValueError, RecursionError):
            return Outcome(kind="unknown", reason=f"answer {answer.status} could not be read: {short(answer.text)}")
        carrier_id = value_at(content, self._config.id_path)
        carrier_id = None if carrier_id is None or carrier_id.casefold() in NO_ID else carrier_id[:128]
        if self._config.status_path is None:
            if carrier_id is None:
                return Outcome(kind="unknown", reason="the answer names no id, so nobody knows whether it was taken")
            return Outcome(kind="accepted", carrier_id=carrier_id)
        word = value_at(content, self._config.status_path)
        if word is None:
            return Outcome(kind="unknown", reason=f"the answer says nothing at {self._config.status_path}")
        return self._worded(word, carrier_id)

    def _worded(self, word: str, carrier_id: str | None) -> Outcome:
        said = word.casefold()
        if said in folded(self._config.accepted):
            return Outcome(kind="accepted", carrier_id=carrier_id)
        reason = without_numbers(word)[:120]
        if said in folded(self._config.halting):
            return Outcome(kind="halt", reason=reason)
        if said in folded(self._config.retry):
            return Outcome(kind="retry", reason=reason)
        return Outcome(kind="rejected", reason=reason)


def _bounded(reply: requests.Response, deadline_s: float) -> str:
    """The answer's beginning; one that never ends, or drips for ever, is cut off and cannot be read."""
    body = bytearray()
    for part in reply.iter_content(4096):
        body += part
        if len(body) > LARGEST_ANSWER or time.monotonic() > deadline_s:
            break
    return bytes(body[:LARGEST_ANSWER]).decode(errors="replace")
