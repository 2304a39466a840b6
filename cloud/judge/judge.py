"""The independent word on each recommendation: release, shrink, hold for a person, or block; never raise.

Nothing here imports the advisor or its agronomy: weather is read again, evapotranspiration comes from two other
formulas and soil water from a coarse bucket, so that one mistake does not pass twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from cloud.bounds import FIRST_YEAR, LAST_YEAR, is_of_our_time
from cloud.judge.case import Case, Finding, JudgeInputs, Sky, sky_of
from cloud.judge.coarse import system_of
from cloud.judge.continuity import (
    of_claim_memory,
    of_day_memory,
    of_forecast_memory,
    of_parcel_memory,
    of_repetition,
)
from cloud.judge.learned import eased
from cloud.judge.live_weather import of_live_weather
from cloud.judge.memory_checks import (
    of_age,
    of_history,
    of_inputs,
    of_recent_water,
    of_references,
    of_sight,
    of_sure_photos,
)
from cloud.judge.record_checks import of_calendar, of_numbers, of_parcel, of_silence
from cloud.judge.sentence import explanation_of
from cloud.judge.shrink import shrunk
from cloud.judge.soil_checks import (
    SEASON_OVER,
    claims_no_crop,
    of_claim,
    of_dose,
    of_need,
    of_own_doubt,
    of_season,
    of_wait,
)
from cloud.judge.water_access import of_quota, of_uses, of_window, uses_of
from cloud.records import Decision, Parcel, Recommendation, Verdict

__all__ = ["JudgeInputs", "judge"]

T = TypeVar("T")
LARGEST_CUT: Final = 0.5
"""A dose that would have to shrink below this share is not a dose to be trimmed: a person must look."""


def judge(recommendations: Sequence[Recommendation], inputs: JudgeInputs) -> tuple[Verdict, ...]:
    """One verdict per recommendation, in their order."""
    index_of = {parcel.id: index for index, parcel in enumerate(inputs.parcels)}
    days = {one.day for one in recommendations if is_of_our_time(one.day)}
    skies = {day: sky_of(day, inputs) for day in sorted(days)}
    court = _Court(inputs=inputs, index_of=index_of, skies=skies)
    court.look_at_neighbours(recommendations)
    seen: set[tuple[str, date]] = set()
    verdicts = []
    for proposed in recommendations:
        repeated = (proposed.parcel_id, proposed.day) in seen
        seen.add((proposed.parcel_id, proposed.day))
        verdicts.append(court.verdict(proposed, repeated=repeated))
    return tuple(verdicts)


class _Court:
    """The inputs of the day, looked up once."""

    def __init__(self, *, inputs: JudgeInputs, index_of: dict[str, int], skies: dict[date, Sky]) -> None:
        self.inputs = inputs
        self.index_of = index_of
        self.skies = skies
        self.events = _grouped((event.parcel_id, event) for event in inputs.events)
        self.detections = _grouped((one.parcel_id or "", one) for one in inputs.detections)
        ordered = sorted(inputs.history, key=lambda verdict: verdict.proposed.day)
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
        )

    def verdict(self, proposed: Recommendation, *, repeated: bool) -> Verdict:
        """The word on one recommendation."""
        parcel = self.parcel_of(proposed)
        findings = [
            Finding(
                name="parcel_is_known",
                passed=parcel is not None,
                measured=proposed.parcel_id,
                limit="one of the parcels",
                severity="block",
            ),
            Finding(name="one_advice_a_day", passed=not repeated, measured=2.0 if repeated else 1.0, limit=1.0),
        ]
        calendar = of_calendar(proposed)
        findings += [] if calendar.passed else [calendar]
        if parcel is not None and calendar.passed:
            findings += _findings(self.case(proposed, parcel, with_neighbours=True))
        return _decided(proposed, parcel, tuple(eased(one, self.inputs.limits) for one in findings))


def _findings(case: Case) -> list[Finding]:
    """Every question that fits the action, the record's own first; the soil is asked only where weather is known."""
    proposed = case.proposed
    findings = [*of_parcel(proposed, case.parcel), *of_inputs(proposed), *of_repetition(case), *of_parcel_memory(case)]
    if proposed.action == "hold":
        return [*findings, *of_silence(proposed)]
    if proposed.action != "irrigate":
        findings += of_silence(proposed)
        if claims_no_crop(case):
            return [*findings, of_season(case)] if proposed.reason_code == SEASON_OVER else findings
    findings += of_age(case.sky, case.index, case.inputs.forecast_issued_on)
    findings += of_references(case.sky, case.index)
    findings += [*of_live_weather(case.sky, case.index), *of_day_memory(case), *of_forecast_memory(case)]
    bucket_known = bool(case.sky.lanes) and not bool(case.sky.lanes[0].missing()[case.index])
    if proposed.action == "irrigate":
        findings += [*of_numbers(case), *of_window(case), *of_quota(case), *of_uses(case)]
        findings += [of_season(case), *of_recent_water(case), *of_history(case)]
        if bucket_known:
            findings += [*of_dose(case), *of_need(case)]
    elif bucket_known:
        findings += [*of_wait(case), *of_own_doubt(case), *of_sight(case)]
    findings += of_sure_photos(case)
    if bucket_known:
        findings += [*of_claim(case), *of_claim_memory(case)]
    return findings


