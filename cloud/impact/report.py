"""What a trial says, as JSON holds it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from cloud.impact.analysis import Analysis
from cloud.impact.compliance import Compliance
from cloud.impact.interval import Interval
from cloud.impact.panel import Panel
from cloud.variables import Floats

_M3_PER_MM_HA: Final = 10.0

LIMITS: Final = (
    "The saving is that of the advised parcel-seasons as assigned, whether or not the advice was followed.",
    "Need is computed without stress or soil survey: what is constant in its error cancels, what changes does not.",
    "Water that the advised left may be used by others: what is saved at the inlet is not yet saved in the aquifer.",
)


def report_of(
    analysis: Analysis, panel: Panel, gap_fraction: Floats, compliance: Compliance | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole report; ``given`` names the inputs and what was told while they were read."""
    findings, verdict = analysis.findings, analysis.verdict
    return {
        "verdict": verdict.text,
        "saved": verdict.saved,
        "saved_fraction": verdict.value,
        "saved_low_fraction": verdict.low,
        "saved_high_fraction": verdict.high,
        "confidence": findings.design.confidence,
        "reasons": list(verdict.reasons),
        "more_parcel_seasons": verdict.more_parcel_seasons,
        "design": findings.design.model_dump(mode="json"),
        "registered": findings.registered,
        "water": {**interval(findings.water), **_volumes(findings.water)},
        "water_gaps_at_worst": interval(findings.worst),
        "water_gaps_at_best": interval(findings.best),
        "yield_change": _changed(findings.grown),
        "chance": None
        if findings.chance is None
        else {"p_value": findings.chance.p_value, "draws": findings.chance.drawn},
        "before_the_trial": None if findings.before is None else interval(findings.before),
        "placebo": None
        if analysis.placebo is None
        else {"called_an_effect_fraction": analysis.placebo[0], "draws": analysis.placebo[1]},
        "attrition": {
            "advised": findings.attrition.advised,
            "advised_lost": findings.attrition.advised_lost,
            "comparing": findings.attrition.comparing,
            "comparing_lost": findings.attrition.comparing_lost,
            "difference_fraction": findings.attrition.difference,
        },
        "compliance": _compliance(compliance, findings.water),
        "seasons": {name: interval(one) for name, one in analysis.seasons.items()},
        "crops": {name: interval(one) for name, one in analysis.crops.items()},
        "gaps": _gaps(gap_fraction),
        "groups": groups(panel),
        "not_compared": list(findings.water.dropped),
        "limits": list(LIMITS),
        **given,
    }


def interval(one: Interval) -> dict[str, Any]:
    """An interval of the share saved."""
    return {
        "saved_fraction": one.value,
        "low": one.low,
        "high": one.high,
        "blocks": one.blocks,
        "advised_parcel_seasons": one.parcel_seasons[0],
        "comparing_parcel_seasons": one.parcel_seasons[1],
    }


def _volumes(one: Interval) -> dict[str, Any]:
    if not one.advised_area_ha or one.value is None:
        return {"used_m3_ha": None, "expected_m3_ha": None, "saved_m3_ha": None, "saved_m3": None}
    used, expected = (_M3_PER_MM_HA * total for total in (one.taken, one.counterfactual))
    return {
        "used_m3_ha": used / one.advised_area_ha,
        "expected_m3_ha": expected / one.advised_area_ha,
        "saved_m3_ha": (expected - used) / one.advised_area_ha,
        "saved_m3": expected - used,
    }


def _changed(one: Interval) -> dict[str, Any]:
    """A loss of yield turned into a change: minus is a loss."""
    turned = {
        name: None if value is None else -value for name, value in (("v", one.value), ("l", one.low), ("h", one.high))
    }
    return {
        "change_fraction": turned["v"],
        "low": turned["h"],
        "high": turned["l"],
        "parcel_seasons": list(one.parcel_seasons),
    }


def _compliance(one: Compliance | None, found: Interval) -> dict[str, Any] | None:
    if one is None:
        return None
    contrast = one.contrast
    return {
        "assigned_parcel_seasons": one.assigned,
        "advised_as_assigned": one.advised_as_assigned,
        "advised_before_their_turn": one.advised_before_their_turn,
        "followed_fraction": one.followed_fraction,
        "saved_fraction_where_advised": None
        if not contrast or found.value is None or one.advised_before_their_turn
        else found.value / contrast,
        "note": "the verdict counts everybody as assigned; the share where advised supposes that assignment alone"
        " saved nothing",
    }


def _gaps(gap_fraction: Floats) -> dict[str, Any]:
    known = gap_fraction[np.isfinite(gap_fraction)]
    return {
        "parcel_seasons": int(known.size),
        "with_gaps": int((known > 0.0).sum()),
        "mean_fraction": float(known.mean()) if known.size else None,
    }


def groups(panel: Panel) -> list[dict[str, Any]]:
    """Metered and needed water of each group of starts by season [m3/ha], for drawings."""
    rows = []
    for start in np.unique(panel.start):
        mine = (panel.start == start)[:, None] & np.isfinite(panel.used_mm) & (panel.crop >= 0)
        area = np.where(mine, panel.area_ha, 0.0)
        hectares = area.sum(axis=0)
        used, need = (_over(np.nansum(area * values, axis=0), hectares) for values in (panel.used_mm, panel.need_mm))
        name = panel.seasons[start] if start < len(panel.seasons) else None
        rows.append({"starts": name, "seasons": list(panel.seasons), "used_m3_ha": used, "need_m3_ha": need})
    return rows


def _over(total: Floats, hectares: Floats) -> list[float | None]:
    return [
        float(_M3_PER_MM_HA * one / size) if size > 0.0 else None for one, size in zip(total, hectares, strict=True)
    ]
