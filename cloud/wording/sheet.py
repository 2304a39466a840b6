"""A filled scoring sheet, row by row: who was asked which card, and what was understood; every bad row is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from cloud.errors import InputError
from cloud.records import Language

Question = Literal["act", "when", "how_much"]
Literacy = Literal["none", "little", "well"]
Row = tuple[int, Mapping[str, str]]
"""Number of the line, and its cells by column."""

QUESTIONS: Final[tuple[Question, ...]] = get_args(Question)
LITERACIES: Final[tuple[Literacy, ...]] = get_args(Literacy)
COLUMNS: Final = ("words", "interviewer", "respondent", "literacy", "card", *QUESTIONS, "note")
OPPOSITE: Final = "x"
NOT_ASKED: Final = frozenset({"", "-"})
_MARKS: Final = {"1": 1, "0": 0, OPPOSITE: 0}
_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_LITERACY_WORDS: Final[Mapping[str, Literacy]] = {
    "none": "none",
    "no": "none",
    "non": "none",
    "aucun": "none",
    "little": "little",
    "some": "little",
    "peu": "little",
    "un peu": "little",
    "well": "well",
    "yes": "well",
    "oui": "well",
    "bien": "well",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one person understood of one card, as one interviewer marked it."""

    line: int
    interviewer: str
    respondent: str
    literacy: Literacy
    card: int
    marks: Mapping[Question, int]
    """1 right, 0 not, for each question that the card asks."""
    opposite: bool
    """Whether the person would have done the opposite of what the card tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The answers of a sheet, and one line for each row or person that cannot be used as it is."""

    answers: tuple[Answer, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def words_mark(language: Language, catalogue_sha256: str) -> str:
    """How a sheet names the words it was made for: no spreadsheet takes it for a number."""
    return f"{language}-{catalogue_sha256[:12]}"


def sheet_of(name: str, rows: Sequence[Row], asked: Mapping[int, Sequence[Question]], words: str) -> Sheet:
    """Answers in the rows of a file; ``asked`` are the questions of each card, ``words`` the mark of the words now."""
    problems: list[str] = []
    answers: dict[tuple[str, int, str], Answer] = {}
    empty = 0
    for line, raw in rows:
        cells = {column: _plain(text) for column, text in raw.items()}
        if all(cells.get(column, "") in NOT_ASKED for column in QUESTIONS):
            empty += 1
            continue
        try:
            answer = _answer(line, cells, asked, words)
        except InputError as error:
            problems.append(f"{name} line {line}: {error}")
            continue
        first = answers.setdefault((answer.respondent, answer.card, answer.interviewer), answer)
        if first is not answer:
            problems.append(
                f"{name} line {line}: respondent {answer.respondent}, card {answer.card}: expected one row an"
                f" interviewer, got another on line {first.line}, which counts; remove one of them"
            )
    found = tuple(answers.values())
    problems += [f"{name}: {line}" for line in (*_one_literacy(found), *_missing_cards(found, sorted(asked)))]
    notes = (f"{name}: {empty} rows without a mark were taken as not asked",) if empty else ()
    return Sheet(answers=found, problems=tuple(problems), notes=notes)


def _answer(line: int, cells: Mapping[str, str], asked: Mapping[int, Sequence[Question]], words: str) -> Answer:
    if cells.get("words", "") != words.casefold():
        raise InputError(
            f"words: expected {words}, the words now in use, got {cells.get('words', '')!r}; ask again with new cards:"
            " seguia cloud catalogue kit"
        )
    card = _card(cells.get("card", ""), asked)
    marks = {question: _mark(cells, question, card) for question in asked[card]}
    for question in QUESTIONS:
        if question not in asked[card] and cells.get(question, "") not in NOT_ASKED:
            raise InputError(f"{question}: expected - on card {card}, which does not say it, got a mark; remove it")
    return Answer(
        line=line,
        interviewer=_named(cells, "interviewer"),
        respondent=_named(cells, "respondent"),
        literacy=_literacy(cells.get("literacy", "")),
        card=card,
        marks=marks,
        opposite=cells.get("act", "") == OPPOSITE,
    )


def _card(text: str, asked: Mapping[int, Sequence[Question]]) -> int:
    if text.isdecimal() and int(text) in asked:
        return int(text)
    raise InputError(f"card: expected a number from 1 to {max(asked)}, got {text!r}; correct the row")


def _mark(cells: Mapping[str, str], question: Question, card: int) -> int:
    text = cells.get(question, "")
    if text in NOT_ASKED:
        raise InputError(f"{question}: expected a mark on card {card}, got none; ask it, or remove the person's row")
    if text not in _MARKS or (text == OPPOSITE and question != "act"):
        allowed = "1 (right), 0 (not) or x (would do the opposite)" if question == "act" else "1 (right) or 0 (not)"
        raise InputError(f"{question}: expected {allowed}, got {text!r}; one mark is worth 1 at most: correct the row")
    return _MARKS[text]


def _named(cells: Mapping[str, str], column: str) -> str:
    text = cells.get(column, "")
    if not text:
        raise InputError(f"{column}: expected a short code without names, got none; complete the row")
    return text


def _literacy(text: str) -> Literacy:
    if text not in _LITERACY_WORDS:
        raise InputError(f"literacy: expected none, little or well, got {text!r}; correct the row")
    return _LITERACY_WORDS[text]


def _plain(text: str) -> str:
    return " ".join(text.translate(_DIGITS).split()).casefold()


def _one_literacy(answers: Sequence[Answer]) -> list[str]:
    said: dict[str, set[str]] = {}
    for answer in answers:
        said.setdefault(answer.respondent, set()).add(answer.literacy)
    return [
        f"respondent {person}: expected one literacy, got {', '.join(sorted(several))}; the lowest counts, correct it"
        for person, several in said.items()
        if len(several) > 1
    ]


def _missing_cards(answers: Sequence[Answer], cards: Sequence[int]) -> list[str]:
    held: dict[str, set[int]] = {}
    for answer in answers:
        held.setdefault(answer.respondent, set()).add(answer.card)
    return [
        f"respondent {person}: expected {len(cards)} cards, got {len(own)}, without"
        f" {', '.join(str(card) for card in cards if card not in own)}; ask them, else the rest alone counts"
        for person, own in held.items()
        if len(own) < len(cards)
    ]


def lowest(literacies: Sequence[Literacy]) -> Literacy:
    """The lowest of what was said of one person's reading."""
    return min(literacies, key=LITERACIES.index)
