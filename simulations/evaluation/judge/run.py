"""The judge before sound and spoilt days: false holds of a clean season, and what it catches, family by family."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import numpy as np

from cloud.daily import decide, judge_inputs
from cloud.errors import InputError
from cloud.judge.judge import judge
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.judge.advice_faults import ADVICE_FAMILIES
from simulations.evaluation.judge.district import STATION, Climate, climate_of
from simulations.evaluation.judge.faults import Family, halves, struck
from simulations.evaluation.judge.input_faults import INPUT_FAMILIES
from simulations.evaluation.judge.scoring import SILENT, Tally
from simulations.evaluation.judge.season import SeasonDay, season

FAMILIES: Final = (*INPUT_FAMILIES, *ADVICE_FAMILIES)
CAUGHT: Final = "faults that matter, held or blocked, {} families"
CAUGHT_EACH: Final = 0.99
WEAK: Final = "{} families of which less than .99 is caught"
HALVES: Final = {"judging": "unseen", "choosing": "chosen on,"}
FALSE: Final = Bar(what="sound advice held or blocked, share of verdicts", most=0.02)
CARDS: Final = Bar(what="review cards a day per 2,000 ha, sound days, mean", most=15.0)
SEASONS: Final = ((date(2004, 3, 1), date(2004, 7, 31)), (date(2006, 3, 1), date(2006, 7, 31)))
COPIES: Final = 2
TRIED_EVERY_DAYS: Final = 13
DISTRICT_HA: Final = 2000.0


def run(job: Job) -> Mapping[str, Any]:
    """Both figures over the seasons."""
    climate = climate_of(job.data / STATION)
    sound, tallies = _Sound(), {family.name: Tally() for family in FAMILIES}
    refused: dict[str, int] = defaultdict(int)
    for number, (first, last) in enumerate(SEASONS):
        for day in _season(climate, first, last, number):
            sound.enter(day)
            if (day.inputs.day - first).days % TRIED_EVERY_DAYS == TRIED_EVERY_DAYS - 1:
                job.told(f"judge: faults of {day.inputs.day}")
                for family in FAMILIES:
                    tried(family, day, tallies[family.name], refused)
    rows = _rows(tallies, refused)
    return {"bars": _bars(rows, sound), "sound": sound.row(), "holds": sound.reasons(), "rows": rows}


def _season(climate: Climate, first: date, last: date, seed: int) -> Iterator[SeasonDay]:
    return season(climate, first, last, copies=COPIES, seed=seed)


class _Sound:
    """Verdicts of sound days."""

    def __init__(self) -> None:
        self.verdicts = self.held = self.shrunk = self.days = 0
        self.cards = 0.0
        self.causes: dict[tuple[str, str], int] = defaultdict(int)

    def enter(self, day: SeasonDay) -> None:
        self.days += 1
        area = sum(parcel.area_ha for parcel in day.inputs.parcels)
        causes: set[str] = set()
        for verdict in day.decision.verdicts:
            self.verdicts += 1
            self.shrunk += verdict.decision == "shrink"
            if verdict.decision in SILENT:
                self.held += 1
                failed = [check.name for check in verdict.checks if not check.passed]
                causes.add(failed[0] if failed else "advisor")
                for name in failed:
                    self.causes[verdict.proposed.action, name] += 1
        self.cards += len(causes) * DISTRICT_HA / area if causes else 0.0

    def row(self) -> Mapping[str, Any]:
        return {
            "days": self.days,
            "verdicts": self.verdicts,
            "held": self.held,
            "held_share": self.held / max(self.verdicts, 1),
            "shrunk": self.shrunk,
            "cards_a_day_per_2000_ha": self.cards / max(self.days, 1),
        }

    def reasons(self) -> list[Mapping[str, Any]]:
        ordered = sorted(self.causes.items(), key=lambda item: -item[1])
        return [{"action": action, "check": name, "times": times} for (action, name), times in ordered]


def tried(family: Family, day: SeasonDay, tally: Tally, refused: dict[str, int]) -> None:
    """Put one fault into a sound day and enter what became of it."""
    generator = np.random.default_rng((day.inputs.day.toordinal(), len(family.name)))
    names = struck([parcel.id for parcel in day.inputs.parcels], family, generator)
    sound = {one.parcel_id: one for one in day.decision.recommendations}
    try:
        if family.inputs is not None:
            verdicts = decide(family.inputs(day.inputs, names, generator)).verdicts
        else:
            assert family.advice is not None
            spoilt = family.advice(day.decision.recommendations, names, generator)
            verdicts = judge(spoilt, judge_inputs(day.inputs))
    except InputError:
        # The whole day was refused with a clear error: nobody is told anything.
        refused[family.name] += 1
        return
    for verdict in verdicts:
        if verdict.proposed.parcel_id in names:
            tally.enter(sound[verdict.proposed.parcel_id], verdict)


def _rows(tallies: Mapping[str, Tally], refused: Mapping[str, int]) -> list[dict[str, Any]]:
    half = halves(FAMILIES)
    return [
        {
            "family": family.name,
            "kind": family.kind,
            "half": half[family.name],
            "tried": tally.tried,
            "days_refused": refused.get(family.name, 0),
            "mattered": tally.mattered,
            "caught": tally.caught,
            "caught_share": tally.caught / tally.mattered if tally.mattered else None,
            "water_withheld": tally.withheld,
            "withheld_caught": tally.withheld_caught,
            "told_wrong_mm": tally.spoken_mm,
            "harmless_held_share": tally.unhurt_held / max(tally.tried - tally.mattered, 1),
        }
        for family in FAMILIES
        for tally in (tallies[family.name],)
    ]


def _bars(rows: list[dict[str, Any]], sound: _Sound) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for half in ("judging", "choosing"):
        chosen = [row for row in rows if row["half"] == half]
        mattered, caught = (sum(row[name] for row in chosen) for name in ("mattered", "caught"))
        bar = Bar(what=CAUGHT.format(HALVES[half]), least=CAUGHT_EACH)
        found.append(bar.row(caught / max(mattered, 1), note=f"{caught} of {mattered}"))
        weak = [row for row in chosen if row["caught_share"] is not None and row["caught_share"] < CAUGHT_EACH]
        found.append(
            Bar(what=WEAK.format(HALVES[half]), most=0.0).row(
                float(len(weak)), note=", ".join(row["family"] for row in weak)
            )
        )
    figures = sound.row()
    return [*found, FALSE.row(figures["held_share"]), CARDS.row(figures["cards_a_day_per_2000_ha"])]
