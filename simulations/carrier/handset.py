"""A telephone that dials a menu, by the carrier's documented USSD contract; it reaches no network but this machine.

The carrier posts every key pressed so far, shows 182 letters at most, and gives a session up at any answer that is not
``CON`` or ``END`` with status 200.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from cloud.speech.segments import segments

GIVEN_UP: Final = "(the carrier gave the session up)"
TIMEOUT_S: Final = 10.0
LETTERS: Final = {"gsm7": 182, "ucs2": 80}
SERVICE: Final = "*384*7001#"
NETWORK: Final = "60401"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFaults:
    """How a line goes wrong."""

    posts_twice: bool = False
    """Every request arrives twice, and the second answer is the one shown."""
    plain_plus: bool = False
    """The plus sign of the number is not encoded and arrives as a space."""


class LineError(RuntimeError):
    """A key was pressed on a session that had ended, or none was begun."""


class Handset:
    """One telephone and its session; ``screen`` is what it shows."""

    def __init__(self, phone_number: str, address: str, *, faults: LineFaults | None = None) -> None:
        self.phone_number = phone_number
        self.screen = ""
        self.ended = True
        self.cut = False
        """Whether any screen was longer than a telephone shows."""
        self._address = f"{address.rstrip('/')}/ussd"
        self._faults = faults or LineFaults()
        self._sessions = 0
        self._keys: list[str] = []

    def dial(self) -> str:
        """Begin a session."""
        self._sessions += 1
        self._keys = []
        return self._ask()

    def press(self, *keys: str) -> str:
        """Answer the menu, one key after the other; the last screen."""
        for key in keys:
            if self.ended:
                raise LineError("handset: expected a session that goes on, got one that has ended; dial again")
            self._keys.append(key)
            self._ask()
        return self.screen

    def again(self) -> str:
        """Let the carrier post the same keys once more, as it does when it missed the answer."""
        return self._ask()

    def _ask(self) -> str:
        form = {
            "sessionId": f"ATUid_{self.phone_number.removeprefix('+')}_{self._sessions}",
            "serviceCode": SERVICE,
            "phoneNumber": self.phone_number,
            "networkCode": NETWORK,
            "text": "*".join(self._keys),
        }
        status, answer = post_form(self._address, form, self._faults)
        word, _, text = answer.partition(" ")
        known = status == 200 and word in {"CON", "END"}  # noqa: PLR2004 -- the one status that a carrier accepts
        self.ended = not known or word == "END"
        found = segments(answer)
        self.cut |= found.units > LETTERS[found.encoding]
        self.screen = text if known else GIVEN_UP
        return self.screen


def post_form(address: str, form: Mapping[str, str], faults: LineFaults) -> tuple[int, str]:
    """Post a form as the carrier does; status and body of the last answer, 0 where there was none."""
    body = urlencode(form)
    plain = body.replace("%2B", "+") if faults.plain_plus else body
    if faults.posts_twice:
        _post(address, plain)
    return _post(address, plain)


def _post(address: str, body: str) -> tuple[int, str]:
    request = urllib.request.Request(address, data=body.encode(), method="POST")  # noqa: S310 -- an address of this machine
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except OSError:
        return 0, ""
