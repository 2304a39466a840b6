"""Whether the water can be had as proposed: turn, pump, hours, quota, and the neighbours who use the same water."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.delivery import own_flow_m3_h
from cloud.judge.case import Case, Finding, JudgeInputs, Use
from cloud.judge.coarse import season_began
from cloud.judge.pump_hours import PumpDay
from cloud.judge.quota_ledger import volume_m3
from cloud.records import CanalTurn, Parcel, Quota, Recommendation

SLACK_H: Final = 1e-6
LONGEST_WINDOW: Final = timedelta(hours=24)
M3_PER_MM_HA: Final = 10.0


def of_window(case: Case) -> Iterator[Finding]:
    """The start lies on the day of the advice, in the parcel's own time, and inside turn or pump hours."""
    window = case.proposed.start_window
    assert window is not None
    start, latest = window
    ordered = start <= latest <= start + LONGEST_WINDOW
    on_day = case.midnight() <= start < case.midnight(1)
    yield Finding(
        name="window_is_on_the_day",
        passed=ordered and on_day,
        measured=f"{start.isoformat()} to {latest.isoformat()}",
        limit=case.proposed.day.isoformat(),
        severity="block",
    )
    yield Finding(
        name="window_in_local_time",
        passed=start.utcoffset() == start.astimezone(case.zone).utcoffset(),
        measured=start.isoformat(),
        limit=start.astimezone(case.zone).isoformat(),
    )
    if takes_turns(case.parcel, case.inputs.turns):
        yield _in_turn(case)
    pump = PumpDay.of(case.parcel, case.inputs.pumps, case.proposed.day)
    if pump is not None and not takes_turns(case.parcel, case.inputs.turns):
        yield from _in_pump_hours(case, pump)


def takes_turns(parcel: Parcel, turns: Sequence[CanalTurn]) -> bool:
    """Whether the parcel's canal hands out water by turns."""
    canal = parcel.water.canal
    return any(turn.parcel_id == parcel.id or (canal is not None and turn.canal == canal) for turn in turns)


def own_turns(parcel: Parcel, turns: Sequence[CanalTurn]) -> list[CanalTurn]:
    """Turns that serve the parcel, by start."""
    water = parcel.water
    own = [
        turn
        for turn in turns
        if turn.starts_at < turn.ends_at
        and (
            turn.parcel_id == parcel.id
            if turn.parcel_id is not None
            else turn.canal == water.canal and (turn.group is None or turn.group == water.group)
        )
    ]
    return sorted(own, key=lambda turn: turn.starts_at)


def turn_used(parcel: Parcel, proposed: Recommendation, turns: Sequence[CanalTurn]) -> CanalTurn | None:
    """The turn that the proposed start falls into."""
    if proposed.start_window is None:
        return None
    start = proposed.start_window[0]
    usable = (*own_turns(parcel, turns), *_lent(parcel, proposed, turns))
    return next((turn for turn in usable if turn.starts_at <= start < turn.ends_at), None)


def _lent(parcel: Parcel, proposed: Recommendation, turns: Sequence[CanalTurn]) -> Iterator[CanalTurn]:
    """Turns of the neighbour whom the proposal names as lender, which the table lets him lend."""
    lenders = {fact.source for fact in proposed.evidence if fact.kind == "turn_with"}
    if proposed.reason_code != "turn_borrowed" or parcel.water.group is None:
        return
    for turn in turns:
        here = turn.canal == parcel.water.canal and turn.group == parcel.water.group
        if here and turn.may_swap and turn.parcel_id in lenders and turn.starts_at < turn.ends_at:
            yield turn


def turn_on_day(case: Case) -> bool:
    """Whether a turn serves the parcel on the day of the advice."""
    begin, end = case.midnight(), case.midnight(1)
    return any(turn.starts_at < end and turn.ends_at > begin for turn in own_turns(case.parcel, case.inputs.turns))


