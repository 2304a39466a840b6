"""What a farmer's answer means: one digit or one known word, in any of the scripts in use; anything else is unknown."""

import unicodedata
from typing import Final, Literal

Reply = Literal["done", "not_done", "call_me", "stop", "start", "help", "unknown"]

VOCABULARY: Final[tuple[tuple[Reply, str], ...]] = (
    ("done", "1 done yes ok oui fait نعم تم سقيت إيه آه iyeh s9it yah ⵢⴰⵀ"),
    ("not_done", "2 no non not_done pas_fait لا لم_يتم ما_سقيتش la ma_s9itch uhu ⵓⵀⵓ"),
    ("call_me", "3 call call_me rappel appelez_moi rappelez_moi اتصلوا_بي عيطو_ليا عيط_ليا 3ayto_liya"),
    ("stop", "0 stop stopall unsubscribe cancel end quit arret arreter fin"),
    ("stop", "حبس وقف توقف إيقاف 7bess hbes bedd bidd ⴱⴷⴷ ⴱⵉⴷⴷ"),
    ("start", "start unstop ابدأ رجعني"),
    ("help", "help info aide مساعدة عاونوني"),
)
EDGE_PUNCTUATION: Final = " .,;:!?'\"()[]*#«»،؛؟-_"
TATWEEL: Final = "\u0640"
ALEF_WASLA_AS_ALEF: Final = {0x0671: 0x0627}


def fold(text: str) -> str:
    """Letters without case, marks or joiners, and every decimal digit as 0-9."""
    plain = []
    for character in unicodedata.normalize("NFKD", text.translate(ALEF_WASLA_AS_ALEF)).casefold():
        category = unicodedata.category(character)
        if category == "Nd":
            plain.append(str(unicodedata.digit(character)))
        elif category not in {"Mn", "Cf", "Cc"} and character != TATWEEL:
            plain.append(character)
        elif character in "\n\t\r":
            plain.append(" ")
    return " ".join("".join(plain).strip(EDGE_PUNCTUATION).split())


def _key(text: str) -> str:
    return fold(text).replace("-", " ").replace("_", " ")


WORDS: Final[dict[str, Reply]] = {_key(word): reply for reply, words in VOCABULARY for word in words.split()}


def parse_reply(text: str) -> Reply:
    """The meaning of a whole message; a known word inside a longer sentence does not count."""
    return WORDS.get(_key(text), "unknown")
