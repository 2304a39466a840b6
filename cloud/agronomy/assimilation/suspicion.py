"""Which sources of observations can no longer be believed, and why.

Some faults are plain to see: a probe in air, a number that does not move. Others show in a source's record: it leans to
one side, says stress where water came, is odd again and again. Where surprises come with told water and not between,
the teller is wrong and not the sensor.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np

from cloud.agronomy.assimilation.readings import Batch
from cloud.agronomy.assimilation.trust import SOIL_KINDS, Key, Mark, Trusts
from cloud.variables import Floats, Indices

Fault = Literal[
    "stuck", "out_of_soil", "drifts", "odd", "always_stress", "too_much", "too_little", "not_seen", "litres"
]
_FAULTS: Final[tuple[Fault | None, ...]] = (
    None,
    "stuck",
    "out_of_soil",
    "drifts",
    "odd",
    "always_stress",
    "too_much",
    "too_little",
    "not_seen",
    "litres",
)

_AIR: Final = 0.5
"""Share of the wilting point below which a probe stands in air: no root and no week of sun dries soil so far."""
_WETTEST_AIR: Final = 0.06
_STILL_SHARE: Final = 0.05
_STILL_FRACTION: Final = 0.0015
_STILL_READINGS: Final = 4
_STUCK_PRIOR: Final = 0.01
_REPEATED_BY_CHANCE: Final = 0.08
_MISSED: Final = 1.5
_BIAS_LIMIT: Final = 0.38
_BIAS_READINGS: Final = 20

_BIAS_BELIEVED: Final = 0.3
"""Share that a reading of a drifting source still counts: it may be the soil's limits that are wrong."""
_RELIEVED_DAYS: Final = 3.0

_RELIEVED: Final = (0.2, 0.3)
"""Stress index below which a crop is at ease, and above which it is not."""
_UNRELIEVED: Final = 0.7
_ODD_LIMIT: Final = 0.4
_CLEARED: Final = 0.2
_ODD_READINGS: Final = 2.5
_RATIO_KEPT: Final = 0.9
_RATIO_CLAIMS: Final = 2.5
_RATIO_SIGMAS: Final = 2.5
_RATIO_OFF: Final = 0.3
_RATIO_NOTHING: Final = 0.25
_RATIO_BOUNDS: Final = (-0.5, 3.0)
_MISLED_FAULTS: Final[frozenset[Fault]] = frozenset({"drifts", "odd"})
_TINY_LIMIT: Final = 1.5

_PLAIN_CONTRAST: Final = -0.95
"""The same for a source that leans to no side: told water that comes only at times."""

