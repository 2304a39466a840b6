"""The account of a parcel's water in plain words, every number of it adding up as it is printed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from cloud.advice.words import advice_lines, basis_lines
from cloud.explanation.account import MovementKind, WaterAccount, account_of, closed_in_tenths
from cloud.explanation.case import Case, Explanation
from cloud.explanation.dose_words import dose_lines
from cloud.records import ObservationKind
from cloud.water_day import ObservedChange, Spread, SpreadCause

MOVED: Final[Mapping[MovementKind, tuple[str, str]]] = {
    "use": ("the crop and the bare soil used", "used by the crop and the bare soil"),
    "rain": ("rain taken back", "rain that fell"),
    "runoff": ("of that rain ran off", "runoff taken back"),
    "irrigation": ("irrigation taken back", "irrigation that reached the soil"),
    "drainage": ("drained below the roots", "came back from below the roots"),
    "capillary_rise": ("went back to the water table", "rose from the water table"),
    "root_growth": ("the roots grew into soil that was not full", "the roots grew into soil wetter than full"),
    "observations": ("what was seen in the field: more is missing", "what was seen in the field: less is missing"),
    "unrecorded": ("no record tells why more is missing", "no record tells why less is missing"),
}
"""How a movement is called where it leaves more water missing, and where it leaves less."""

ALWAYS_SAID: Final = frozenset({"use", "rain", "irrigation"})
"""Movements whose absence is worth a line."""

SEEN: Final[Mapping[ObservationKind, str]] = {
    "canopy_cover_fraction": "share of ground under leaves",
    "stress_index": "thirst of the crop (0 none, 1 full)",
    "cwsi": "thirst by the heat of the leaves (0 none, 1 full)",
    "soil_water_fraction": "water in the soil [m3 per m3]",
    "depletion_mm": "missing water [mm]",
}
CAUSES: Final[Mapping[SpreadCause, str]] = {
    "soil": "how much water the soil can hold",
    "roots": "how deep the roots go",
    "below": "how wet the soil below the roots is, into which they grow",
    "crop": "how much this crop uses",
    "demand": "how much water the air drew in the last days",
    "rain": "how much rain fell on the field",
    "irrigation": "how much irrigation arrived",
    "start": "how wet the soil was at the start",
    "rest": "errors of single days, above all of the air's demand, and what the causes do together",
}
SMALLEST_SHARE: Final = 0.03
"""A cause that explains less is not named alone."""

_WIDTH: Final = 58


def explanation_of(case: Case) -> Explanation:
    """The whole explanation of a parcel's day."""
    account = account_of(case.rows, case.day, case.first)
    seen = () if account is None else _seen_in(case, account)
    return Explanation(
        parcel_id=case.parcel_id,
        parcel_name=case.name,
        day=case.day,
        account=account,
        observations=seen,
        spread=case.spread if account is not None else None,
        lines=tuple(_lines(case, account, seen)),
    )


def _lines(case: Case, account: WaterAccount | None, seen: Sequence[ObservedChange]) -> Iterator[str]:
    yield f"Parcel {case.name} ({case.parcel_id}), {case.day}, {case.timezone}"
    if case.verdict is not None:
        yield from advice_lines(case.verdict)
    if account is None:
        yield f"Water account: no day of soil water is known up to {case.day}."
    else:
        yield from account_lines(account)
        yield from observation_lines(account, seen, case.timezone)
        yield from doubt_lines(account, case.spread)
        yield from spread_lines(account, case.spread)
    if case.verdict is not None:
        yield from dose_lines(case.verdict, account, case.efficiency)
        yield from basis_lines(case.verdict)


def account_lines(account: WaterAccount) -> Iterator[str]:
    """Opening, what moved and closing [mm], each with its sign; as printed they add up exactly."""
    yield "Water missing from the root zone, in mm (1 mm is 10 m3 on a hectare; 0 is a soil as full as it can stay):"
    since = "where the record begins" if account.opens_the_record else f"{account.days} days earlier"
    yield _sum(" ", f"missing on the evening of {account.opened_on}, {since}", account.opening_mm)
    for kind, (more, less) in MOVED.items():
        depth_mm = account.moved_mm(kind)
        if depth_mm == 0.0 and kind not in ALWAYS_SAID:
            continue
        words = more if depth_mm > 0.0 else less
        if kind == "use":
            words = f"{more} ({account.from_bare_soil_mm:.1f} from bare soil)"
        yield _sum("+" if depth_mm > 0.0 or kind == "use" else "-", words, abs(depth_mm))
    yield _sum("=", f"missing on the evening of {account.closed_on}", account.closing_mm)
    between = f"between {account.closing_p10_mm:.1f} and {account.closing_p90_mm:.1f}"
    yield f"  This is the average of all possibilities; 8 chances in 10 that it is {between}."
    if account.missing_days:
        yield f"  Without a record: {', '.join(str(day) for day in account.missing_days)}."
    yield _holding(account)


