"""The day is the same, to the byte, however many parcels are taken at once, and whatever computes their water."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.agronomy.engines import blocks
from cloud.agronomy.engines.engine_name import EngineName
from cloud.daily import DayDecision, DayInputs, decide
from cloud.records import IrrigationEvent
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 10)
EVE = date(2026, 6, 9)
MEMBERS = 16
NAMES = tuple(f"plot{place}" for place in range(7))


def decided(engine: EngineName = "numpy") -> DayDecision:
    given = tuple(
        IrrigationEvent(
            parcel_id=name,
            started_at=datetime(2026, 4, 10, 18, tzinfo=UTC) + timedelta(days=day),
            depth_mm=24.0,
            source="meter",
        )
        for place, name in enumerate(NAMES)
        for day in range(place, 61 - 3 * place, 4)
    )
    return decide(
        DayInputs(
            day=DAY,
            parcels=tuple(parcel(name, initial_depletion_mm=10.0 + 3.0 * place) for place, name in enumerate(NAMES)),
            weather=past(EVE),
            forecast=ahead(DAY),
            code_version="test",
            events=given,
            members=MEMBERS,
            engine=engine,
        )
    )


def test_blocks_of_parcels_change_no_byte_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = decided()
    monkeypatch.setattr(blocks, "BLOCK_MEMBERS", 3 * MEMBERS)
    parts = decided()
    assert [one.model_dump_json() for one in parts.verdicts] == [one.model_dump_json() for one in whole.verdicts]
    assert {one.action for one in whole.recommendations} >= {"irrigate"}
    assert parts.problems == whole.problems


@pytest.mark.parametrize("engine", ["numba", "dask"])
def test_every_engine_decides_alike(monkeypatch: pytest.MonkeyPatch, engine: EngineName) -> None:
    plain = decided()
    monkeypatch.setattr(blocks, "BLOCK_MEMBERS", 3 * MEMBERS)
    for ours, theirs in zip(decided(engine).recommendations, plain.recommendations, strict=True):
        assert (ours.parcel_id, ours.action, ours.reason_code) == (theirs.parcel_id, theirs.action, theirs.reason_code)
        if theirs.depth_mm is not None:
            assert ours.depth_mm is not None
            assert ours.depth_mm.p50 == pytest.approx(theirs.depth_mm.p50, abs=0.11)
        assert ours.stress_probability_if_ignored == theirs.stress_probability_if_ignored
