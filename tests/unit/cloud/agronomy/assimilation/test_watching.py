from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.weather.forcing import Forcing

MakeForcing = Callable[..., Forcing]
FIRST = date(2024, 5, 20)
DAYS = 60
ETC_MM = 6.0


def at(row: int, hour: int) -> datetime:
    day = FIRST + timedelta(days=row)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def told(row: int, net_mm: float, source: str = "meter") -> IrrigationEvent:
    return IrrigationEvent.model_validate(
        {"parcel_id": "maize", "started_at": at(row, 5), "depth_mm": net_mm / 0.8, "source": source}
    )


def read(row: int, value: float, source: str = "probe north", kind: str = "soil_water_fraction") -> Observation:
    probe = kind == "soil_water_fraction"
    return Observation.model_validate(
        {
            "parcel_id": "maize",
            "observed_at": at(row, 18),
            "kind": kind,
            "value": min(max(value, 0.0), 1.0),
            "sigma": 0.02 if probe else 0.1,
            "source": source,
            **({"depth_from_m": 0.0, "depth_to_m": 1.0} if probe else {}),
        }
    )


class World:
    """A field whose truth is known: the plain balance under its real irrigation."""

    def __init__(self, field: Parcel, forcing: Forcing, watered: dict[int, float]) -> None:
        self.field, self.forcing, self.watered = field, forcing, watered
        events = [told(row, depth) for row, depth in watered.items()]
        plain = WaterSettings(fixed_parameters=True, profile_depth_m=1.0)
        self.truth = simulate([field], forcing, events, [], settings=plain)
        noise = np.random.default_rng(5).standard_normal(DAYS)
        self.water = self.truth.columns["profile_water_mm"][:, 0] / 1000.0 + 0.002 * noise
        self.stress = 1.0 - self.truth.columns["ks"][:, 0] + 0.03 * noise

    def probe(self, every: int = 2, rows: Sequence[int] | None = None) -> list[Observation]:
        return [read(row, float(self.water[row])) for row in rows or range(1, DAYS, every)]

    def camera(self, every: int = 3) -> list[Observation]:
        return [read(row, float(self.stress[row]), "camera", "stress_index") for row in range(2, DAYS, every)]

    def followed(
        self, told_events: Sequence[IrrigationEvent], seen: Sequence[Observation], *, inference: bool = True
    ) -> WaterHistory:
        settings = WaterSettings(inference=inference)
        return simulate([self.field], self.forcing, told_events, seen, settings=settings)


@pytest.fixture
def world(field: Parcel, make_forcing: MakeForcing) -> World:
    forcing = make_forcing(FIRST, [5.0] * DAYS)
    return World(field, forcing, {8: 45.0, 17: 45.0, 26: 45.0, 35: 45.0, 44: 45.0, 53: 45.0})


def reports(world: World, *, without: Sequence[int] = (), source: str = "meter") -> list[IrrigationEvent]:
    return [told(row, depth, source) for row, depth in world.watered.items() if row not in without]


def rmse(world: World, history: WaterHistory, since: int = 26) -> float:
    error = history.columns["depletion_mm"][since:, 0] - world.truth.columns["depletion_mm"][since:, 0]
    return float(np.sqrt(np.mean(error**2)))


def test_where_everything_is_told_nothing_is_inferred_and_nobody_is_suspect(world: World) -> None:
    history = world.followed(reports(world), [*world.probe(), *world.camera()])
    assert [one for one in history.inferred if one.probability > 0.5] == []
    assert [one for one in history.doubted if one.probability > 0.5] == []
    assert history.suspects == ()
    assert not any(one.suspect for one in history.effects)


def test_without_observations_nothing_is_inferred(world: World) -> None:
    history = world.followed(reports(world, without=[26]), [])
    assert history.inferred == ()
    assert history.doubted == ()
    assert history.suspects == ()


