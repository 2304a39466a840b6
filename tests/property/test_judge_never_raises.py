"""Whatever is proposed, the judge never raises a dose, and corrupted proposals are not released."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloud.daily import DayInputs, decide, judge_inputs
from cloud.judge.judge import JudgeInputs, judge
from cloud.records import IrrigationEvent, Pump, Recommendation, Verdict
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 10)
ZONE = ZoneInfo("Africa/Casablanca")
FIELDS = (
    parcel("maize", name="Maize", area_ha=2.0, irrigation={"method": "sprinkler", "flow_m3_h": 90.0}),
    parcel("cotton", name="Cotton", crop="cotton", area_ha=3.1, irrigation={"method": "furrow", "flow_m3_h": 200.0}),
    parcel("tomato", name="Tomato", crop="tomato", area_ha=0.7, irrigation={"method": "drip"}, water={"pump": "well"}),
)


@cache
def day() -> tuple[JudgeInputs, tuple[Verdict, ...]]:
    """A day on which every field is advised by the advisor itself and released by the judge."""
    events = tuple(
        IrrigationEvent(
            parcel_id=field.id,
            started_at=datetime(2026, 4, 5, 18, tzinfo=UTC) + timedelta(days=step),
            depth_mm=depth,
            source="meter",
        )
        for field, depth, every in zip(FIELDS, (34.0, 60.0, 11.0), (5, 9, 2), strict=True)
        for step in range(0, 66 - every, every)
    )
    inputs = DayInputs(
        day=DAY,
        parcels=FIELDS,
        weather=past(date(2026, 6, 9)),
        forecast=ahead(DAY, rain_mm=0.0),
        code_version="test",
        events=events,
        pumps=(Pump(pump="well", flow_m3_h=30.0),),
        members=32,
    )
    return judge_inputs(inputs), decide(inputs).verdicts


def released() -> list[Recommendation]:
    return [one.proposed for one in day()[1] if one.decision == "release" and one.proposed.action == "irrigate"]


def test_the_clean_day_has_released_irrigations() -> None:
    assert len(released()) >= 2, [verdict.explanation for verdict in day()[1]]


def spoken_mm(verdict: Verdict) -> float:
    depth = verdict.recommendation.depth_mm
    return 0.0 if depth is None else depth.p50


@settings(max_examples=60, deadline=None)
@given(
    which=st.integers(0, 10),
    depth=st.floats(-50.0, 500.0),
    volume=st.floats(0.0, 20000.0),
    hours=st.one_of(st.none(), st.floats(0.0, 100.0)),
    consistent=st.booleans(),
    shift=st.integers(-400, 400),
)
def test_no_proposal_is_raised(
    which: int, depth: float, volume: float, hours: float | None, shift: int, *, consistent: bool
) -> None:
    inputs, _ = day()
    base = released()[which % len(released())]
    field = next(one for one in FIELDS if one.id == base.parcel_id)
    if consistent:
        depth = float(round(abs(depth))) + 1.0
        volume = float(round(10.0 * depth * field.area_ha))
        hours = round(volume / (field.irrigation.flow_m3_h or 30.0) * 12.0) / 12.0
    start = datetime(2026, 6, 10, 18, tzinfo=ZONE) + timedelta(hours=shift if not consistent else 0)
    changes = {
        "depth_mm": {"p10": depth, "p50": depth, "p90": depth},
        "volume_m3": volume,
        "duration_h": hours,
        "start_window": (start, start),
    }
    proposed = Recommendation.model_validate({**base.model_dump(), **changes})
    (verdict,) = judge([proposed], inputs)
    assert spoken_mm(verdict) <= max(depth, 0.0)
    assert (verdict.recommendation.volume_m3 or 0.0) <= volume
    assert (verdict.recommendation.duration_h or 0.0) <= (hours or 0.0) + 1e-9
    assert verdict.proposed == proposed
    if verdict.decision in {"hold", "block"}:
        assert verdict.recommendation.action == "hold"
        assert verdict.recommendation.depth_mm is None


def corrupted(base: Recommendation, kind: str, factor: float) -> Recommendation:
    """One corruption of a released proposal."""
    assert base.depth_mm is not None
    assert base.volume_m3 is not None
    assert base.start_window is not None
    depth, volume, hours = base.depth_mm.p50, base.volume_m3, base.duration_h
    other = next(one for one in released() if one.parcel_id != base.parcel_id)
    wrong_day = tuple(moment - timedelta(days=2) for moment in base.start_window)
    tenfold = {name: value * factor for name, value in base.depth_mm.model_dump().items()}
    changes: dict[str, dict[str, object]] = {
        "depth": {"depth_mm": tenfold},
        "volume": {"volume_m3": volume * factor},
        "duration": {"duration_h": None if hours is None else hours * factor},
        "all": {
            "depth_mm": {"p10": depth * factor, "p50": depth * factor, "p90": depth * factor},
            "volume_m3": volume * factor,
            "duration_h": None if hours is None else hours * factor,
        },
        "negative": {"depth_mm": {"p10": -depth, "p50": -depth, "p90": -depth}},
        "other": {name: getattr(other, name) for name in ("depth_mm", "volume_m3", "duration_h")},
        "swapped": {"parcel_id": other.parcel_id},
        "past": {"start_window": wrong_day},
    }
    return Recommendation.model_validate({**base.model_dump(), **changes[kind]})


@settings(max_examples=60, deadline=None)
@given(
    which=st.integers(0, 10),
    kind=st.sampled_from(["depth", "volume", "duration", "all", "negative", "other", "swapped", "past"]),
    factor=st.sampled_from([10.0, 0.1, 25.4, 1.0 / 25.4, 100.0]),
)
@example(which=0, kind="all", factor=0.1)
def test_a_corrupted_proposal_is_not_released(which: int, kind: str, factor: float) -> None:
    base = released()[which % len(released())]
    (verdict,) = judge([corrupted(base, kind, factor)], day()[0])
    assert verdict.decision in {"hold", "block"}, (kind, factor, verdict.explanation)
