"""The world is AquaCrop and nothing else: stepped by us it gives what it gives in one go, and no water is lost."""

from datetime import date

import numpy as np
import pytest

from cloud.errors import InputError
from simulations.closed_loop.climates import Climate, shipped_climate
from simulations.closed_loop.fields import CROPS, WETTED_PERCENT, Design, FieldSeason, fields_of
from simulations.closed_loop.plant import Plant, soil_of
from simulations.closed_loop.world import Harvest, World

aquacrop = pytest.importorskip("aquacrop", reason="needs the package aquacrop, of the extra [simulate]")
pd = pytest.importorskip("pandas", reason="comes with aquacrop")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:aquacrop"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def tunis() -> Climate:
    return shipped_climate("tunis")


def few(*crops: str, season: int = 1990) -> tuple[FieldSeason, ...]:
    return fields_of(Design(crops=crops, climates=("tunis",), seasons=(season,), textures=("loam",)))


def in_one_go(field: FieldSeason, climate: Climate, gross_every: tuple[float, int]) -> tuple[float, float]:
    """Yield and irrigation of the same field run by the package itself, with the doses as its own schedule."""
    depth_mm, interval = gross_every
    days = CROPS[field.crop].rough_days + 47
    rows = climate.rows(field.sown_on, days)
    given = pd.DataFrame(
        {
            "Date": climate.days[rows].astype("datetime64[ns]")[::interval],
            "Depth": np.full(len(range(0, days, interval)), depth_mm * field.efficiency),
        }
    )
    weather = pd.DataFrame(
        {
            "MinTemp": climate.tmin_c[rows],
            "MaxTemp": climate.tmax_c[rows],
            "Precipitation": climate.rain_mm[rows],
            "ReferenceET": np.maximum(climate.et0_mm[rows], 0.1),
            "Date": climate.days[rows].astype("datetime64[ns]"),
        }
    )
    model = aquacrop.AquaCropModel(
        field.sown_on.strftime("%Y/%m/%d"),
        climate.days[rows][-3].item().strftime("%Y/%m/%d"),
        weather,
        soil_of(field.ground),
        aquacrop.Crop(field.crop.title(), planting_date=field.sown_on.strftime("%m/%d")),
        aquacrop.InitialWaterContent("Pct", value=[field.initial_percent]),
        irrigation_management=aquacrop.IrrigationManagement(
            irrigation_method=3, Schedule=given, MaxIrr=10_000.0, WetSurf=WETTED_PERCENT[field.method]
        ),
    )
    model.run_model(till_termination=True)
    row = model._outputs.final_stats.iloc[0]
    return float(row["Dry yield (tonne/ha)"]), float(row["Seasonal irrigation (mm)"])


def lived(fields: tuple[FieldSeason, ...], climate: Climate, gross_mm: float, interval: int) -> Harvest:
    world = World(fields, {"tunis": climate})
    sown = np.array([one.nominal_sown_on for one in fields], dtype="datetime64[D]")
    while not world.finished:
        after = (np.datetime64(world.day) - sown).astype(int)
        world.step(np.where(world.growing & (after % interval == 0), gross_mm, 0.0))
    return world.harvest()


@pytest.mark.parametrize("crop", ["tomato", "potato"])
def test_stepping_gives_exactly_what_one_run_gives(tunis: Climate, crop: str) -> None:
    fields = few(crop)
    harvest = lived(fields, tunis, 35.0, 6)

    yield_t_ha, net_mm = in_one_go(fields[0], tunis, (35.0, 6))

    assert harvest.yield_t_ha[0] == yield_t_ha
    assert harvest.net_mm[0] == pytest.approx(net_mm, abs=1e-9)


def test_no_water_is_lost(tunis: Climate) -> None:
    harvest = lived(few("maize", "sorghum"), tunis, 30.0, 5)

    came = harvest.rain_mm + harvest.net_mm + harvest.from_soil_mm
    went = harvest.evaporation_mm + harvest.transpiration_mm + harvest.percolation_mm + harvest.runoff_mm
    np.testing.assert_allclose(came, went, atol=1e-6)
    assert (harvest.gross_mm > harvest.net_mm).all()