def test_irrigation_that_nobody_told_of_is_found_by_the_probe(world: World) -> None:
    history = world.followed(reports(world, without=[35]), world.probe())
    (found,) = [one for one in history.inferred if one.probability > 0.5]
    assert found.parcel_id == "maize"
    assert found.first_day <= FIRST + timedelta(days=35) <= found.last_day + timedelta(days=1)
    assert found.probability > 0.8
    # 45 mm net at an efficiency of 0.8.
    assert found.depth_p10_mm < 56.0 < found.depth_p90_mm + 10.0
    assert found.depth_p10_mm <= found.depth_p50_mm <= found.depth_p90_mm
    assert "probe north" in found.evidence
    assert any("nobody told of it" in line for line in history.notes)
    jump = [one for one in history.effects if "irrigation that nobody told of" in one.note]
    assert jump
    assert jump[0].observed_at.date() >= FIRST + timedelta(days=35)
    assert not jump[0].suspect, "the probe is believed"


def test_inferred_water_enters_as_a_correction_and_the_balance_closes(world: World) -> None:
    rows = world.followed(reports(world, without=[35]), world.probe()).rows(0)
    for before, row in pairwise(rows):
        balance = before.depletion_mm - (row.rain_mm - row.runoff_mm) - row.irrigation_mm - row.capillary_rise_mm
        balance += row.etc_adj_mm + row.deep_percolation_mm + row.root_growth_mm + row.correction_mm
        assert row.depletion_mm == pytest.approx(balance, abs=1e-9)
    assert min(row.correction_mm for row in rows[35:38]) < -15.0
    assert all(row.irrigation_mm == 0.0 for row in rows[34:37])


def test_inference_follows_the_field_better_than_averaging(world: World) -> None:
    hidden = reports(world, without=[17, 35, 44])
    seen = world.probe(every=4)
    assert rmse(world, world.followed(hidden, seen)) < rmse(world, world.followed(hidden, seen, inference=False))


def test_rows_use_only_what_was_known_by_their_day(world: World) -> None:
    hidden = reports(world, without=[35])
    whole = world.followed(hidden, world.probe())
    early = world.followed(hidden, [one for one in world.probe() if one.observed_at < at(36, 0)])
    assert whole.rows(0)[:36] == early.rows(0)[:36]
    assert whole.rows(0)[37] != early.rows(0)[37]


def test_stress_that_vanished_without_water_is_evidence(field: Parcel, make_forcing: MakeForcing) -> None:
    world = World(field, make_forcing(FIRST, [6.0] * DAYS), {8: 60.0, 30: 90.0})
    history = world.followed(reports(world, without=[30]), world.camera(every=2))
    after = [one for one in history.inferred if one.last_day >= FIRST + timedelta(days=28)]
    assert max(one.probability for one in after) > 0.3
    assert "camera" in after[0].evidence


def test_told_irrigation_that_the_soil_does_not_see_is_doubted(world: World) -> None:
    more = [*reports(world, source="reply"), told(30, 45.0, "reply")]
    history = world.followed(more, world.probe())
    doubted = [one for one in history.doubted if one.probability > 0.3]
    assert [one.first_day for one in doubted] == [FIRST + timedelta(days=30)]
    assert doubted[0].source == "reply"
    assert doubted[0].depth_mm == pytest.approx(45.0 / 0.8)
    assert rmse(world, history, 31) < rmse(world, world.followed(more, world.probe(), inference=False), 31) + 2.0


def ill(world: World, value: Callable[[int], float], since: int = 20, every: int = 2) -> list[Observation]:
    return [read(row, value(row) if row >= since else float(world.water[row])) for row in range(1, DAYS, every)]


def faults(history: WaterHistory) -> set[tuple[str, str]]:
    return {(one.source, one.fault) for one in history.suspects}


def test_a_probe_that_does_not_move_is_named_and_set_aside(world: World) -> None:
    # It stands where it stood just after an irrigation.
    stuck = ill(world, lambda _: float(world.water[19]), since=19)
    history = world.followed(reports(world), stuck)
    assert faults(history) == {("probe north", "stuck")}
    (line,) = [line for line in history.notes if "has stood at" in line]
    assert "probe north" in line
    assert rmse(world, history) < rmse(world, world.followed(reports(world), stuck, inference=False))
    late = [one for one in history.effects if one.kind == "soil_water_fraction"][-5:]
    assert all(one.suspect and abs(one.correction_mm) < 0.5 for one in late)


