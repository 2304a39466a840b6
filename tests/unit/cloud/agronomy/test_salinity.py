from datetime import date

import numpy as np
import pytest

from cloud.agronomy.crops.crop_table import CROPS
from cloud.agronomy.crops.yield_response import RESPONSES, relative_yield, response_of, tolerated_deficits
from cloud.agronomy.salinity import (
    TOLERANCES,
    leaching_requirement,
    salt_effect,
    salt_notes,
    soil_salinity_ds_m,
    transpiration_factor,
)
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import Parcel, WaterSource
from tests.unit.cloud.agronomy.conftest import MakeForcing


def salty(maize: Parcel, water_ds_m: float | None, crop: str = "maize") -> Parcel:
    return maize.model_copy(update={"crop": crop, "water": WaterSource(salinity_ds_m=water_ds_m)})


def test_tables_speak_of_known_crops_in_plausible_numbers() -> None:
    assert set(TOLERANCES) <= set(CROPS)
    assert set(RESPONSES) <= set(CROPS)
    for tolerance in TOLERANCES.values():
        assert 0.9 <= tolerance.threshold_ds_m <= 8.0
        assert 3.0 <= tolerance.slope_percent_per_ds_m <= 35.0
        assert tolerance.source
    for response in RESPONSES.values():
        assert 0.6 <= response.season <= 1.3
        assert response.source


def test_the_soil_is_saltier_than_the_water() -> None:
    # FAO-29 table 3: 15 to 20 % of leaching make 1.3 to 1.6 of the water's salinity, 1.5 in its chapter 2.
    assert soil_salinity_ds_m(2.0) == pytest.approx(3.0)
    assert soil_salinity_ds_m(2.0, 0.15) == pytest.approx(3.2)
    assert soil_salinity_ds_m(2.0, 0.30) == pytest.approx(2.0)
    assert soil_salinity_ds_m(1.0, 0.01) == pytest.approx(3.2)


def test_leaching_requirement_of_fao_29() -> None:
    # ECw 1.2 on maize (1.7): 1.2 / (5 x 1.7 - 1.2) = 0.164; no leaching makes 9 dS/m fit for it.
    assert leaching_requirement(1.2, 1.7) == pytest.approx(0.1644, abs=1e-4)
    assert leaching_requirement(9.0, 1.7) is None
    assert leaching_requirement(5.0, 1.7) is None


def test_equation_89_by_hand() -> None:
    # FAO-56 eq. 89, beans: threshold 1.0, b 19 %, Ky 1.15: at 2.0 dS/m Ks = 1 - 19 / 115 = 0.835.
    beans = TOLERANCES["green_bean"]
    assert transpiration_factor(beans, 2.0, 1.15) == pytest.approx(1.0 - 19.0 / 115.0)
    assert transpiration_factor(beans, 0.5, 1.15) == 1.0
    assert transpiration_factor(beans, 50.0, 1.15) == 0.0


def test_what_salt_does_is_told(maize: Parcel) -> None:
    effect = salt_effect(salty(maize, 3.0), "maize")
    assert effect is not None
    assert effect.soil_ds_m == pytest.approx(4.5)
    assert effect.transpiration == pytest.approx(1.0 - 0.12 / 1.25 * 2.8)
    assert "transpiration falls by 27 %" in effect.explanation
    assert salt_effect(maize, "maize") is None
    unknown = salt_effect(salty(maize, 3.0), "argan")
    assert unknown is not None
    assert unknown.transpiration == 1.0
    assert "not known" in unknown.explanation
    hopeless = salt_effect(salty(maize, 9.0), "maize")
    assert hopeless is not None
    assert "no leaching" in hopeless.explanation
    assert salt_notes([maize, salty(maize, 0.5), salty(maize, 3.0)]) == (effect.explanation,)


def test_salty_water_lowers_transpiration_all_season(maize: Parcel, make_forcing: MakeForcing) -> None:
    places = [
        salty(maize, water).model_copy(update={"id": name})
        for name, water in (("sweet", 0.4), ("salty", 3.0), ("unknown", None))
    ]
    forcing = make_forcing(date(2024, 4, 1), [4.0] * 60, [3.0] * 60, parcels=3)
    history = simulate(places, forcing, [], [], settings=WaterSettings(fixed_parameters=True))
    stress = history.columns["ks"]
    assert stress[:, 0] == pytest.approx(stress[:, 2])
    assert stress[:20, 1] == pytest.approx(np.full(20, 0.7312))
    assert history.columns["etc_adj_mm"][:, 1].sum() < history.columns["etc_adj_mm"][:, 0].sum()
    assert any("parcel salty" in note for note in history.notes)
    assert not any("parcel sweet" in note for note in history.notes)


def test_flowering_maize_bears_least() -> None:
    # FAO-33: Ky 0.40 before, 1.50 in and 0.20 after flowering: 10 % less yield for 25, 6.7 and 50 % less water.
    assert tolerated_deficits("maize", 0.10) == pytest.approx((0.25, 0.25, 0.0667, 0.5), abs=1e-3)
    assert tolerated_deficits("argan", 0.10) == (0.1, 0.1, 0.1, 0.1)
    with pytest.raises(ValueError, match="share of the yield"):
        tolerated_deficits("maize", 1.5)


def test_yield_falls_with_the_stage_that_went_short() -> None:
    full, late, middle = np.ones(4), np.array([1.0, 1.0, 1.0, 0.5]), np.array([1.0, 1.0, 0.5, np.nan])
    assert relative_yield("maize", np.stack([full, late, middle])) == pytest.approx([1.0, 0.9, 0.25])
    assert relative_yield("sugar_beet", np.array([1.0, 0.8, 0.8, 1.0])) == pytest.approx(0.9)
    assert response_of("argan").season == 1.0


def test_initial_and_development_are_one_period_and_count_once() -> None:
    # FAO-33: half the water of maize's vegetative period costs 0.4 / 2, however many stages it is told in.
    both, second = np.array([0.5, 0.5, 1.0, 1.0]), np.array([1.0, 0.5, 1.0, 1.0])
    assert relative_yield("maize", both) == pytest.approx(0.8)
    # Development with three quarters of the period's need.
    assert relative_yield("maize", second, np.array([50.0, 150.0, 300.0, 100.0])) == pytest.approx(1.0 - 0.4 * 0.375)
    begun = np.array([0.5, np.nan, np.nan, np.nan])
    assert relative_yield("maize", begun, np.array([50.0, 0.0, 0.0, 0.0])) == pytest.approx(0.8)
    # Only a season's Ky: a short stage costs by its share of the need.
    dry_end, need_mm = np.array([1.0, 1.0, 1.0, 0.0]), np.array([100.0, 200.0, 600.0, 100.0])
    assert relative_yield("sugar_beet", dry_end, need_mm) == pytest.approx(0.9)


def test_a_crop_without_an_entry_says_so() -> None:
    assert "1 is taken" in response_of("argan").source
