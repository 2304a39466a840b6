from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.agronomy.assimilation.readings import batches, merged
from cloud.agronomy.inbox import inbox_of
from cloud.records import EventSource, IrrigationEvent, Observation, Parcel

DAYS = np.arange(np.datetime64("2024-05-01"), np.datetime64("2024-05-11"))
PARCELS = [Parcel(id=name, crop="olive", latitude=32.0, longitude=-6.0, timezone="UTC") for name in ("first", "second")]


def event(parcel: str, day: int, depth: float, source: EventSource) -> IrrigationEvent:
    return IrrigationEvent(
        parcel_id=parcel, started_at=datetime(2024, 5, day, 6, tzinfo=UTC), depth_mm=depth, source=source
    )


def layer(top: float, value: float, hour: int = 12, source: str = "probe") -> Observation:
    return Observation(
        parcel_id="first",
        observed_at=datetime(2024, 5, 3, hour, tzinfo=UTC),
        kind="soil_water_fraction",
        value=value,
        sigma=0.03,
        depth_from_m=top,
        depth_to_m=top + 0.2,
        source=source,
    )


def test_events_of_a_day_are_summed_with_their_mixed_error() -> None:
    evening = event("second", 3, 10.0, "reply").model_copy(update={"started_at": datetime(2024, 5, 3, 20, tzinfo=UTC)})
    inbox = inbox_of(PARCELS, DAYS, [event("second", 3, 30.0, "reply"), evening], [])
    assert inbox.gross_mm[2].tolist() == [0.0, 40.0]
    assert inbox.gross_sigma[2, 1] == pytest.approx(0.2)
    assert inbox.gross_sigma[2, 0] == 0.0
    # A second word of the farmer is water of its own: (30 x 0.05 + 10 x 0.20) / 40.
    mixed = [event("second", 3, 30.0, "meter"), event("second", 3, 28.0, "reply"), evening]
    inbox = inbox_of(PARCELS, DAYS, mixed, [])
    assert inbox.gross_mm[2].tolist() == [0.0, 40.0]
    assert inbox.gross_sigma[2, 1] == pytest.approx(0.0875)
    assert len(inbox.notes) == 1


def test_a_word_that_knows_its_own_error_is_weighed_by_it() -> None:
    half = event("second", 3, 10.0, "reply").model_copy(update={"sigma_fraction": 0.35})
    assert inbox_of(PARCELS, DAYS, [half], []).gross_sigma[2, 1] == pytest.approx(0.35)


def test_layers_of_one_moment_and_instrument_become_one_profile() -> None:
    seen = [layer(0.0, 0.20), layer(0.2, 0.26), layer(0.0, 0.30, source="other"), layer(0.0, 0.10, hour=15)]
    joined = merged(seen)
    assert len(joined) == 3
    assert joined[0].value == pytest.approx(0.23)
    assert joined[0].sigma == pytest.approx(0.03 / 2**0.5)
    assert (joined[0].depth_from_m, joined[0].depth_to_m) == (0.0, 0.4)


def test_a_batch_holds_a_parcel_once() -> None:
    point = layer(0.0, 0.2).model_copy(update={"depth_from_m": None, "depth_to_m": None})
    grouped = batches([(0, point), (1, point), (0, point)])
    assert [batch.index.tolist() for batch in grouped] == [[0, 1], [0]]
    assert np.isnan(grouped[0].to_m).all()


def test_strangers_and_other_times_are_named() -> None:
    late = layer(0.0, 0.2).model_copy(update={"observed_at": datetime(2024, 5, 3, tzinfo=UTC) + timedelta(days=90)})
    inbox = inbox_of(PARCELS, DAYS, [event("stranger", 3, 9.0, "meter")], [late])
    assert len(inbox.notes) == 2
    assert inbox.observations == {}


def test_what_came_before_the_first_row_is_counted() -> None:
    inbox = inbox_of(PARCELS, DAYS, [event("first", 2, 9.0, "meter")], [layer(0.0, 0.2)])
    assert inbox.too_early(("first", "second"), np.array([0, 5])) == ()
    (line,) = inbox.too_early(("first", "second"), np.array([5, 5]))
    assert line.startswith("parcel first: 1 days of irrigation and 1 observations")
    assert date(2024, 5, 1) == DAYS[0].item()