def flows_m3_h(case: Case) -> list[float]:
    """Flows that can reach the parcel, one per source it may use; empty when none is known."""
    own = own_flow_m3_h(case.parcel)
    if takes_turns(case.parcel, case.inputs.turns):
        turn = turn_used(case.parcel, case.proposed, case.inputs.turns)
        sources = [] if turn is None else [turn.flow_m3_h]
    else:
        pump = PumpDay.of(case.parcel, case.inputs.pumps, case.proposed.day)
        sources = [] if pump is None or pump.flow_m3_h <= 0.0 else [pump.flow_m3_h]
    if not sources:
        return [] if own is None else [own]
    return [flow if own is None else min(flow, own) for flow in sources]


def _in_turn(case: Case) -> Finding:
    """Start and end stay inside one turn of the parcel."""
    window, duration = case.proposed.start_window, case.proposed.duration_h
    assert window is not None
    turn = turn_used(case.parcel, case.proposed, case.inputs.turns)
    if turn is None:
        return Finding(name="inside_turn", passed=False, measured=window[0].isoformat(), limit="a turn of the parcel")
    left_h = _hours_between(window[1], turn.ends_at)
    return Finding(
        name="inside_turn",
        passed=duration is not None and duration <= left_h + SLACK_H,
        measured=duration,
        limit=left_h,
        at_most_mm=_depth_in(case, _hours_between(window[0], turn.ends_at)),
        severity="hold",
    )


def _in_pump_hours(case: Case, pump: PumpDay) -> Iterator[Finding]:
    """The pump may run then, and that long."""
    proposed = case.proposed
    window, duration = proposed.start_window, proposed.duration_h
    assert window is not None
    if pump.flow_m3_h <= 0.0:
        yield Finding(name="inside_pump_hours", passed=False, measured="no flow", limit="a pump that runs")
        return
    if pump.longest_h is not None:
        yield Finding(
            name="pump_hours_per_day",
            passed=duration is not None and duration <= pump.longest_h + SLACK_H,
            measured=duration,
            limit=pump.longest_h,
            severity="shrink",
            at_most_mm=_depth_in(case, pump.longest_h),
        )
    if pump.spans is None:
        return
    begins = _clock_h(case, window[0])
    ends = _clock_h(case, window[1].astimezone(UTC) + timedelta(hours=duration or 0.0))
    yield Finding(
        name="inside_pump_hours",
        passed=pump.holds(begins, ends, SLACK_H),
        measured=f"{begins:.2f} h to {ends:.2f} h",
        limit=" or ".join(f"{opens:g} h to {closes:g} h" for opens, closes in pump.spans),
    )


def _hours_between(start: datetime, end: datetime) -> float:
    """Real hours: the difference of two moments of one zone would be that of their clocks."""
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 3600.0


def _clock_h(case: Case, moment: datetime) -> float:
    """What the parcel's clock shows at a moment, in hours since the midnight on which the day began."""
    return (moment.astimezone(case.zone) - case.midnight()).total_seconds() / 3600.0


def _depth_in(case: Case, hours: float) -> float | None:
    """Depth [mm] that the known flow brings in some hours."""
    flows = flows_m3_h(case)
    return flows[0] * hours / (M3_PER_MM_HA * case.parcel.area_ha) if flows else None


def of_quota(case: Case) -> Iterator[Finding]:
    """The dose fits into what is left of the parcel's own quotas."""
    volume = case.proposed.volume_m3
    assert volume is not None

    def used_m3(quota: Quota) -> float:
        return sum(
            M3_PER_MM_HA * event.depth_mm * case.parcel.area_ha
            for event in case.events
            if quota.valid_from <= case.local_day(event.started_at) <= min(case.proposed.day, quota.valid_to)
        )

    for quota in _own_quotas(case):
        left = max(0.0, volume_m3(quota, case.inputs.quotas, used_m3) - used_m3(quota))
        yield Finding(
            name="within_quota",
            passed=volume <= left + SLACK_H,
            measured=volume,
            limit=left,
            severity="shrink",
            at_most_mm=left / (M3_PER_MM_HA * case.parcel.area_ha),
        )


