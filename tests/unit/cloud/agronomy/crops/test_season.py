from datetime import date

import numpy as np
import pytest

from cloud.agronomy.crops.season import Stage, days_into_season, remembered, stage_on
from cloud.agronomy.plots import Plots, plots_of
from cloud.records import CropParameters, Parcel, Soil, SoilLayer
from cloud.variables import Floats


def array(value: float) -> Floats:
    return np.array([[value]])


def plots(**fields: object) -> Plots:
    parcel = Parcel.model_validate({"id": "p", "latitude": 32.0, "longitude": -6.0, **fields})
    return plots_of([parcel], date(2024, 1, 1))


def at(chosen: Plots, day: str, wind: float = 2.0, humidity: float = 45.0) -> Stage:
    return stage_on(chosen, np.array([day], dtype="datetime64[D]"), array(wind), array(humidity))


def test_an_annual_follows_its_four_stages() -> None:
    # Maize: 30, 40, 50, 30 days; Kcb 0.15, 1.15, 0.50; standard climate adds nothing.
    maize = plots(crop="maize", planted_on="2024-04-01")
    assert at(maize, "2024-04-01").kcb[0, 0] == pytest.approx(0.15)
    assert at(maize, "2024-05-01").kcb[0, 0] == pytest.approx(0.15)
    assert at(maize, "2024-05-21").kcb[0, 0] == pytest.approx(0.65)
    assert at(maize, "2024-06-30").kcb[0, 0] == pytest.approx(1.15)
    assert at(maize, "2024-08-29").kcb[0, 0] == pytest.approx(0.50)
    assert at(maize, "2024-12-01").kcb[0, 0] == pytest.approx(0.50)
    half = at(maize, "2024-05-21")
    assert half.root_depth_m[0, 0] == pytest.approx(0.15 + 0.5 * 0.85)
    assert half.height_m[0, 0] == pytest.approx(0.05 + 0.5 * 1.95)


def test_dry_wind_raises_a_table_value_but_not_a_measured_one() -> None:
    # Eq. 70 for 5 m/s, 20 %, 2 m: (0.12 + 0.10) (2/3)^0.3.
    rise = 0.22 * (2.0 / 3.0) ** 0.3
    table = plots(crop="maize", planted_on="2024-04-01")
    own = plots(crop="maize", planted_on="2024-04-01", crop_parameters=CropParameters(kcb_mid=1.15))
    assert at(table, "2024-06-30", 5.0, 20.0).kcb[0, 0] == pytest.approx(1.15 + rise)
    assert at(own, "2024-06-30", 5.0, 20.0).kcb[0, 0] == pytest.approx(1.15)


def test_a_perennial_starts_again_every_year_with_full_roots() -> None:
    olive = plots(crop="olive", season_starts_on="2019-03-01")
    assert days_into_season(olive, np.array(["2024-03-01"], dtype="datetime64[D]"))[0, 0] == 0.0
    assert days_into_season(olive, np.array(["2024-02-29"], dtype="datetime64[D]"))[0, 0] == 365.0
    assert at(olive, "2024-02-01").kcb[0, 0] == pytest.approx(0.55)
    assert at(olive, "2024-03-01").root_depth_m[0, 0] == pytest.approx(1.2)


def test_alfalfa_starts_again_at_each_cutting() -> None:
    alfalfa = plots(crop="alfalfa", cuttings=("2024-05-01", "2024-06-01"))
    days = np.array(["2024-06-03"], dtype="datetime64[D]")
    assert days_into_season(alfalfa, days)[0, 0] == 2.0
    assert at(alfalfa, "2024-06-01").kcb[0, 0] < at(alfalfa, "2024-05-28").kcb[0, 0]


def test_a_thin_orchard_needs_less() -> None:
    full, thin = plots(crop="olive", canopy_fraction=0.5), plots(crop="olive", canopy_fraction=0.2)
    assert full.kcb_mid[0, 0] == pytest.approx(0.65)
    assert thin.kcb_mid[0, 0] < 0.5


def test_layers_are_integrated_to_any_depth() -> None:
    layers = (
        SoilLayer(depth_m=0.4, field_capacity=0.25, wilting_point=0.10),
        SoilLayer(depth_m=1.0, field_capacity=0.20, wilting_point=0.10),
    )
    chosen = plots(crop="olive", soil=Soil(layers=layers))
    assert chosen.available_mm(array(0.2))[0, 0] == pytest.approx(30.0)
    assert chosen.available_mm(array(0.6))[0, 0] == pytest.approx(80.0)
    assert chosen.available_mm(array(2.0))[0, 0] == pytest.approx(220.0)
    assert chosen.wilting_mm(array(2.0))[0, 0] == pytest.approx(200.0)


def test_a_running_mean_moves_slowly() -> None:
    assert remembered(array(2.0), array(4.0))[0, 0] == pytest.approx(2.1)