def observation_lines(account: WaterAccount, seen: Sequence[ObservedChange], timezone: str) -> Iterator[str]:
    """What was seen, what was expected, and what each sighting changed; the changes add up to the account's."""
    total = account.moved_mm("observations")
    if not seen:
        if total == 0.0:
            yield "Used of what was seen in the field in these days: nothing; weather, irrigation and soil alone speak."
        else:
            yield "Used of what was seen in the field in these days: the sightings were not kept one by one."
        return
    amounts = [one.correction_mm for one in seen]
    _, shown, _ = closed_in_tenths(0.0, [*amounts, total - sum(amounts)], total)
    yield "Used of what was seen in the field in these days, and what it changed in mm of missing water:"
    for one, tenths in zip(seen, shown, strict=False):
        yield f"  {_sighting(one, timezone)}: {_changed(one, tenths / 10.0)}"
    if shown[-1]:
        yield f"  other sightings, not kept one by one: {shown[-1] / 10.0:+.1f}"


def doubt_lines(account: WaterAccount, spread: Spread | None) -> Iterator[str]:
    """What is doubted, or inferred without anybody telling it."""
    if spread is not None and spread.day == account.closed_on and spread.doubts:
        yield "Doubted, or inferred without anybody telling:"
        yield from (f"  {line}" for line in spread.doubts)


def spread_lines(account: WaterAccount, spread: Spread | None) -> Iterator[str]:
    """What the estimate may be wrong about, the greatest cause first."""
    if spread is None or spread.day != account.closed_on:
        yield "What is uncertain: the share of each cause was not kept for this day."
        return
    off = f"the {account.closing_mm:.1f} mm may be off by {spread.sigma_mm:.1f} either way"
    yield f"What is uncertain: {off}. That comes from:"
    named = {cause: share for cause, share in spread.shares.items() if share >= SMALLEST_SHARE and cause != "rest"}
    for cause, share in sorted(named.items(), key=lambda item: -item[1]):
        yield f"  {share:4.0%}  {CAUSES[cause]}"
    left = 1.0 - sum(round(share, 2) for share in named.values())
    if left >= SMALLEST_SHARE:
        yield f"  {left:4.0%}  {CAUSES['rest']}"


def _seen_in(case: Case, account: WaterAccount) -> tuple[ObservedChange, ...]:
    return tuple(
        one for row in case.rows if account.opened_on < row.day <= account.closed_on for one in row.observations
    )


def _sum(sign: str, words: str, depth_mm: float) -> str:
    return f"  {sign} {words:<{_WIDTH}} {depth_mm:7.1f}"


def _holding(account: WaterAccount) -> str:
    roots = f"  The roots reach {account.root_depth_m:.2f} m."
    if account.closing_mm < 0.0:
        return f"{roots} That soil holds {-account.closing_mm:.1f} mm more than it can keep: this will drain."
    easy = account.readily_available_mm
    used = f" ({account.closing_mm / easy:.0%} of these are gone)" if easy > 0.0 else ""
    return (
        f"{roots} Full, that soil holds {account.total_available_mm:.1f} mm for the crop, of which the first"
        f" {easy:.1f} come easily{used}; beyond, the crop suffers."
    )


def _sighting(one: ObservedChange, timezone: str) -> str:
    at = one.observed_at.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")
    return (
        f"{at} {one.source}, {SEEN[one.kind]}: seen {one.seen:.3g} +- {one.sigma:.2g},"
        f" expected {one.expected:.3g} +- {one.expected_sigma:.2g}"
    )


def _changed(one: ObservedChange, correction_mm: float) -> str:
    words = f"{correction_mm:+.1f}"
    if correction_mm == 0.0:
        words = "0.0, it changed nothing"
    elif one.kind == "soil_water_fraction" and (one.seen > one.expected) == (correction_mm > 0.0):
        # A wetter soil with more missing, or a drier one with less: the limits were learned, not only the water.
        words += f", and full it holds {'more' if correction_mm > 0.0 else 'less'} than thought"
    if one.suspect:
        words += ", doubted" + ("" if one.note else ": too far from what was expected")
    return f"{words} ({one.note})" if one.note else words