def _own_quotas(case: Case) -> Iterator[Quota]:
    day, parcel = case.proposed.day, case.parcel
    for quota in case.inputs.quotas:
        if quota.parcel_id == parcel.id and quota.valid_from <= day <= quota.valid_to:
            yield quota
    season = season_began(parcel, day)
    if parcel.water.quota_m3 is not None and season is not None:
        yield Quota(parcel_id=parcel.id, valid_from=season, valid_to=day, volume_m3=parcel.water.quota_m3)


def uses_of(proposals: Sequence[tuple[Recommendation, Parcel]], inputs: JudgeInputs) -> dict[str, tuple[Use, ...]]:
    """What all proposals together ask of each turn, pump and canal quota, listed under every parcel that asks."""
    asked: dict[str, list[tuple[str, float]]] = {}
    there_is: dict[str, float] = {}
    for proposed, parcel in proposals:
        for name, amount, limit in (*_hours(proposed, parcel, inputs), *_volumes(proposed, parcel, inputs)):
            asked.setdefault(name, []).append((parcel.id, amount))
            there_is[name] = limit
    uses: dict[str, tuple[Use, ...]] = {}
    for name, users in asked.items():
        use = Use(name=name, asked=sum(amount for _, amount in users), there_is=there_is[name])
        for parcel_id, _ in users:
            uses[parcel_id] = (*uses.get(parcel_id, ()), use)
    return uses


def of_uses(case: Case) -> Iterator[Finding]:
    """Neighbours together do not ask for more than a turn, a pump or a canal's quota gives."""
    for use in case.uses:
        yield Finding(
            name="shared_water_suffices",
            passed=use.asked <= use.there_is + SLACK_H,
            measured=use.asked,
            limit=f"{use.there_is:g} ({use.name})",
        )


def _hours(proposed: Recommendation, parcel: Parcel, inputs: JudgeInputs) -> Iterator[tuple[str, float, float]]:
    """Hours that a proposal takes from a turn or a pump: (what, hours, hours there are)."""
    hours = proposed.duration_h or 0.0
    if takes_turns(parcel, inputs.turns):
        turn = turn_used(parcel, proposed, inputs.turns)
        if turn is not None:
            midnight = datetime.combine(proposed.day, time(0), tzinfo=ZoneInfo(parcel.timezone))
            length = min(_hours_between(max(turn.starts_at, midnight), turn.ends_at), 24.0)
            yield f"hours of turn {turn.canal} {turn.starts_at.isoformat()}", hours, length
        return
    pump = PumpDay.of(parcel, inputs.pumps, proposed.day)
    if pump is not None:
        yield f"hours of pump {parcel.water.pump}", hours, pump.hours


def _volumes(proposed: Recommendation, parcel: Parcel, inputs: JudgeInputs) -> Iterator[tuple[str, float, float]]:
    """Volume that a proposal takes from the quota of its canal: (what, m3, m3 left)."""
    canal = parcel.water.canal
    pump = None if takes_turns(parcel, inputs.turns) else PumpDay.of(parcel, inputs.pumps, proposed.day)
    if pump is not None and pump.capacity_m3 is not None:
        yield f"m3 a day of pump {parcel.water.pump}", proposed.volume_m3 or 0.0, pump.capacity_m3
    for quota in inputs.quotas:
        of_canal = quota.parcel_id is None and canal is not None and quota.canal == canal
        if of_canal and quota.valid_from <= proposed.day <= quota.valid_to:

            def used_m3(one: Quota) -> float:
                return _used_m3(one, proposed, inputs)

            left = max(0.0, volume_m3(quota, inputs.quotas, used_m3) - used_m3(quota))
            yield f"m3 of canal {canal} from {quota.valid_from}", proposed.volume_m3 or 0.0, left


def _used_m3(quota: Quota, proposed: Recommendation, inputs: JudgeInputs) -> float:
    users = {parcel.id: parcel for parcel in inputs.parcels if parcel.water.canal == quota.canal}
    return sum(
        M3_PER_MM_HA * event.depth_mm * users[event.parcel_id].area_ha
        for event in inputs.events
        if event.parcel_id in users
        and quota.valid_from
        <= event.started_at.astimezone(ZoneInfo(users[event.parcel_id].timezone)).date()
        <= min(proposed.day, quota.valid_to)
    )
