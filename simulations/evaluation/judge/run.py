"""The judge before sound and spoilt days: false holds of a clean season, and what it catches, family by family.

Limits were chosen in even years, on the families of one half. The figures that count are those of odd years: of the
other half, of families that no judge was shown before they were scored, and of sound days. What is novel is learned in
even years. A season is lived through once, from kept states, and its faults branch off from them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import numpy as np

from cloud.daily import decide, judge_inputs
from cloud.errors import InputError
from cloud.judge.cards import cards_of
from cloud.judge.judge import judge
from cloud.judge.novelty import Novelty, learn
from cloud.records import Verdict
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.judge.advice_faults import ADVICE_FAMILIES
from simulations.evaluation.judge.district import STATION, Climate, climate_of, parcels_of
from simulations.evaluation.judge.faults import Family, halves, struck
from simulations.evaluation.judge.fresh_faults import FRESH_FAMILIES
from simulations.evaluation.judge.input_faults import INPUT_FAMILIES
from simulations.evaluation.judge.later_faults import LATER_FAMILIES
from simulations.evaluation.judge.scoring import SILENT, Tally
from simulations.evaluation.judge.season import SeasonDay, season
from simulations.evaluation.judge.unseen_faults import UNSEEN_FAMILIES

Half = Literal["choosing", "judging", "fresh", "unseen"]
Years = Literal["even", "odd"]
FAMILIES: Final = (*INPUT_FAMILIES, *ADVICE_FAMILIES)
CAUGHT: Final = "faults that matter, held or blocked: {}, {} years"
CAUGHT_EACH: Final = 0.99
WEAK: Final = "{}, {} years: families of which less than .99 is caught"
NAMES: Final[Mapping[Half, str]] = {
    "judging": "families of the half not chosen on",
    "unseen": "families written before the last change of the judge and scored once",
    "fresh": "families written after the first limits, looked at since",
    "choosing": "families of the half chosen on",
}
FALSE: Final = "sound advice held or blocked, share of verdicts, {} years"
CARDS: Final = "review cards a day, SYNTHETIC district of 2,000 ha, sound days of an odd year, {}"
MOST_FALSE: Final = 0.02
MOST_CARDS: Final = 15.0
SEASONS: Final[Mapping[Years, tuple[tuple[date, date], ...]]] = {
    "even": ((date(2004, 3, 1), date(2004, 7, 31)), (date(2006, 3, 1), date(2006, 7, 31))),
    "odd": ((date(2003, 3, 1), date(2003, 7, 31)), (date(2005, 3, 1), date(2005, 7, 31))),
}
COPIES: Final = 2
TRIED_EVERY_DAYS: Final = 25
DISTRICT: Final = (date(2005, 4, 10), date(2005, 5, 19))
SETTLING_DAYS: Final = 10
"""First days of the district that are lived through and not counted: nobody has watered before them."""
DISTRICT_COPIES: Final = 80
"""Some 720 parcels on 2,000 ha."""


@dataclass(slots=True, kw_only=True)
class Span:
    """What was seen in the seasons of even or odd years."""

    years: Years
    sound: "_Sound"
    tallies: dict[str, Tally]
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def run(job: Job) -> Mapping[str, Any]:
    """Figures of even years, then of odd ones with what was learned in the even, then cards of a whole district."""
    climate = climate_of(job.data / STATION)
    released: list[Verdict] = []
    even = _tried_in("even", climate, job, None, released)
    novelty = learned_from(released)
    odd = _tried_in("odd", climate, job, novelty, [])
    cards = _cards(climate, job, novelty)
    rows = {span.years: _rows(span) for span in (odd, even)}
    return {
        "bars": [
            *_bars(rows["odd"], odd.sound, "odd"),
            *_bars(rows["even"], even.sound, "even"),
            Bar(what=CARDS.format("mean"), most=MOST_CARDS).row(float(np.mean(cards)), note=f"{len(cards)} days"),
            Bar(what=CARDS.format("worst day"), most=MOST_CARDS).row(float(np.max(cards))),
        ],
        "sound": {span.years: span.sound.row() for span in (odd, even)},
        "holds": {span.years: span.sound.reasons() for span in (odd, even)},
        "learned": None if novelty is None else {kind: one.seen for kind, one in novelty.kinds.items()},
        "rows": [*rows["odd"], *rows["even"]],
    }


def learned_from(released: Sequence[Verdict]) -> Novelty | None:
    """What is ordinary among the verdicts of the even years; None where too few were released."""
    parcels = parcels_of(SEASONS["even"][0][0].year, COPIES)
    try:
        return learn(released, parcels)
    except InputError:
        return None


def _tried_in(years: Years, climate: Climate, job: Job, novelty: Novelty | None, verdicts: list[Verdict]) -> Span:
    families = (*FAMILIES, *FRESH_FAMILIES, *LATER_FAMILIES, *UNSEEN_FAMILIES)
    span = Span(years=years, sound=_Sound(), tallies={family.name: Tally() for family in families})
    for number, (first, last) in enumerate(SEASONS[years]):
        for day in _season(climate, first, last, number, novelty):
            span.sound.enter(day)
            verdicts.extend(day.decision.verdicts)
            if (day.inputs.day - first).days % TRIED_EVERY_DAYS == TRIED_EVERY_DAYS - 1:
                job.told(f"judge: faults of {day.inputs.day}")
                for family in families:
                    tried(family, day, span.tallies[family.name], span.refused, novelty)
    return span


def _season(climate: Climate, first: date, last: date, seed: int, novelty: Novelty | None) -> Iterator[SeasonDay]:
    return season(climate, first, last, copies=COPIES, seed=seed, novelty=novelty)


def _cards(climate: Climate, job: Job, novelty: Novelty | None) -> list[int]:
    """Review cards of each day in a district of 2,000 ha."""
    first, last = DISTRICT
    counts = []
    for day in season(climate, first, last, copies=DISTRICT_COPIES, seed=len(SEASONS), novelty=novelty):
        job.told(f"judge: cards of {day.inputs.day}")
        if (day.inputs.day - first).days >= SETTLING_DAYS:
            counts.append(len(cards_of(day.decision.verdicts, day.inputs.parcels)))
    return counts


class _Sound:
    """Verdicts of sound days."""

    def __init__(self) -> None:
        self.verdicts = self.held = self.shrunk = self.days = 0
        self.causes: dict[tuple[str, str], int] = defaultdict(int)

    def enter(self, day: SeasonDay) -> None:
        self.days += 1
        for verdict in day.decision.verdicts:
            self.verdicts += 1
            self.shrunk += verdict.decision == "shrink"
            if verdict.decision in SILENT:
                self.held += 1
                for check in verdict.checks:
                    if not check.passed:
                        self.causes[verdict.proposed.action, check.name] += 1

    def row(self) -> Mapping[str, Any]:
        return {
            "days": self.days,
            "verdicts": self.verdicts,
            "held": self.held,
            "held_share": self.held / max(self.verdicts, 1),
            "shrunk": self.shrunk,
        }

    def reasons(self) -> list[Mapping[str, Any]]:
        ordered = sorted(self.causes.items(), key=lambda item: -item[1])
        return [{"action": action, "check": name, "times": times} for (action, name), times in ordered]


def tried(
    family: Family, day: SeasonDay, tally: Tally, refused: dict[str, int], novelty: Novelty | None = None
) -> None:
    """Put one fault into a sound day and enter what became of it."""
    generator = np.random.default_rng((day.inputs.day.toordinal(), len(family.name)))
    names = struck([parcel.id for parcel in day.inputs.parcels], family, generator)
    sound = {one.parcel_id: one for one in day.decision.recommendations}
    try:
        if family.inputs is not None:
            verdicts = decide(family.inputs(day.inputs, names, generator), novelty=novelty).verdicts
        else:
            assert family.advice is not None
            spoilt = family.advice(day.decision.recommendations, names, generator)
            verdicts = judge(spoilt, judge_inputs(day.inputs, novelty))
    except InputError:
        # The whole day was refused with a clear error: nobody is told anything.
        refused[family.name] += 1
        return
    for verdict in verdicts:
        if verdict.proposed.parcel_id in names:
            tally.enter(sound[verdict.proposed.parcel_id], verdict)


def _rows(span: Span) -> list[dict[str, Any]]:
    half: dict[str, Half] = {**halves(FAMILIES)}
    half |= {family.name: "fresh" for family in (*FRESH_FAMILIES, *LATER_FAMILIES)}
    half |= {family.name: "unseen" for family in UNSEEN_FAMILIES}
    return [
        {
            "family": family.name,
            "kind": family.kind,
            "half": half[family.name],
            "years": span.years,
            "tried": tally.tried,
            "days_refused": span.refused.get(family.name, 0),
            "mattered": tally.mattered,
            "caught": tally.caught,
            "caught_share": tally.caught / tally.mattered if tally.mattered else None,
            "water_withheld": tally.withheld,
            "withheld_caught": tally.withheld_caught,
            "lost_mm": tally.lost_mm,
            "wasted_mm": tally.wasted_mm,
            "harmless_held_share": tally.unhurt_held / max(tally.tried - tally.mattered, 1),
        }
        for family in (*FAMILIES, *FRESH_FAMILIES, *LATER_FAMILIES, *UNSEEN_FAMILIES)
        for tally in (span.tallies[family.name],)
    ]


def _bars(rows: list[dict[str, Any]], sound: _Sound, years: Years) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for half, name in NAMES.items():
        chosen = [row for row in rows if row["half"] == half]
        mattered, caught = (sum(row[what] for row in chosen) for what in ("mattered", "caught"))
        bar = Bar(what=CAUGHT.format(name, years), least=CAUGHT_EACH)
        found.append(bar.row(caught / max(mattered, 1), note=f"{caught} of {mattered}"))
        weak = [row for row in chosen if row["caught_share"] is not None and row["caught_share"] < CAUGHT_EACH]
        named = ", ".join(f"{row['family']} ({row['caught']} of {row['mattered']})" for row in weak)
        found.append(Bar(what=WEAK.format(name, years), most=0.0).row(float(len(weak)), note=named))
    return [*found, Bar(what=FALSE.format(years), most=MOST_FALSE).row(sound.row()["held_share"])]
