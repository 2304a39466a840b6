from collections.abc import Callable
from datetime import date

from cloud.explanation.account import account_of
from cloud.explanation.dose_words import dose_lines
from cloud.records import Evidence, Quantiles, Verdict
from cloud.water_day import WaterDay

MakeVerdict = Callable[..., Verdict]
MakeRows = Callable[..., tuple[WaterDay, ...]]


def test_a_dose_follows_step_by_step(make_verdict: MakeVerdict, make_rows: MakeRows) -> None:
    account = account_of(make_rows(date(2026, 5, 1), 8.0, [{"etc_adj_mm": 2.0}] * 12), date(2026, 5, 14))
    lines = list(dose_lines(make_verdict(), account, 0.8))
    aside = (
        "(the middle of all possibilities; the account above closes on their average, 32.0, and"
        " the two differ by themselves where the possibilities lie unevenly)"
    )
    rest = "it keeps to what one irrigation, the pump and the quota can give"
    assert [line.replace(rest, "REST") for line in lines] == [
        "How the advice follows:",
        (
            "  The forecast of 2 days moves the 8 chances in 10 from 24.0 to 41.0 mm missing to 32.0 to 52.0 on the"
            f" evening of 2026-05-14. The advice goes by 41.0 mm {aside}."
        ),
        (
            "  Without water the crop would run short before the next chance in 62 of 100 cases. What the yield"
            " would lose by that is held against what waiting saves; the outcome: the crop would probably run short"
            " before water can next be had."
        ),
        (
            "  The dose stands where one more millimetre would cost more, drained in the wetter possibilities, than"
            " it is worth in the drier ones. It leaves room for the rain of 5 days; REST."
        ),
        "  40 mm at the inlet, of which 80% reach the roots, give them 32.0 mm: 9.0 mm stay missing.",
    ]


def test_a_middle_below_the_average_is_no_water_that_came_back(make_verdict: MakeVerdict, make_rows: MakeRows) -> None:
    dry = [{"etc_adj_mm": 2.0}] * 13
    tomorrow = account_of(make_rows(date(2026, 5, 1), 20.0, dry), date(2026, 5, 14))
    line = list(dose_lines(make_verdict(), tomorrow, None))[1]
    assert "less missing" not in line
    assert "The forecast of 1 day moves the 8 chances in 10 from 38.0 to 55.0 mm missing to 32.0 to 52.0" in line
    assert "goes by 41.0 mm (the middle of all possibilities; the account above closes on their average, 46.0" in line
    same_day = account_of(make_rows(date(2026, 5, 1), 20.0, [*dry, *dry[:1]]), date(2026, 5, 14))
    said = list(dose_lines(make_verdict(), same_day, None))[1]
    assert said.startswith("  On the evening of 2026-05-14: 41.0 mm missing")
    assert "closes on their average, 48.0" in said


def test_the_rain_that_leaves_the_dose_smaller_is_said(make_verdict: MakeVerdict) -> None:
    rain = Evidence(kind="forecast_rain_mm", value=19.64, source="forecast of 5 days")
    lines = list(dose_lines(make_verdict(evidence=(rain,)), None, 0.8))
    assert "It leaves room for the rain of 5 days (19.6 mm expected); it keeps" in lines[3]


def test_a_dose_beyond_the_middle_and_one_that_was_cut(make_verdict: MakeVerdict) -> None:
    smaller = {"depth_mm": Quantiles(p10=20.0, p50=25.0, p90=30.0), "volume_m3": 250.0}
    lines = list(dose_lines(make_verdict("shrink", smaller, depletion_mm=Quantiles(p10=20, p50=30, p90=40)), None, 0.8))
    assert "give them 32.0 mm: 2.0 mm more than in the middle case." in lines[-2]
    assert lines[-1] == "  The judge made it smaller: 40 mm became 25 mm."
    held = list(dose_lines(make_verdict("hold", {"action": "hold"}), None, None))
    assert held[-1] == "  The judge did not let it pass: no dose may be spoken."
    assert held[1].startswith("  On the evening of 2026-05-14: 41.0 mm missing")


def test_a_wait_says_why_it_can_wait(make_verdict: MakeVerdict) -> None:
    waiting = make_verdict(
        action="wait", reason_code="soil_has_water", depth_mm=None, stress_probability_if_ignored=0.08
    )
    lines = list(dose_lines(waiting, None, 0.8))
    assert len(lines) == 3
    assert "in 8 of 100 cases. What" in lines[2]
    assert lines[2].endswith("the outcome: the soil still holds enough water.")
    unknown = make_verdict(action="wait", depth_mm=None, stress_probability_if_ignored=None)
    assert len(list(dose_lines(unknown, None, 0.8))) == 2


def test_without_a_known_soil_nothing_follows(make_verdict: MakeVerdict) -> None:
    held = make_verdict(action="hold", depth_mm=None, depletion_mm=None)
    assert list(dose_lines(held, None, 0.8)) == [
        "How the advice follows: no soil water is known for 2026-05-14, so nothing is advised from it."
    ]
