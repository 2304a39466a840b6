"""What an operator allows to leave, asked of every message just before the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from cloud.dispatch.carrier import Carrier
from cloud.dispatch.priority import Priority, priority_of
from cloud.errors import ConfigurationError
from cloud.messages import Message
from cloud.records import Language

FAREWELL: Final = "stop"
"""The one text that a silenced farmer still gets: that his STOP was heard."""
TO_A_NEIGHBOUR: Final = "turn_swap"
"""The one reply that also goes to somebody who has not written."""
NO_CONSENT: Final = "no recorded consent of its farmer; run: seguia cloud farmer consent"


class Refusal(NamedTuple):
    """Why a message stays here."""

    why: Literal["silenced", "unreviewed", "unsigned", "no_consent"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPolicy:
    """What the operator allows; drafts go to a spool or a stand-in at most, whatever is switched on."""

    reviewed_only: bool = True
    weights_licence_known: bool = False
    allow_unlicensed_weights: bool = False
    silenced: frozenset[str] = frozenset()
    """Farmers who wrote STOP and not START since."""
    consented: frozenset[str] | None = None
    """Farmers with a recorded opt-in; None: a live carrier finds none, another does not ask."""
    signed: Mapping[Language, str] | None = None
    """Digest of the words that may go live, by language; None: a live carrier finds none, another does not ask."""

    def refusal(self, message: Message, *, live: bool) -> Refusal | None:
        """Why a message must not leave, or None."""
        if message.farmer_id in self.silenced and message.kind != FAREWELL:
            return Refusal("silenced", "the farmer asked for silence with STOP")
        if not message.reviewed and (self.reviewed_only or live):
            return Refusal("unreviewed", f"language {message.language} is not reviewed by a native agronomist")
        if live and getattr(message, "catalogue_sha256", None) not in _may_speak(self.signed, message.language):
            return Refusal(
                "unsigned",
                f"the words of language {message.language} that made this text are not signed;"
                " run: seguia cloud catalogue list",
            )
        # Who has just written is answered; a neighbour who is asked about his turn has not.
        answers = priority_of(message.kind) is Priority.REPLY and message.kind != TO_A_NEIGHBOUR
        if live and not answers and message.farmer_id not in (self.consented or frozenset()):
            return Refusal("no_consent", NO_CONSENT)
        return None


def must_be_licensed(carrier: Carrier, policy: SendPolicy) -> None:
    """Refuse live sending on weights of unknown licence, unless the operator switched it on; asks no network."""
    if carrier.live and not policy.weights_licence_known and not policy.allow_unlicensed_weights:
        raise ConfigurationError(
            f"sms.carrier {carrier.name}: expected model weights of a known licence for live sending, got weights"
            " trained on images without one; nothing was sent: set sms.allow_unlicensed_weights = true to use them"
        )


def _may_speak(signed: Mapping[Language, str] | None, language: Language) -> frozenset[str]:
    digest = None if signed is None else signed.get(language)
    return frozenset() if digest is None else frozenset({digest})
