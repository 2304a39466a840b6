"""How a dose, or a wait, follows from the water that is missing, in plain words."""

from collections.abc import Iterator

from cloud.advice.outlook import RAIN_COUNTED_DAYS
from cloud.advice.words import REASONS
from cloud.explanation.account import WaterAccount
from cloud.records import Recommendation, Verdict


def dose_lines(verdict: Verdict, account: WaterAccount | None, efficiency: float | None) -> Iterator[str]:
    """From the evening's missing water to the decision, and to the dose where water is due."""
    proposed = verdict.proposed
    if proposed.depletion_mm is None:
        yield f"How the advice follows: no soil water is known for {proposed.day}, so nothing is advised from it."
        return
    yield "How the advice follows:"
    yield f"  {_evening(proposed, account)}"
    if proposed.stress_probability_if_ignored is not None:
        risk = proposed.stress_probability_if_ignored
        reason = REASONS.get(proposed.reason_code, proposed.reason_code)
        yield (
            f"  Without water the crop would run short before the next chance in {_in_hundred(risk)} cases. What the"
            f" yield would lose by that is held against what waiting saves; the outcome: {reason}."
        )
    if proposed.action == "irrigate" and proposed.depth_mm is not None:
        yield from _dose(verdict, efficiency)


def _evening(proposed: Recommendation, account: WaterAccount | None) -> str:
    assert proposed.depletion_mm is not None
    middle, low, high = proposed.depletion_mm.p50, proposed.depletion_mm.p10, proposed.depletion_mm.p90
    words = f"{middle:.1f} mm missing, 8 chances in 10 from {low:.1f} to {high:.1f}"
    if account is None:
        return f"On the evening of {proposed.day}: {words} (the middle of all possibilities)."
    # The account closes on the mean, the advice states the median: their difference is no water that moved.
    aside = (
        f"(the middle of all possibilities; the account above closes on their average, {account.closing_mm:.1f}, and"
        " the two differ by themselves where the possibilities lie unevenly)"
    )
    days = (proposed.day - account.closed_on).days
    if days <= 0:
        return f"On the evening of {proposed.day}: {words} {aside}."
    ahead = "The forecast of 1 day" if days == 1 else f"The forecast of {days} days"
    before = f"{account.closing_p10_mm:.1f} to {account.closing_p90_mm:.1f}"
    return (
        f"{ahead} moves the 8 chances in 10 from {before} mm missing to {low:.1f} to {high:.1f} on the evening of"
        f" {proposed.day}. The advice goes by {middle:.1f} mm {aside}."
    )


def _dose(verdict: Verdict, efficiency: float | None) -> Iterator[str]:
    proposed, spoken = verdict.proposed, verdict.recommendation
    assert proposed.depth_mm is not None
    gross = proposed.depth_mm
    yield (
        "  The dose stands where one more millimetre would cost more, drained in the wetter possibilities, than it is"
        f" worth in the drier ones. It leaves room for the rain of {RAIN_COUNTED_DAYS} days{_expected_rain(proposed)};"
        " it keeps to what one irrigation, the pump and the quota can give."
    )
    if efficiency is not None:
        assert proposed.depletion_mm is not None
        net = gross.p50 * efficiency
        left = proposed.depletion_mm.p50 - net
        after = f"{left:.1f} mm stay missing" if left >= 0.0 else f"{-left:.1f} mm more than in the middle case"
        share = f"of which {efficiency:.0%} reach the roots"
        yield f"  {gross.p50:.0f} mm at the inlet, {share}, give them {net:.1f} mm: {after}."
    if verdict.decision == "shrink" and spoken.depth_mm is not None:
        yield f"  The {verdict.reviewer} made it smaller: {gross.p50:.0f} mm became {spoken.depth_mm.p50:.0f} mm."
    elif spoken.action != "irrigate":
        yield f"  The {verdict.reviewer} did not let it pass: no dose may be spoken."


def _expected_rain(proposed: Recommendation) -> str:
    rain_mm = next((fact.value for fact in proposed.evidence if fact.kind == "forecast_rain_mm"), None)
    return "" if rain_mm is None else f" ({rain_mm:.1f} mm expected)"


def _in_hundred(probability: float) -> str:
    return f"{100.0 * probability:.0f} of 100"
