"""What tables of turns and pumps say that cannot be: told in one line each, and the rest of the district goes on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cloud.energy import ENERGIES, KWH_PER_UNIT, usual_hours
from cloud.records import CanalTurn, Pump

WITHOUT: Final = ("power_kw", "price_per_kwh", "price_per_unit", "tank_m3", "capacity_m3_day", "recharge_h")
"""Numbers that a pump can be used without; a wrong one is left out and the row is kept."""


def without_overlaps(turns: Sequence[CanalTurn]) -> tuple[tuple[CanalTurn, ...], tuple[str, ...]]:
    """Turns of one holder that do not overlap, in their order, and a line for each that is left out.

    Of two that overlap the one that begins first counts, whatever the order of the rows.
    """
    of_holder: dict[tuple[str, str, str], list[CanalTurn]] = defaultdict(list)
    for turn in turns:
        if turn.starts_at < turn.ends_at:
            of_holder[turn.canal, turn.group or "", turn.parcel_id or ""].append(turn)
    left_out: list[CanalTurn] = []
    for own in of_holder.values():
        last: CanalTurn | None = None
        for turn in sorted(own, key=lambda one: (one.starts_at, one.ends_at, one.digest())):
            if last is not None and turn.starts_at < last.ends_at:
                left_out.append(turn)
            else:
                last = turn
    kept = list(turns)
    for turn in left_out:
        kept.remove(turn)
    return tuple(kept), tuple(_overlap(turn) for turn in left_out)


def without_length(turns: Sequence[CanalTurn]) -> Iterator[str]:
    """A line for each turn that ends as it begins or before; it is kept, since its canal goes by turns all the same."""
    for turn in turns:
        if turn.ends_at <= turn.starts_at:
            ends = turn.ends_at.isoformat()
            yield f"{_named(turn)}: ends_at: expected a later time, got {ends}; it gives no water, correct it"


def _overlap(turn: CanalTurn) -> str:
    return (
        f"{_named(turn)}: expected turns that do not overlap, got one that begins before the end of another; the"
        " earlier counts, correct this one"
    )


def _named(turn: CanalTurn) -> str:
    whose = f"parcel {turn.parcel_id}" if turn.parcel_id else f"group {turn.group}" if turn.group else "all"
    return f"turn of canal {turn.canal} for {whose} from {turn.starts_at.isoformat()}"


def usable_cells(cells: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Cells of a pump without numbers that cannot be, and a line for each that was left out."""
    usable, problems = dict(cells), []
    for name in WITHOUT:
        text = cells.get(name, "")
        if text and not is_amount(text):
            usable[name] = ""
            problems.append(
                f"pump {cells.get('pump', '')} {name}: expected a number from 0 on, got {text!r}; it is left out and"
                " the pump kept, correct it"
            )
    flow = cells.get("flow_m3_h", "")
    if flow and not is_amount(flow):
        # Without its row the pump's parcels would count as on demand, at any hour.
        usable["flow_m3_h"] = "0"
        problems.append(
            f"pump {cells.get('pump', '')} flow_m3_h: expected a number from 0 on, got {flow!r}; taken as 0"
        )
    return usable, tuple(problems)


def is_amount(text: str) -> bool:
    """Whether a cell holds a finite number from 0 on."""
    try:
        return 0.0 <= float(text) < float("inf")
    except ValueError:
        return False


def pump_problems(pumps: Sequence[Pump]) -> Iterator[str]:
    """Pumps that stand still."""
    for name in sorted({pump.pump for pump in pumps if pump.flow_m3_h == 0.0}):
        yield f"pump {name} flow_m3_h: expected a flow above 0, got 0; no parcel of it is given water, correct it"


def pump_notes(pumps: Sequence[Pump]) -> Iterator[str]:
    """What of a table of pumps has no effect, or is narrowed."""
    for pump in pumps:
        if pump.energy is not None and pump.energy not in ENERGIES:
            known = ", ".join(ENERGIES)
            yield f"pump {pump.pump}: energy {pump.energy!r} is none of {known}; only price_per_kwh counts"
        priced = pump.price_per_kwh is not None or pump.price_per_unit is not None
        if priced and pump.power_kw is None:
            yield f"pump {pump.pump}: a price without power_kw has no effect"
        if pump.price_per_unit is not None and pump.price_per_kwh is None and pump.energy not in KWH_PER_UNIT:
            yield f"pump {pump.pump}: price_per_unit is of a litre of diesel or a bottle of butane; it has no effect"
    rows: dict[str, list[Pump]] = defaultdict(list)
    for pump in pumps:
        rows[pump.pump].append(pump)
    for name, own in sorted(rows.items()):
        if len({pump.flow_m3_h for pump in own}) > 1:
            yield f"pump {name}: its rows have different flows; the smallest counts in all its hours"
        if _overlapping(own):
            yield f"pump {name}: hours of its rows overlap; the cheaper row counts in them"


def _overlapping(rows: Sequence[Pump]) -> bool:
    taken: set[int] = set()
    for pump in rows:
        hours = usual_hours(pump)
        first, last = (0, 1440) if hours is None else (round(60 * hours[0]), round(60 * hours[1]))
        minutes = {minute % 1440 for minute in range(first, last if last > first else last + 1440)}
        if taken & minutes:
            return True
        taken |= minutes
    return False