def test_a_probe_in_air_is_named_at_its_first_reading(world: World) -> None:
    history = world.followed(reports(world), ill(world, lambda row: 0.02 + 0.001 * (row % 3)))
    assert faults(history) == {("probe north", "out_of_soil")}
    assert "stands in air" in history.suspects[0].note
    assert history.suspects[0].since == FIRST + timedelta(days=21)
    averaged = world.followed(reports(world), ill(world, lambda row: 0.02 + 0.001 * (row % 3)), inference=False)
    assert rmse(world, history) < rmse(world, averaged)


def test_a_probe_that_drifts_is_named(world: World) -> None:
    drifting = ill(world, lambda row: float(world.water[row]) + 0.015 * (row - 10) / 7.0, since=10, every=1)
    history = world.followed(reports(world), [*drifting, *world.camera()])
    assert ("probe north", "drifts") in faults(history)


def test_a_camera_that_always_says_stress_is_named(world: World) -> None:
    wrong = [read(row, 0.7, "camera", "stress_index") for row in range(20, DAYS, 2)]
    history = world.followed(reports(world), [*world.probe(), *wrong])
    assert ("camera", "always_stress") in faults(history)
    assert rmse(world, history) < rmse(world, world.followed(reports(world), wrong, inference=False))


def test_a_meter_read_as_litres_is_named(world: World) -> None:
    events = [told(row, depth / 1000.0) for row, depth in world.watered.items()]
    history = world.followed(events, world.probe())
    assert ("meter", "litres") in faults(history)
    assert any("litres" in line for line in history.notes)
    assert rmse(world, history) < rmse(world, world.followed(events, world.probe(), inference=False))


def test_one_odd_reading_counts_little_and_is_forgiven(world: World) -> None:
    odd = [replace_value(one, 0.34) if one.observed_at == at(31, 18) else one for one in world.probe()]
    whole, clean = world.followed(reports(world), odd), world.followed(reports(world), world.probe())
    (effect,) = [one for one in whole.effects if one.observed_at == at(31, 18)]
    assert effect.note
    difference = whole.columns["depletion_mm"][45:, 0] - clean.columns["depletion_mm"][45:, 0]
    assert np.abs(difference).max() < 12.0
    assert whole.suspects == ()


def replace_value(observation: Observation, value: float) -> Observation:
    return observation.model_copy(update={"value": value})


def test_trust_comes_back_when_a_sensor_agrees_again(world: World) -> None:
    repaired = [read(row, 0.02 if 20 <= row < 30 else float(world.water[row])) for row in range(1, DAYS, 1)]
    broken = [one for one in repaired if one.observed_at < at(30, 0)]
    assert faults(world.followed(reports(world), broken)) == {("probe north", "out_of_soil")}
    assert faults(world.followed(reports(world), repaired)) == set()


def test_two_probes_have_records_of_their_own(world: World) -> None:
    south = [one.model_copy(update={"source": "probe south"}) for one in world.probe()]
    history = world.followed(reports(world), [*ill(world, lambda _: 0.02), *south])
    assert faults(history) == {("probe north", "out_of_soil")}
    assert {one.source for one in history.effects if one.suspect} == {"probe north"}


def test_a_plain_run_and_one_member_infer_nothing(world: World) -> None:
    for settings in (WaterSettings(fixed_parameters=True), WaterSettings(members=1)):
        history = simulate([world.field], world.forcing, reports(world, without=[35]), world.probe(), settings=settings)
        assert history.inferred == ()
        assert history.suspects == ()


def test_neighbours_change_nothing(world: World) -> None:
    alone = world.followed(reports(world, without=[35]), world.probe())
    other = world.field.model_copy(update={"id": "other"})
    wide = world.forcing.at(np.array([0, 0]))
    theirs = [one.model_copy(update={"parcel_id": "other", "value": 0.2}) for one in world.probe()]
    together = simulate([other, world.field], wide, reports(world, without=[35]), [*theirs, *world.probe()])
    difference = together.columns["depletion_mm"][:, 1] - alone.columns["depletion_mm"][:, 0]
    assert np.abs(difference).max() < 1e-9
    (mine,) = [one for one in together.inferred if one.parcel_id == "maize"]
    assert mine.probability == pytest.approx(alone.inferred[0].probability, abs=1e-9)
