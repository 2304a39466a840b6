"""What a farmer's answer means: one digit or known words, in any of the scripts in use; anything else is unknown.

An answer is never guessed. Beside its digit or word it may hold the same meaning once more in another script, words of
courtesy, emoji, and the name of a parcel; whatever else stands in it makes it unknown. STOP and START count only when
nothing else is said: "stop the water" is no wish for silence.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Reply = Literal[
    "done",
    "not_done",
    "call_me",
    "half",
    "no_water",
    "rain",
    "swap_yes",
    "swap_no",
    "swap",
    "stop",
    "start",
    "help",
    "unknown",
]

VOCABULARY: Final[tuple[tuple[Reply, str], ...]] = (
    ("done", "1 done yes ok oui fait c_est_fait irrigue نعم تم سقيت سقينا إيه آه iyeh s9it s9ina yah sswigh ⵢⴰⵀ ⵙⵙⵡⵉⵖ"),
    ("not_done", "2 no non not_done pas_fait pas_irrigue لا لم_يتم لم_أسق ما_سقيتش ماسقيتش la ma_s9itch mas9itch uhu"),
    ("not_done", "ur_sswigh ⵓⵀⵓ ⵓⵔ_ⵙⵙⵡⵉⵖ"),
    ("call_me", "3 call call_me rappel appelez_moi rappelez_moi اتصلوا_بي عيطو_ليا عيط_ليا عيطوليا 3ayto_liya"),
    ("call_me", "3ayet_liya ghrat_iyi ⵖⵔⴰⵜ_ⵉⵢⵉ"),
    ("half", "4 half moitie la_moitie à_moitié نصف النصف نص النص ness noss nos9 azgn ⴰⵣⴳⵏ"),
    (
        "no_water",
        "5 no_water no_water_came pas_d'eau pas_eau pas_d_eau_venue لا_ماء لم_يأت_الماء ما_جاش_الما ما_كاين_ما",
    ),
    ("no_water", "ماكاينش_الما ma_jach_lma makaynch_lma ma_kaynch_lma ulac_aman ur_llin_waman ⵓⵔ_ⵍⵍⵉⵏ_ⵡⴰⵎⴰⵏ"),
    ("rain", "6 rain it_rained pluie il_pleut il_a_plu مطر المطر الشتا شتا طاحت_الشتا chta ta7et_chta anzar ⴰⵏⵥⴰⵔ"),
    ("swap_yes", "7 agree agreed d'accord daccord موافق واخا wakha wa5a"),
    ("swap_no", "8 refuse refused je_refuse أرفض ما_موافقش mamwaf9ch"),
    (
        "swap",
        "swap echange echanger تبادل تبديل نبدلو_النوبة بدلنا_النوبة tbadal bedlna_nouba ambaddal ⴰⵎⴱⴰⴷⴷⴰⵍ",
    ),
    ("stop", "0 stop stopall unsubscribe cancel end quit arret arreter fin"),
    (
        "stop",
        "stop_all stop_sms stop_les_sms stop_messages arretez desabonner desabonnez_moi desabonnement desinscription",
    ),
    ("stop", "حبس وقف توقف إيقاف 7bess hbes bedd bidd ⴱⴷⴷ ⴱⵉⴷⴷ"),
    ("start", "start unstop ابدأ رجعني"),
    ("help", "help info aide مساعدة عاونوني"),
)
COURTESY: Final = (
    "merci svp bonjour bonsoir salut salam slm hello hi please thanks thank you شكرا وشكرا"
    " سلام السلام عليكم choukran chokran tanmmirt ⵜⴰⵏⵎⵎⵉⵔⵜ = et w و"
)
NAMES_A_PARCEL: Final = frozenset({"done", "not_done", "half", "no_water", "rain", "swap"})
"""Answers that may say which parcel they are about."""
OUTSPOKEN: Final = NAMES_A_PARCEL - {"swap"} | {"call_me"}
"""Answers behind which a word of agreement is mere courtesy."""
SWAP_DIGIT: Final = "7"
LONGEST: Final = 160
"""A longer text is a letter, not an answer [characters]."""
EDGE_PUNCTUATION: Final = " .,;:!?'\"()[]*#«»،؛؟-_"
JOINERS: Final = str.maketrans(dict.fromkeys("-_'\u2019`=,;:.!?()[]«»،؛؟/+", " "))
TATWEEL: Final = "\u0640"
ALEF_WASLA_AS_ALEF: Final = {0x0671: 0x0627}
MEANINGLESS: Final = frozenset({"Mn", "Me", "Cf", "Cc"})
PICTURES: Final = frozenset({"So", "Sk"})

EXACT: Final = 1.0
"""Nothing but the digit or the word."""
SAID_TWICE: Final = 0.95
"""The same meaning more than once, or beside courtesy and pictures."""
NAMED: Final = 0.9
"""With something that may be a parcel's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a text means, how sure that is, and what of it may name a parcel."""

    reply: Reply
    certainty: float
    """0 where nothing was understood, 1 where the text is nothing but a known word."""
    named: str = ""
    """Folded rest of the text, which makes sense only where it names a parcel."""


