"""What a person agreed to, and how it is known."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, Field

from cloud.records import Identifier, Record

How = Literal["written", "spoken", "sms", "ussd", "voice", "missed_call", "carrier", "agronomist", "import"]
ALL_HOW: Final[tuple[str, ...]] = get_args(How)
WORDING: Final = "2026-11"
"""Version of the packaged consent wording (cloud/people/forms)."""


class Consent(Record):
    """One word of a person: messages are wanted, or not any more; the last one said counts."""

    farmer_id: Identifier
    given: bool
    how: How
    by: Annotated[str, Field(min_length=1, max_length=120, repr=False)]
    """Who wrote it down: a person, or the path on which it arrived."""
    at: AwareDatetime
    wording: Annotated[str, Field(max_length=40)] | None = None
    """Version of the words that were agreed to."""
    note: Annotated[str, Field(max_length=500, repr=False)] = ""


def wanted(words: Iterable[Consent], now: datetime) -> frozenset[str]:
    """Who wants messages at a moment: the last word said by then is a yes; of two at once the no."""
    last: dict[str, Consent] = {}
    for word in words:
        if word.at > now:
            continue
        held = last.get(word.farmer_id)
        if held is None or (held.at, not held.given) <= (word.at, not word.given):
            last[word.farmer_id] = word
    return frozenset(who for who, word in last.items() if word.given)
