"""The independent word on each recommendation: release, shrink, hold for a person, or block; never raise.

Nothing here imports the advisor or its agronomy: weather is read again, evapotranspiration comes from two other
formulas and soil water from a coarse bucket, so that one mistake does not pass twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from cloud.bounds import is_of_our_time
from cloud.judge.case import Case, JudgeInputs, Sky, sky_of
from cloud.judge.coarse import system_of
from cloud.judge.decision import decided
from cloud.judge.finding import Finding
from cloud.judge.learned import eased
from cloud.judge.neighbours import of_neighbours
from cloud.judge.photos import parcels_by_stress
from cloud.judge.questions import findings_of
from cloud.judge.record_checks import of_calendar, of_numbers, of_parcel
from cloud.judge.water_access import uses_of
from cloud.records import Parcel, Recommendation, Verdict

__all__ = ["JudgeInputs", "judge"]

T = TypeVar("T")


def judge(recommendations: Sequence[Recommendation], inputs: JudgeInputs) -> tuple[Verdict, ...]:
    """One verdict per recommendation, in their order."""
    index_of = {parcel.id: index for index, parcel in enumerate(inputs.parcels)}
    days = {one.day for one in recommendations if is_of_our_time(one.day)}
    skies = {day: sky_of(day, inputs) for day in sorted(days)}
    court = _Court(inputs=inputs, index_of=index_of, skies=skies)
    court.look_at_neighbours(recommendations)
    return court.verdicts(recommendations)


class _Court:
    """The inputs of the day, looked up once."""

    def __init__(self, *, inputs: JudgeInputs, index_of: dict[str, int], skies: dict[date, Sky]) -> None:
        self.inputs = inputs
        self.index_of = index_of
        self.skies = skies
        self.events = _grouped((event.parcel_id, event) for event in inputs.events)
        self.detections = _grouped((one.parcel_id or "", one) for one in inputs.detections)
        ordered = sorted(inputs.history, key=lambda verdict: verdict.proposed.day)
        self.parcels_by_stress = parcels_by_stress(self.detections)
        self.history = _grouped((verdict.proposed.parcel_id, verdict) for verdict in ordered)

    def look_at_neighbours(self, recommendations: Sequence[Recommendation]) -> None:
        """Add up what the credible proposals of each day ask of shared water."""
        credible = defaultdict(list)
        for proposed in recommendations:
            parcel = self.parcel_of(proposed)
            possible = parcel is not None and proposed.action == "irrigate" and of_calendar(proposed).passed
            if possible and parcel is not None and self._is_credible(proposed, parcel):
                credible[proposed.day].append((proposed, parcel))
        self.uses = {day: uses_of(proposals, self.inputs) for day, proposals in credible.items()}

    def parcel_of(self, proposed: Recommendation) -> Parcel | None:
        """The parcel a recommendation names, when it exists."""
        index = self.index_of.get(proposed.parcel_id)
        return None if index is None else self.inputs.parcels[index]

    def _is_credible(self, proposed: Recommendation, parcel: Parcel) -> bool:
        depth = proposed.depth_mm
        case = self.case(proposed, parcel, with_neighbours=False)
        findings = (*of_parcel(proposed, parcel), *of_numbers(case))
        return depth is not None and depth.p50 <= system_of(parcel).largest_mm and all(one.passed for one in findings)

    def case(self, proposed: Recommendation, parcel: Parcel, *, with_neighbours: bool) -> Case:
        """A recommendation with all that concerns its parcel."""
        uses = self.uses.get(proposed.day, {}).get(parcel.id, ()) if with_neighbours else ()
        zone = ZoneInfo(parcel.timezone)
        given = [
            event
            for event in self.events.get(parcel.id, ())
            # What came after the day of the advice would be foresight.
            if event.started_at.astimezone(zone).date() <= proposed.day
        ]
        return Case(
            proposed=proposed,
            parcel=parcel,
            index=self.index_of[parcel.id],
            inputs=self.inputs,
            sky=self.skies[proposed.day],
            events=tuple(given),
            detections=tuple(self.detections.get(parcel.id, ())),
            history=tuple(self.history.get(parcel.id, ())),
            uses=uses,
            parcels_by_stress=self.parcels_by_stress,
        )

    def verdicts(self, recommendations: Sequence[Recommendation]) -> tuple[Verdict, ...]:
        """The word on each: its own findings, then those by comparison with the others of the day and of the past."""
        seen: set[tuple[str, date]] = set()
        cases: dict[int, Case] = {}
        found: list[list[Finding]] = []
        for place, proposed in enumerate(recommendations):
            key = (proposed.parcel_id, proposed.day)
            parcel = self.parcel_of(proposed)
            findings = [*_of_identity(proposed, parcel, repeated=key in seen)]
            seen.add(key)
            if parcel is not None and all(one.name != "day_is_possible" for one in findings):
                cases[place] = self.case(proposed, parcel, with_neighbours=True)
                findings += findings_of(cases[place])
            found.append(findings)
        for place, finding in _by_comparison(recommendations, cases, found, self.inputs):
            found[place].append(finding)
        return tuple(
            decided(proposed, self.parcel_of(proposed), tuple(eased(one, self.inputs.limits) for one in findings))
            for proposed, findings in zip(recommendations, found, strict=True)
        )


def _of_identity(proposed: Recommendation, parcel: Parcel | None, *, repeated: bool) -> Iterable[Finding]:
    yield Finding(
        name="parcel_is_known",
        passed=parcel is not None,
        measured=proposed.parcel_id,
        limit="one of the parcels",
        severity="block",
    )
    yield Finding(name="one_advice_a_day", passed=not repeated, measured=2.0 if repeated else 1.0, limit=1.0)
    calendar = of_calendar(proposed)
    if not calendar.passed:
        yield calendar


def _by_comparison(
    recommendations: Sequence[Recommendation],
    cases: dict[int, Case],
    found: Sequence[Sequence[Finding]],
    inputs: JudgeInputs,
) -> Iterable[tuple[int, Finding]]:
    """What only shows beside the neighbours of the day, and beside all that was released before."""
    places = list(cases)
    for number, finding in of_neighbours(cases.values()).items():
        yield places[number], finding
    if inputs.novelty is None:
        return
    asked = [(recommendations[place], cases[place].parcel, [one.check() for one in found[place]]) for place in places]
    for place, novel in zip(places, inputs.novelty.findings(asked), strict=True):
        if novel is not None:
            yield place, novel


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    grouped: dict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        grouped[key].append(value)
    return dict(grouped)
