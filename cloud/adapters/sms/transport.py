"""What a broken connection tells of the messages that were to pass over it."""

from typing import Final

import requests
import urllib3.exceptions

from cloud.dispatch.carrier import Outcome

SHORTEST_SECRET: Final = 6
NOTHING_SENT: Final = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


def without_secret(text: str, secret: str) -> str:
    """An answer without the key, which some gateways repeat in their errors."""
    return text.replace(secret, "(key)") if len(secret) >= SHORTEST_SECRET else text


def transport_outcome(error: requests.RequestException) -> Outcome:
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
