"""A catalogue as an agronomist reviews it: each entry beside the English, with an example and room for its meaning."""

from datetime import date, time, timedelta
from typing import Final

import polib

from cloud.records import Language
from cloud.speech import phrases
from cloud.speech.catalogue import Catalogue, compiled
from cloud.wording.gates import BACK_TRANSLATION, back_translation_of, packaged_entries, texts_of
from cloud.wording.invented import PHONE, invented_verdict, names_of, window

_ORIGIN: Final[Language] = "en"
_ORDER: Final = ("message.", "notice.", "sentence.", "reason.", "confidence.", "correction.")
_HEAD: Final = """\
Seguia's messages to farmers, {language}: for review. Messages de Seguia aux agriculteurs, {language} : à relire.

EN: Change only what stands behind msgstr. Keep each {{field}} as it is: numbers, days and hours are put in by Seguia.
"Example" shows the longest text that can become of it. Write behind "{mark}" what the words say, without
looking at the English. Remove the line "#, fuzzy" from each entry that you have read and found right.
Then: seguia cloud catalogue check {language} THIS_FILE

FR : Ne changez que ce qui suit msgstr. Laissez chaque {{champ}} tel quel : Seguia y met les nombres, jours et heures.
« Example » montre le texte le plus long possible. Écrivez après « {mark} » ce que disent les mots, sans
regarder l'anglais. Effacez la ligne « #, fuzzy » de chaque entrée lue et trouvée juste.
Puis : seguia cloud catalogue check {language} CE_FICHIER"""


def for_review(language: Language, source: str, *, day: date) -> str:
    """Text of a catalogue for its reviewer; what was said back and signed off before stays."""
    reviewed = polib.pofile(source, wrapwidth=0)
    english = packaged_entries(_ORIGIN)
    words = compiled(language, source)
    fields = _long_fields(words, day)
    reviewed.header = _HEAD.format(language=language, mark=BACK_TRANSLATION)
    for entry in reviewed:
        said = back_translation_of(entry)
        lines = [f"English: {text}" for text in texts_of(english[entry.msgid])] if entry.msgid in english else []
        lines += [f"Example: {_filled(text, fields)}" for text in texts_of(entry) if text]
        entry.comment = "\n".join(lines)
        entry.tcomment = f"{BACK_TRANSLATION} {said}".strip() if language != _ORIGIN else ""
    reviewed.sort(key=_importance)
    return str(reviewed) + "\n"


def _importance(entry: polib.POEntry) -> tuple[int, str]:
    place = next((number for number, start in enumerate(_ORDER) if entry.msgid.startswith(start)), len(_ORDER))
    return place, entry.msgid


def _filled(text: str, fields: dict[str, str]) -> str:
    for name, value in fields.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _long_fields(words: Catalogue, day: date) -> dict[str, str]:
    """Long values for every field of an entry, in the words of its language."""
    if not words.complete:
        return {}
    name, other = names_of(words.language)
    wednesday = day + timedelta(days=(2 - day.weekday()) % 7)
    starts = window(wednesday, time(19, 35), 3.0)
    advice = invented_verdict(name, wednesday, start_window=starts).recommendation
    begin, end = starts
    return {
        "parcel": name,
        "other": other,
        "service": "Seguia",
        "when": phrases.window(words, advice),
        "duration": phrases.duration(words, 12 + 55 / 60),
        "volume": "12345",
        "depth": "123",
        "day": phrases.day(words, wednesday),
        "end_day": phrases.day(words, wednesday + timedelta(days=1)),
        "date": f"{wednesday:%d/%m}",
        "weekday": words.text(f"weekday.{wednesday.weekday()}"),
        "start": phrases.clock(words, begin),
        "end": phrases.clock(words, end),
        "stop": phrases.clock(words, end),
        "hours": words.count("hours", 12),
        "minutes": words.count("minutes", 55),
        "days": words.count("days", 24),
        "hour": "19",
        "minute": "35",
        "n": "11",
        "share": "100",
        "temperature": "48",
        "rows": "12, 14, 18",
        "count": "25",
        "phone": PHONE,
        "choices": f"7 = {name}, 8 = {other}",
    }