def _decided(proposed: Recommendation, parcel: Parcel | None, findings: tuple[Finding, ...]) -> Verdict:
    failed = [finding for finding in findings if not finding.passed]
    decision, recommendation = _decision(proposed, parcel, failed)
    return Verdict(
        proposed=proposed,
        recommendation=recommendation,
        decision=decision,
        checks=tuple(finding.check() for finding in findings),
        explanation=explanation_of(decision, proposed, recommendation, failed, len(findings)),
        valid_until=_valid_until(recommendation),
    )


def _decision(
    proposed: Recommendation, parcel: Parcel | None, failed: Sequence[Finding]
) -> tuple[Decision, Recommendation]:
    if any(finding.severity == "block" for finding in failed):
        return "block", _held(proposed, failed)
    if proposed.action == "hold":
        return "hold", _held(proposed, failed) if failed else proposed
    if not failed:
        return "release", proposed
    if all(finding.severity == "shrink" for finding in failed) and parcel is not None:
        smaller = shrunk(proposed, parcel, failed, at_least_fraction=LARGEST_CUT)
        if smaller is not None:
            return "shrink", smaller
    return "hold", _held(proposed, failed)


def _held(proposed: Recommendation, failed: Sequence[Finding]) -> Recommendation:
    """The same parcel and day without any water; the first failed check is the reason."""
    reason = proposed.reason_code if proposed.action == "hold" or not failed else failed[0].name
    return proposed.model_copy(
        update={
            "action": "hold",
            "start_window": None,
            "depth_mm": None,
            "volume_m3": None,
            "duration_h": None,
            "reason_code": reason,
        }
    )


def _valid_until(recommendation: Recommendation) -> datetime:
    """Until the latest start; a wait until the morning of its next check; a hold until the end of its day."""
    zone = ZoneInfo(_known_zone(recommendation.timezone))
    if recommendation.start_window is not None:
        return recommendation.start_window[1]
    # A day that no calendar of ours has is blocked, and its verdict still needs an end.
    day = min(max(recommendation.day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))
    tomorrow = day + timedelta(days=1)
    until = tomorrow
    if recommendation.action != "hold" and recommendation.next_check_day is not None:
        until = max(tomorrow, min(recommendation.next_check_day, day + timedelta(days=7)))
    return datetime.combine(until, time(0), tzinfo=zone)


def _known_zone(name: str) -> str:
    """The named zone when it exists, else UTC: a verdict on a broken record still needs an end."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return "UTC"
    return name


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    grouped: dict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        grouped[key].append(value)
    return dict(grouped)
