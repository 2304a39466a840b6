"""How each language writes units, hours, days and the marks of its sentences: what a reader knows of it.

Written apart from the catalogues on purpose: a translator who swaps two fields is found out by reading back. Spellings
that vary from region to region stand beside each other, so that an operator's own catalogue can be read back as well.
"""

from dataclasses import dataclass, field
from typing import Final

from cloud.records import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """Patterns of one language; each names only the words around a number, never the number."""

    cubic_metres: str
    millimetres: str
    degrees: str
    hours: str
    minutes: str
    days: str
    numerals: dict[str, int] = field(default_factory=dict)
    """Counted hours and minutes that are written without a number [min]."""
    day_numerals: dict[str, int] = field(default_factory=dict)
    clock: str
    weekdays: tuple[str, ...]
    """Spellings of each day, Monday first."""
    stop: str
    """Words before the hour at which the water is closed."""
    replaces: str
    """Words before what a correction takes back."""
    rows: str
    """Word before the numbers of rows."""
    more: str
    """Words around how many more rows there are."""


PLAIN_CLOCK: Final = r"(?<![\d/])(\d{1,2}):(\d{2})\b"
LATIN_CLOCK: Final = r"(?<![\d/])(\d{1,2})h(\d{2})?\b"
ARABIC_CLOCK: Final = r"(?<!\w)(?:الساعة|بين|و|على|مع|من|إلى|حتى|قبل) (\d{1,2})(?::(\d{2}))?(?![\d/]|[:.]\d)"
ARABIC_VOLUME: Final = "م3"

GRAMMARS: Final[dict[Language, Grammar]] = {
    "en": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        degrees="C",
        hours="hours?",
        minutes="minutes?|min",
        days="days?",
        clock=PLAIN_CLOCK,
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        stop="Stop by",
        replaces="Replaces",
        rows="rows",
        more=r"and (\d+) more",
    ),
    "fr": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        degrees="C",
        hours="heures?",
        minutes="minutes?|min",
        days="jours?",
        clock=LATIN_CLOCK,
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        stop="Fermez avant",
        replaces="Remplace",
        rows="rangs",
        more=r"et (\d+) autres",
    ),
    "ar": Grammar(
        cubic_metres=ARABIC_VOLUME,
        millimetres="مم",
        degrees="درجة",
        hours="ساعات|ساعة",
        minutes="دقائق|دقيقة",
        days="أيام|يوما|يوم",
        numerals={"ساعة واحدة": 60, "ساعتين": 120, "دقيقة واحدة": 1, "دقيقتين": 2},
        day_numerals={"يوم واحد": 1, "يومين": 2},
        clock=ARABIC_CLOCK,
        weekdays=("الاثنين|الإثنين", "الثلاثاء", "الأربعاء|الاربعاء", "الخميس", "الجمعة", "السبت", "الأحد|الاحد"),
        stop="أوقفوا قبل",
        replaces="بدل",
        rows="الصفوف",
        more=r"و(\d+) أخرى",
    ),
    "ary": Grammar(
        cubic_metres=ARABIC_VOLUME,
        millimetres="مم",
        degrees="درجة",
        hours="سوايع|ساعات|ساعة",
        minutes="دقايق|دقائق|دقيقة",
        days="أيام|ايام|يوم",
        numerals={"ساعة وحدة": 60, "ساعتين": 120, "دقيقة وحدة": 1, "جوج دقايق": 2},
        day_numerals={"نهار واحد": 1, "يومين": 2},
        clock=ARABIC_CLOCK,
        weekdays=(
            "التنين|لتنين|الاثنين|الإثنين",
            "التلات|لتلات|التلاتا|الثلاثاء",
            "لاربع|لربع|الاربع|الأربعاء",
            "لخميس|الخميس",
            "الجمعة|جمعة",
            "السبت|سبت",
            "الحد|لحد|الأحد",
        ),
        stop="حبسو قبل",
        replaces="بلاصة",
        rows="الصفوف",
        more=r"و(\d+) خرين",
    ),
    "ary-Latn": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        degrees="C",
        hours="swaye3|sa3at|sa3a",
        minutes="d9aye9|d9i9a",
        days="iyam|youm",
        numerals={"sa3a we7da": 60, "sa3tayn": 120, "d9i9a we7da": 1, "jouj d9aye9": 2},
        day_numerals={"nhar wa7ed": 1, "youmayn": 2},
        clock=LATIN_CLOCK,
        weekdays=(
            "tnin|ltnin|letnin",
            "tlat|tlata|ttlat",
            "larb3a|larb3|lerb3",
            "lkhmis|lekhmis",
            "jem3a|jjem3a|jm3a",
            "sebt|ssebt",
            "7edd|l7edd|7ed|l7ed",
        ),
        stop="7ebso 9bel",
        replaces="Blast",
        rows="ssfouf",
        more=r"o (\d+) khrin",
    ),
    "zgh-Latn": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        degrees="C",
        hours="n tsragin",
        minutes="n tusdidin",
        days="n wussan",
        clock=PLAIN_CLOCK,
        weekdays=("aynas", "asinas", "akṛas", "akwas", "asimwas", "asiḍyas", "asamas"),
        stop="Bddat dat",
        replaces="Ansa(?: n)?",
        rows="isfifn",
        more=r"d (\d+) yaḍn",
    ),
    "zgh": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        degrees="C",
        hours="ⵏ ⵜⵙⵔⴰⴳⵉⵏ",
        minutes="ⵏ ⵜⵓⵙⴷⵉⴷⵉⵏ",
        days="ⵏ ⵡⵓⵙⵙⴰⵏ",
        clock=PLAIN_CLOCK,
        weekdays=("ⴰⵢⵏⴰⵙ", "ⴰⵙⵉⵏⴰⵙ", "ⴰⴽⵕⴰⵙ", "ⴰⴽⵡⴰⵙ", "ⴰⵙⵉⵎⵡⴰⵙ", "ⴰⵙⵉⴹⵢⴰⵙ", "ⴰⵙⴰⵎⴰⵙ"),
        stop="ⴱⴷⴷⴰⵜ ⴷⴰⵜ",
        replaces="ⴰⵏⵙⴰ(?: ⵏ)?",
        rows="ⵉⵙⴼⵉⴼⵏ",
        more=r"ⴷ (\d+) ⵢⴰⴹⵏ",
    ),
}
