"""A farmer's whole answer, folded as the cloud folds it, so that a plan's list of answers finds it."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from edge.plan import Answer

LONGEST: Final = 160
"""A longer text is a letter, not an answer."""
_EDGES: Final = " .,;:!?'\"()[]*#«»،؛؟-_"
_JOINERS: Final = str.maketrans(dict.fromkeys("-_'\u2019`=,;:.!?()[]«»،؛؟/+", " "))
_ALEF_WASLA: Final = {0x0671: 0x0627}
_TATWEEL: Final = "\u0640"
_MEANINGLESS: Final = frozenset({"Mn", "Me", "Cf", "Cc"})
_PICTURES: Final = frozenset({"So", "Sk"})


def meant(text: str, answers: Mapping[str, Answer]) -> Answer | None:
    """What a whole text means by a plan's list; None for everything else, which is left to the cloud."""
    if len(text) > LONGEST:
        return None
    bare = "".join(" " if unicodedata.category(one) in _PICTURES else one for one in text)
    return answers.get(folded(bare))


def folded(text: str) -> str:
    """Letters without case, marks, joiners or punctuation, and every decimal digit as 0-9."""
    plain = []
    for character in unicodedata.normalize("NFKD", text.translate(_ALEF_WASLA)).casefold():
        category = unicodedata.category(character)
        if category == "Nd":
            plain.append(str(unicodedata.digit(character)))
        elif category not in _MEANINGLESS and character != _TATWEEL:
            plain.append(character)
        elif character in "\n\t\r":
            plain.append(" ")
    return " ".join(" ".join("".join(plain).strip(_EDGES).split()).translate(_JOINERS).split())
