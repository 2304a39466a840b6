"""The comprehension kit: a folder that an agronomist takes to the field, as named texts."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from string import Template
from typing import Final

from cloud.records import Language
from cloud.wording.cards import Card
from cloud.wording.score import LEAST_LOW_LITERATE, LEAST_OF_A_CARD, LEAST_PEOPLE, MOST_OPPOSITE
from cloud.wording.sheet import COLUMNS, QUESTIONS

TEXTS: Final = ("README.md", "LISEZMOI.md", "script.en.md", "script.fr.md", "consent.en-fr.md")
"""Texts of the kit that hold places to fill in."""
RESPONDENTS: Final = 20
RIGHT_TO_LEFT: Final[frozenset[Language]] = frozenset({"ar", "ary"})
_STYLE: Final = """
body { font: 20px/1.5 "DejaVu Sans", "Noto Sans Arabic", "Noto Sans Tifinagh", system-ui, sans-serif; margin: 0 }
section { page-break-after: always; break-after: page; min-height: 90vh; padding: 2rem; box-sizing: border-box }
.message { font-size: 44px; line-height: 1.7; border: 3px solid #1b1f23; border-radius: 24px; padding: 2rem;
  margin: 2rem 0 }
.said { font-size: 32px } h2 { font-size: 32px } .mark { color: #57606a }
"""


def kit_files(
    texts: Mapping[str, str], language: Language, cards: Sequence[Card], *, words: str, least: float
) -> dict[str, str]:
    """Every file of the kit by name; ``texts`` are the packaged ones, ``words`` the mark of the words on the cards."""
    places = {
        "language": language,
        "words": words,
        "least": f"{100 * least:g}",
        "least_card": f"{100 * LEAST_OF_A_CARD:.0f}",
        "opposite": f"{100 * MOST_OPPOSITE:g}",
        "people": str(LEAST_PEOPLE),
        "low": str(LEAST_LOW_LITERATE),
        "respondents": str(RESPONDENTS),
        "answers_en": _key(cards, french=False),
        "answers_fr": _key(cards, french=True),
    }
    files = {name: Template(text).substitute(places) for name, text in texts.items()}
    return files | {
        "cards.html": _page(language, cards, "Cards / Cartes", _shown),
        "voice.html": _page(language, cards, "To be read aloud / À lire à voix haute", _said),
        "sheet.csv": sheet_text(cards, words),
    }


def sheet_text(cards: Sequence[Card], words: str) -> str:
    """The empty scoring sheet: one row for each person and card, with a dash where a card does not ask."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for person in range(1, RESPONDENTS + 1):
        for card in cards:
            marks: dict[str, str] = {one: "" if one in card.questions else "-" for one in QUESTIONS}
            writer.writerow({"words": words, "respondent": f"R{person:02d}", "card": card.number, **marks})
    # With the mark by which spreadsheets know UTF-8.
    return "\ufeff" + out.getvalue()


def _key(cards: Sequence[Card], *, french: bool) -> str:
    asked = {"act": "quoi" if french else "act", "when": "quand" if french else "when"}
    third = "combien" if french else "how much"
    rows = ["| carte | questions | sens |" if french else "| card | questions | meaning |", "|---|---|---|"]
    for card in cards:
        questions = ", ".join(asked.get(question, third) for question in card.questions)
        rows.append(f"| {card.number} | {questions} | {card.french if french else card.english} |")
    return "\n".join(rows)


def _shown(card: Card) -> str:
    return f'<p class="message" dir="auto">{escape(card.text)}</p>'


def _said(card: Card) -> str:
    return (
        '<p dir="ltr">Read slowly, twice, without explaining. / Lisez lentement, deux fois, sans expliquer.</p>'
        f'<p class="message said" dir="auto">{escape(card.text)}</p>'
    )


def _page(language: Language, cards: Sequence[Card], title: str, inside: Callable[[Card], str]) -> str:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    mark = '<p class="mark" dir="ltr">Invented field, no real advice. / Champ inventé, pas un vrai conseil.</p>'
    sections = "".join(f"<section><h2>{card.number}</h2>{inside(card)}{mark}</section>" for card in cards)
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{sections}</body></html>\n"
    )