def test_well_watered_fields_come_near_their_potential_and_dry_ones_do_not(tunis: Climate) -> None:
    fields = few("maize", "tomato")
    well, dry = lived(fields, tunis, 40.0, 4), lived(fields, tunis, 0.0, 4)

    assert (well.yield_t_ha > 0.95 * well.potential_t_ha).all()
    assert (dry.yield_t_ha < 0.5 * well.yield_t_ha).all()
    assert (dry.from_soil_mm > 30.0).all()
    assert (dry.events == 0.0).all()


def test_large_doses_are_not_cut(tunis: Climate) -> None:
    world = World(few("maize"), {"tunis": tunis})

    truth = world.step(np.array([100.0]))

    assert truth.net_mm[0] == pytest.approx(100.0 * world.fields[0].efficiency)
    fallen = truth.rain_mm + truth.net_mm - truth.runoff_mm - truth.percolation_mm - truth.evaporation_mm
    first = Plant(world.fields[0], tunis)
    assert truth.soil_water_mm[0] - first.soil_water_mm == pytest.approx(float(fallen[0] - truth.transpiration_mm[0]))


def test_depletion_is_told_after_the_dose(tunis: Climate) -> None:
    world = World(few("maize"), {"tunis": tunis})
    before = [world.step(np.zeros(1)) for _ in range(40)][-1]

    after = world.step(np.array([60.0]))

    assert before.depletion_mm[0] - after.depletion_mm[0] > 15.0
    assert 0.0 <= after.stress[0] <= 1.0


def test_fields_of_other_seasons_run_side_by_side_on_the_nominal_calendar(tunis: Climate) -> None:
    fields = fields_of(Design(crops=("wheat", "potato"), climates=("tunis",), seasons=(1984, 1991), textures=("loam",)))
    world = World(fields, {"tunis": tunis})

    assert world.day == min(one.nominal_sown_on for one in fields)
    assert not world.growing[2:].any()
    truth = world.step(np.zeros(4))
    assert np.isnan(truth.canopy_cover[2:]).all()
    assert np.isnan(truth.stress[2:]).all()
    assert world.plant(3) is None
    with pytest.raises(InputError, match="expected every field to be ripe"):
        world.harvest()


@pytest.mark.parametrize("depth_mm", [-1.0, float("nan")])
def test_a_depth_that_cannot_be_is_refused(tunis: Climate, depth_mm: float) -> None:
    world = World(few("maize"), {"tunis": tunis})

    with pytest.raises(InputError, match="at least 0 mm"):
        world.step(np.array([depth_mm]))


def test_water_where_nothing_grows_is_refused(tunis: Climate) -> None:
    world = World(few("wheat", "maize"), {"tunis": tunis})

    with pytest.raises(InputError, match="maize-tunis-1990-loam-0"):
        world.step(np.array([0.0, 10.0]))


def test_harvests_are_joined_in_order(tunis: Climate) -> None:
    first, second = lived(few("tomato"), tunis, 30.0, 5), lived(few("sorghum"), tunis, 30.0, 5)

    both = Harvest.joined([first, second])

    assert both.ids == (*first.ids, *second.ids)
    assert both.yield_t_ha.tolist() == [first.yield_t_ha[0], second.yield_t_ha[0]]


def test_a_season_beyond_the_record_is_refused(tunis: Climate) -> None:
    with pytest.raises(InputError, match="choose other seasons"):
        Plant(few("maize", season=2003)[0], tunis)
    assert tunis.days[-1].item() == date(2002, 5, 31) or tunis.days[-1].item().year == 2002


def test_a_world_begins_again_as_if_nothing_had_been(tunis: Climate) -> None:
    world = World(few("tomato"), {"tunis": tunis})
    first = [world.step(np.full(1, 8.0)).soil_water_mm[0] for _ in range(30)]
    again = world.again()

    assert again.day == world.first_day
    assert [again.step(np.full(1, 8.0)).soil_water_mm[0] for _ in range(30)] == first
    assert world.step(np.zeros(1)).soil_water_mm[0] < first[-1]
