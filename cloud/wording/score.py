"""How well the cards of a language were understood, and whether that is enough to go live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.shares import Share, share_of
from cloud.wording.sheet import LITERACIES, Answer, Literacy, Question, Sheet, lowest
from cloud.wording.signature import LEAST_UNDERSTOOD, Understood

LEAST_OF_A_CARD: Final = 2.0 / 3.0
"""Share of right answers below which one card fails, whatever the others reach: ISO 3864 asks 67 % of a safety sign."""
MOST_OPPOSITE: Final = 0.05
"""Share of people's acts that may be the opposite of what was told: ANSI Z535.3 allows 5 % critical confusions."""
LEAST_PEOPLE: Final = 10
"""People who must have been asked: a round of testing package leaflets takes ten."""
LEAST_LOW_LITERATE: Final = 5
"""People among them who read little or not at all, by judgement: half of them."""
_LOW: Final = frozenset({"none", "little"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two interviewers gave the same marks where both marked one person's card."""

    marks: int
    same: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a sheet shows; None where there are no data."""

    total: Share
    act: Share
    """What to do alone, without when and how much."""
    cards: Mapping[int, Share | None]
    literacy: Mapping[Literacy, Share | None]
    interviewers: Mapping[str, Share | None]
    agreement: Agreement | None
    opposite: int
    reasons: tuple[str, ...]
    """Why it is not enough; empty where it is."""

    @property
    def enough(self) -> bool:
        """Whether the words may be signed without a reason."""
        return not self.reasons


def score_of(sheet: Sheet, cards: Sequence[int], *, least: float = LEAST_UNDERSTOOD) -> Score | None:
    """Score of a sheet; None where nobody answered.

    Where two interviewers marked one person's card, a question counts as right only when both say so.
    """
    joined = _joined(sheet.answers)
    total, act = _share(joined), _share(joined, "act")
    if total is None or act is None:
        return None
    by_card = {card: _share([one for one in joined if one.card == card]) for card in cards}
    opposite = sum(one.opposite for one in joined)
    reasons = (
        *_too_low(total, least),
        *_weak_cards(by_card),
        *_opposites(opposite, act.count),
        *_too_few(joined),
        *((f"the sheet has {len(sheet.problems)} rows or people to correct",) if sheet.problems else ()),
    )
    return Score(
        total=total,
        act=act,
        cards=by_card,
        literacy={group: _share([one for one in joined if one.literacy == group]) for group in LITERACIES},
        interviewers=_by_interviewer(sheet.answers),
        agreement=_agreement(sheet.answers),
        opposite=opposite,
        reasons=reasons,
    )


def understood_of(score: Score, sheet_sha256: str) -> Understood:
    """What a signature keeps of a score."""
    return Understood(
        sheet_sha256=sheet_sha256,
        respondents=score.total.people,
        answers=score.total.count,
        share=round(score.total.value, 4),
        low=round(score.total.low, 4),
        high=round(score.total.high, 4),
        opposite=score.opposite,
    )


def _joined(answers: Sequence[Answer]) -> list[Answer]:
    """One answer a person and card: the lower of two interviewers' marks, the lowest literacy told."""
    reading: dict[str, Literacy] = {}
    groups: dict[tuple[str, int], list[Answer]] = {}
    for answer in answers:
        reading[answer.respondent] = lowest([reading.get(answer.respondent, answer.literacy), answer.literacy])
        groups.setdefault((answer.respondent, answer.card), []).append(answer)
    return [
        Answer(
            line=group[0].line,
            interviewer=group[0].interviewer,
            respondent=person,
            literacy=reading[person],
            card=card,
            marks={question: min(one.marks[question] for one in group) for question in group[0].marks},
            opposite=any(one.opposite for one in group),
        )
        for (person, card), group in groups.items()
    ]


def _share(answers: Sequence[Answer], question: Question | None = None) -> Share | None:
    right: dict[str, int] = {}
    asked: dict[str, int] = {}
    for answer in answers:
        marks = [mark for name, mark in answer.marks.items() if question in {None, name}]
        right[answer.respondent] = right.get(answer.respondent, 0) + sum(marks)
        asked[answer.respondent] = asked.get(answer.respondent, 0) + len(marks)
    return share_of(np.array(list(right.values()), dtype=float), np.array(list(asked.values()), dtype=float))


def _by_interviewer(answers: Sequence[Answer]) -> dict[str, Share | None]:
    names = sorted({answer.interviewer for answer in answers})
    return {name: _share([one for one in answers if one.interviewer == name]) for name in names}


def _agreement(answers: Sequence[Answer]) -> Agreement | None:
    first: dict[tuple[str, int], Answer] = {}
    same = marks = 0
    for answer in answers:
        other = first.setdefault((answer.respondent, answer.card), answer)
        if other is not answer:
            marks += len(answer.marks)
            same += sum(answer.marks[question] == other.marks[question] for question in answer.marks)
    return Agreement(marks=marks, same=same / marks) if marks else None


def _too_low(total: Share, least: float) -> list[str]:
    if total.low >= least:
        return []
    told = f"{total.value:.0%} of the answers are right, surely at least {total.low:.0%}"
    return [f"{told}; {least:.0%} is asked: mend the words or ask more people"]


def _weak_cards(by_card: Mapping[int, Share | None]) -> list[str]:
    def told(one: Share | None) -> str:
        return "no data" if one is None else f"{one.value:.0%}"

    return [
        f"card {card}: {told(one)} understood, {LEAST_OF_A_CARD:.0%} is asked of each card"
        for card, one in by_card.items()
        if one is None or one.value < LEAST_OF_A_CARD
    ]


def _opposites(opposite: int, acts: int) -> list[str]:
    if opposite <= MOST_OPPOSITE * acts:
        return []
    return [f"{opposite} of {acts} acts would have been the opposite of what was told; {MOST_OPPOSITE:.0%} is allowed"]


def _too_few(answers: Sequence[Answer]) -> list[str]:
    people = len({answer.respondent for answer in answers})
    low = len({answer.respondent for answer in answers if answer.literacy in _LOW})
    counts = (
        (people, LEAST_PEOPLE, "people were asked"),
        (low, LEAST_LOW_LITERATE, "people who read little or not at all were asked"),
    )
    return [f"{count} {told}; {least} are asked for" for count, least, told in counts if count < least]