_CONTRAST_LIMITS: Final = (0.45, 0.8)
"""Standard errors by which surprises with told water differ from the others before the teller is blamed: for telling
too much, and for telling too little, which is rarer."""
_KIND_WORDS: Final = {
    "soil_water_fraction": "probe",
    "depletion_mm": "soil reading",
    "stress_index": "camera",
    "cwsi": "canopy thermometer",
    "canopy_cover_fraction": "camera",
    "told": "irrigation reports",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectSource:
    """A source that cannot be believed, and why."""

    parcel_id: str
    kind: str
    """Kind of its observations, or ``told`` for who tells the irrigation."""
    source: str
    fault: Fault
    since: date
    until: date
    """Last day on which it was observed with this fault."""
    note: str


def impossible(batch: Batch, wilting_fraction: Floats) -> Floats:
    """(n,) 1 where a probe reads so little water that it stands in air, else 0."""
    if batch.kind != "soil_water_fraction":
        return np.zeros(len(batch.observations))
    limit = np.minimum(_AIR * wilting_fraction, _WETTEST_AIR)
    return (batch.value[:, 0] < limit).astype(np.float64)


def still(trusts: Trusts, places: Indices, batch: Batch, innovation: Floats) -> tuple[Floats, Floats]:
    """(n,) 1 where a number has not moved through what should have moved it, and how likely that is by now.

    A sound sensor repeats its number to the last digit about once in twelve; the reading is remembered.
    """
    table, value, sigma = trusts.table, batch.value[:, 0], batch.sigma[:, 0]
    anchor = table[places, Mark.ANCHOR]
    grain = np.minimum(_STILL_SHARE * sigma, _STILL_FRACTION if batch.kind == "soil_water_fraction" else np.inf)
    same = (np.abs(value - anchor) <= grain) & (batch.kind in SOIL_KINDS)
    count = np.where(same, table[places, Mark.STILL] + 1.0, 1.0)
    missed = np.where(same, table[places, Mark.MISSED] + np.abs(innovation), 0.0)
    table[places, Mark.ANCHOR] = np.where(same, anchor, value)
    table[places, Mark.STILL], table[places, Mark.MISSED] = count, missed
    odds = _STUCK_PRIOR * _REPEATED_BY_CHANCE ** (1.0 - count)
    likely = odds / (1.0 + odds) * np.minimum(missed / (_MISSED * sigma), 1.0)
    found = (count >= _STILL_READINGS) & (missed > _MISSED * sigma)
    return np.where(found, np.float64(1.0), 0.0), np.where(same, likely, 0.0)


def unrelieved(trusts: Trusts, places: Indices, batch: Batch, watered: Floats, surprise: Floats) -> Floats:
    """(n,) 1 where a camera says stress again and again though water came, else 0; remembers the reading.

    ``watered`` (n,) days since water came, ``surprise`` (n,) standard errors by which it says more than expected.
    """
    if batch.kind not in {"stress_index", "cwsi"}:
        return np.zeros(len(places))
    table, value = trusts.table, batch.value[:, 0]
    against = (value > _RELIEVED[1]) & (watered <= _RELIEVED_DAYS) & (surprise > _UNRELIEVED)
    count = table[places, Mark.TINY] + against
    table[places, Mark.TINY] = np.where(value < _RELIEVED[0], 0.0, count)
    found: Floats = (table[places, Mark.TINY] > _ODD_READINGS).astype(np.float64)
    return found


def distrust(trusts: Trusts, places: Indices) -> Floats:
    """(n,) least probability of a fault for what is known of each source: one that drifts still says something."""
    drifting = trusts.table[places, Mark.FAULT] == _FAULTS.index("drifts")
    return np.where(drifting, np.float64(1.0 - _BIAS_BELIEVED), 0.0)


def diagnose(trusts: Trusts, places: Indices, batch: Batch, day: int, hard: tuple[Floats, Floats, Floats]) -> Floats:
    """Name what is wrong with each source after its reading; ``hard`` (n,) tell one stuck, in air, never at ease.

    A source whose surprises come with told water and not between is no drifting one: who tells the water is wrong.
    Returned is that surprise (n,) in standard errors, 0 where nobody is to blame for it.
    """
    table, soil = trusts.table, batch.kind in SOIL_KINDS
    share = table[places, Mark.ODD] / np.maximum(table[places, Mark.COUNT], 1.0)
    bias, before = table[places, Mark.BIAS], table[places, Mark.FAULT]
    drifts = (table[places, Mark.READINGS] >= _BIAS_READINGS) & (np.abs(bias) > _BIAS_LIMIT) & soil
    contrast = table[places, Mark.TOLD_Z] - table[places, Mark.FREE_Z]
    limit = np.where(bias < 0.0, *_CONTRAST_LIMITS)
    enough = (table[places, Mark.READINGS] >= _BIAS_READINGS) & soil
    teller = (drifts & (contrast * np.sign(bias) > limit)) | (enough & (contrast < _PLAIN_CONTRAST))
    teller &= ~np.any([finding > 0.0 for finding in hard], axis=0)
    odd = (table[places, Mark.COUNT] > _ODD_READINGS) & (share > _ODD_LIMIT)
    kept = np.where((share > _CLEARED) & (before != _FAULTS.index("drifts")), before, 0.0)
    names: tuple[Fault, ...] = ("out_of_soil", "stuck", "always_stress")
    code = np.select(
        [*(finding > 0.0 for finding in hard), kept > 0.0, drifts & ~teller, odd],
        [*(_FAULTS.index(name) for name in names), kept, _FAULTS.index("drifts"), _FAULTS.index("odd")],
        0.0,
    )
    table[places, Mark.SINCE] = np.where(code != before, day, table[places, Mark.SINCE])
    table[places, Mark.FAULT] = code
    return np.where(teller, contrast, 0.0)


def blame(trusts: Trusts, places: Indices, day: int, contrast: Floats) -> None:
    """Enter against those who tell irrigation (n,) what probes show of it, in standard errors."""
    trusts.table[places, Mark.TOLD_Z] = contrast
    _judge(trusts.table, places, day)


def remember_share(trusts: Trusts, places: Indices, day: int, share: tuple[Floats, Floats]) -> None:
    """Enter how much of a told irrigation the soil saw, (n,) share and its standard error, and judge who told it."""
    table = trusts.table
    seen, error = np.clip(share[0], *_RATIO_BOUNDS), np.maximum(share[1], 0.1)
    table[places, Mark.COUNT] = _RATIO_KEPT * table[places, Mark.COUNT] + 1.0
    table[places, Mark.SEEN] = _RATIO_KEPT * table[places, Mark.SEEN] + seen / error**2
    table[places, Mark.EXPECTED] = _RATIO_KEPT * table[places, Mark.EXPECTED] + 1.0 / error**2
    _judge(table, places, day)


def remember_tiny(trusts: Trusts, places: Indices, day: int, probability: Floats) -> None:
    """Enter irrigation told as next to nothing where the soil probably (n,) saw a whole one."""
    trusts.table[places, Mark.TINY] += probability
    _judge(trusts.table, places, day)


def _judge(table: Floats, places: Indices, day: int) -> None:
    precision = np.maximum(table[places, Mark.EXPECTED], 1e-9)
    mean, blamed = table[places, Mark.SEEN] / precision, table[places, Mark.TOLD_Z]
    off = (np.abs(mean - 1.0) > np.maximum(_RATIO_OFF, _RATIO_SIGMAS / np.sqrt(precision))) & (
        table[places, Mark.COUNT] > _RATIO_CLAIMS
    )
    less, more = (off & (mean < 1.0)) | (blamed < 0.0), off | (blamed > 0.0)
    nothing = less & (mean < _RATIO_NOTHING) & (table[places, Mark.COUNT] > _RATIO_CLAIMS)
    names: tuple[Fault, ...] = ("litres", "not_seen", "too_much", "too_little")
    code = np.select(
        [table[places, Mark.TINY] > _TINY_LIMIT, nothing, less, more], [_FAULTS.index(name) for name in names], 0.0
    )
    before = table[places, Mark.FAULT]
    table[places, Mark.SINCE] = np.where(code != before, day, table[places, Mark.SINCE])
    table[places, Mark.FAULT], table[places, Mark.LAST] = code, day


def suspects(trusts: Trusts) -> tuple[SuspectSource, ...]:
    """Every source that stands under suspicion now, one for the layers of one instrument.

    Where those who tell the irrigation are wrong, that explains a probe that leans or is odd: one culprit is named.
    """
    cases = [
        _suspect(key, fault, trusts.table[row])
        for key, row in trusts.rows.items()
        if (fault := _FAULTS[int(trusts.table[row, Mark.FAULT])]) is not None
    ]
    misled = {one.parcel_id for one in cases if one.kind == "told"}
    found: dict[tuple[str, str, str, Fault], SuspectSource] = {}
    for one in cases:
        if not (one.parcel_id in misled and one.kind in SOIL_KINDS and one.fault in _MISLED_FAULTS):
            found.setdefault((one.parcel_id, one.kind, one.source, one.fault), one)
    return tuple(found[key] for key in sorted(found))


def words_of(kind: str, source: str) -> str:
    """What people call a source."""
    name = _KIND_WORDS[kind]
    if kind == "told":
        return f"{name} ({source})"
    return source if source.lower().startswith(name) else f"{name} {source}"


def _suspect(key: Key, fault: Fault, marks: Floats) -> SuspectSource:
    parcel_id, kind, source, _ = key
    since, until = _day(marks[Mark.SINCE]), _day(marks[Mark.LAST])
    seen, expected = marks[Mark.SEEN], marks[Mark.EXPECTED]
    share = seen / expected if kind == "told" and expected > 0.0 else np.nan
    why = {
        "stuck": f"has stood at {seen:.3g} for {marks[Mark.STILL]:.0f} readings while {expected:.3g} is expected",
        "out_of_soil": f"reads {seen:.3g}, drier than any soil: it stands in air or its cable is broken",
        "drifts": f"keeps reading {'more' if marks[Mark.BIAS] > 0.0 else 'less'} than expected, now {seen:.3g} for"
        f" {expected:.3g}: it drifts, or the soil's limits or the told irrigation are wrong",
        "odd": f"disagrees again and again with all else that is known, now {seen:.3g} for {expected:.3g}",
        "always_stress": f"says stress ({seen:.2g}) again and again after water came ({expected:.2g} expected)",
        "too_much": f"tell more than the soil sees (about {share:.0%}): counted twice, not done, or lost on the way",
        "too_little": f"tell less than the soil sees (about {share:.0%}): a unit or another source of water",
        "not_seen": "tell irrigation that the soil does not see",
        "litres": "tell next to nothing where the soil sees a whole irrigation: litres taken for cubic metres?",
    }[fault]
    then = {"drifts": "believed less; check it", "told": "check them"}
    way_out = then.get(fault, then.get(kind, "set aside until it agrees again"))
    line = f"parcel {parcel_id}: {words_of(kind, source)} {why} (since {since}); {way_out}"
    return SuspectSource(
        parcel_id=parcel_id,
        kind=kind,
        source=source,
        fault=fault,
        since=since,
        until=until,
        note=line,
    )


def _day(ordinal: float) -> date:
    day: date = np.datetime64(int(ordinal), "D").item()
    return day