NOTHING: Final = Understood(reply="unknown", certainty=0.0)


def fold(text: str) -> str:
    """Letters without case, marks or joiners, and every decimal digit as 0-9."""
    plain = []
    for character in unicodedata.normalize("NFKD", text.translate(ALEF_WASLA_AS_ALEF)).casefold():
        category = unicodedata.category(character)
        if category == "Nd":
            plain.append(str(unicodedata.digit(character)))
        elif category not in MEANINGLESS and character != TATWEEL:
            plain.append(character)
        elif character in "\n\t\r":
            plain.append(" ")
    return " ".join("".join(plain).strip(EDGE_PUNCTUATION).split())


def key_of(text: str) -> str:
    """A folded text without punctuation: what words and names are compared by."""
    return " ".join(fold(text).translate(JOINERS).split())


WORDS: Final[dict[str, Reply]] = {key_of(word): reply for reply, words in VOCABULARY for word in words.split()}
_LONGEST_PHRASE: Final = max(len(word.split()) for word in WORDS)
_COURTESY: Final = frozenset(key_of(word) for word in COURTESY.split()) - {""}


def understand(text: str) -> Understood:
    """The meaning of a whole text, how sure it is, and what of it may name a parcel."""
    if len(text) > LONGEST:
        return NOTHING
    bare = key_of("".join(" " if unicodedata.category(one) in PICTURES else one for one in text))
    if bare in WORDS:
        return Understood(reply=WORDS[bare], certainty=EXACT if key_of(text) == bare else SAID_TWICE)
    reply, rest = _first_meaning(bare.split())
    if not rest:
        return NOTHING if reply is None else Understood(reply=reply, certainty=SAID_TWICE)
    if reply not in NAMES_A_PARCEL:
        return NOTHING
    return Understood(reply=reply, certainty=NAMED, named=rest)


def parse_reply(text: str) -> Reply:
    """The meaning of a whole message that names nothing; a known word inside a longer sentence does not count."""
    understood = understand(text)
    return "unknown" if understood.named else understood.reply


def _first_meaning(words: Sequence[str]) -> tuple[Reply | None, str]:
    """The meaning with which a text begins, and what is left behind its repetitions and its courtesy."""
    reply: Reply | None = None
    place = 0
    while place < len(words):
        length = _phrase_at(words, place)
        known = WORDS.get(" ".join(words[place : place + length])) if length else None
        if known is not None and reply in {None, known}:
            reply = known
            place += length
        elif known == "swap_yes" and reply in OUTSPOKEN and words[place] != SWAP_DIGIT:
            # "1 wakha" says no more than "1 ok": consent to a swap is asked for, and stands alone.
            place += length
        elif words[place] in _COURTESY:
            place += 1
        else:
            break
    # What else is said may name a parcel, even where its name is itself a known word.
    return (reply, " ".join(words[place:])) if reply is not None else (None, "")


def _phrase_at(words: Sequence[str], place: int) -> int:
    """Length of the longest known phrase at a place [words]; 0 where none begins."""
    longest = min(_LONGEST_PHRASE, len(words) - place)
    lengths = (length for length in range(longest, 0, -1) if " ".join(words[place : place + length]) in WORDS)
    return next(lengths, 0)
