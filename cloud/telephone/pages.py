"""A text or a list in screens that every telephone shows whole.

A USSD string holds 160 octets: 182 letters of GSM 7-bit, of which ``CON `` takes four, or about 70 of any other script
(3GPP 22.090 and 23.038). A number is never parted from the word behind it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.speech.segments import segments

GSM7_LETTERS: Final = 178
OTHER_LETTERS: Final = 70
MORE: Final = "00"
BACK: Final = "0"
ELLIPSIS: Final = "..."
_BREAK: Final = re.compile(r"(?<!\d) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """Lines below a screen: the way on, where there is one, and the way back."""

    more: str
    back: str

    def under(self, *, last: bool) -> list[str]:
        """Lines of the last screen, or of one that goes on."""
        return [self.back] if last else [self.more, self.back]


def fits(text: str) -> bool:
    """Whether a telephone shows the text on one screen."""
    found = segments(text)
    return found.units <= (GSM7_LETTERS if found.encoding == "gsm7" else OTHER_LETTERS)


def pages_of_text(text: str, footer: Footer) -> tuple[str, ...]:
    """A text over as many screens as it needs, each with its footer."""
    return _filled([piece for word in _BREAK.split(text) for piece in _pieces(word, footer)], " ", footer)


def pages_of_list(title: str, lines: Sequence[str], footer: Footer) -> tuple[str, ...]:
    """A title and numbered lines; a line that no screen could hold is cut."""
    heads = [title] if title else []
    return _filled([*heads, *(_shortened(line, footer) for line in lines)], "\n", footer)


def one_screen(text: str) -> str:
    """The text, cut where a telephone would cut it."""
    while not fits(text):
        text = text[: -len(ELLIPSIS) - 1].rstrip() + ELLIPSIS
    return text


def _filled(parts: Iterable[str], glue: str, footer: Footer) -> tuple[str, ...]:
    left = list(parts)
    screens: list[str] = []
    while left:
        for count in range(len(left), 0, -1):
            screen = "\n".join([glue.join(left[:count]), *footer.under(last=count == len(left))])
            if fits(screen) or count == 1:
                screens.append(screen)
                left = left[count:]
                break
    return tuple(screens)


def _pieces(word: str, footer: Footer) -> list[str]:
    """A word that no screen could hold goes on in the next: of a text nothing is lost."""
    pieces = []
    while not _holds(word, footer):
        count = next(count for count in range(len(word) - 1, 0, -1) if count == 1 or _holds(word[:count], footer))
        pieces.append(word[:count])
        word = word[count:]
    return [*pieces, word]


def _holds(line: str, footer: Footer) -> bool:
    return fits("\n".join([line, *footer.under(last=False)]))


def _shortened(line: str, footer: Footer) -> str:
    whole = line
    while not _holds(line, footer):
        whole = whole[:-1].rstrip()
        line = whole + ELLIPSIS
    return line
