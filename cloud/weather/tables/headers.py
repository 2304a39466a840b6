"""What the header of a weather column means: quantity, statistic and unit, in English, French or Spanish words.

A header that does not say its unit, or holds a word that is not understood, means nothing: it is never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_BRACKETS: Final = re.compile(r"[\[(]([^\])]*)[\])]")
_WORDS: Final = re.compile(r"[^\W_]+")
_HEIGHT: Final = re.compile(r"(2|10)m")

_QUANTITIES: Final = {
    "temperature": "t temp temperature temperatura tair tn tx tmin tmax tmoy tmean tavg",
    "humidity": "rh hr humidity humidite humedad hum rhmin rhmax rhmean",
    "dewpoint": "dewpoint dew rosee rocio td tdew",
    "wind": "wind windspeed vent viento ws gust gusts rafale rafales racha",
    "radiation": "radiation rayonnement radiacion rs srad ghi rg irradiation irradiance",
    "sunshine": "sunshine insolation insolacion heliofania",
    "rain": "rain rainfall precip precipitation precipitations precipitacion pluie pluies lluvia prcp rr",
    "et0": "et0 eto etref",
}
_STATISTICS: Final = {
    "min": "min minimum minimale minimal minima mini minimo tmin tn rhmin lowest",
    "max": "max maximum maximale maximal maxima maxi maximo tmax tx rhmax highest",
    "gust": "gust gusts rafale rafales racha",
    "mean": "mean avg average moy moyen moyenne media medio tmoy tmean tavg rhmean",
}
_NOISE: Final = (
    "air daily day total sum amount of the de del la du relative relativa speed vitesse velocidad global globale solar"
    " solaire cumul journalier journaliere diaria diario point punto"
)
_UNIT_WORDS: Final = {
    "degC": "c degc celsius",
    "K": "k kelvin",
    "degF": "f degf fahrenheit",
    "%": "percent pct pourcent",
    "m s-1": "m_s ms m_s_1",
    "km h-1": "km_h kmh kph km_hr",
    "mph": "mph",
    "kt": "kt kn knots",
    "mm": "mm mm_d mm_day",
    "cm": "cm",
    "in": "in inch inches",
    "MJ m-2": "mj_m2 mjm2 mj_m2_d mj_m2_day",
    "J m-2": "j_m2 jm2",
    "W m-2": "w_m2 wm2",
    "kWh m-2": "kwh_m2 kwhm2",
    "h": "h hours heures horas",
}
_LONGEST_UNIT: Final = 3
_NAMED: Final = 6


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in words.split()}


_QUANTITY_OF: Final = _by_word(_QUANTITIES)
_STATISTIC_OF: Final = _by_word(_STATISTICS)
_NOISE_WORDS: Final = frozenset(_NOISE.split())
_UNIT_OF: Final = _by_word(_UNIT_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A quantity of the weather, how it was summed up, and the unit that the header states."""

    quantity: str
    statistic: str | None
    """min, max, mean or gust; None where the header does not say."""
    unit: str
    """As a reader of units understands it; what stands in brackets is passed on as it is."""
    height_m: float | None
    """Height of an anemometer that the header states."""


def meaning_of(header: str) -> Meaning | None:
    """Meaning of a header such as ``T min [°F]``, ``Vent moyen 10m (km/h)`` or ``MAX_TEMPERATURE_C``."""
    brackets = _BRACKETS.search(header)
    plain = unicodedata.normalize("NFKD", _BRACKETS.sub(" ", header)).lower()
    words = _WORDS.findall("".join(one for one in plain if not unicodedata.combining(one)))
    unit, words = (brackets[1].strip(), words) if brackets else _trailing_unit(words)
    if not unit:
        return None
    quantity = statistic = height_m = None
    for word in words:
        found = _QUANTITY_OF.get(word)
        if (found is not None and quantity not in {None, found}) or not _is_known(word):
            return None
        quantity = found or quantity
        statistic = _STATISTIC_OF.get(word, statistic)
        height = _HEIGHT.fullmatch(word)
        height_m = float(height[1]) if height else height_m
    if quantity is None:
        return None
    return Meaning(quantity=quantity, statistic=statistic, unit=unit, height_m=height_m)


def first_few(names: Sequence[str]) -> str:
    """Names in one short line: at most six of them, and how many more."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_known(word: str) -> bool:
    return word in _QUANTITY_OF or word in _STATISTIC_OF or word in _NOISE_WORDS or _HEIGHT.fullmatch(word) is not None


def _trailing_unit(words: list[str]) -> tuple[str, list[str]]:
    for count in range(min(_LONGEST_UNIT, len(words) - 1), 0, -1):
        unit = _UNIT_OF.get("_".join(words[-count:]))
        if unit is not None:
            return unit, words[:-count]
    return "", words
