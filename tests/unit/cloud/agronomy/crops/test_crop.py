from datetime import date

import pytest

from cloud.agronomy.crops.crop import crop_names, crop_of, find_crop, season_began, season_start
from cloud.agronomy.crops.crop_table import CROPS, OTHER_NAMES
from cloud.errors import InputError
from cloud.records import CropParameters, Parcel


def parcel(crop: str, **more: object) -> Parcel:
    return Parcel.model_validate({"id": "p", "crop": crop, "latitude": 32.0, "longitude": -6.0, **more})


def test_the_crops_of_morocco_are_known() -> None:
    asked = {
        "wheat",
        "barley",
        "maize",
        "tomato",
        "potato",
        "onion",
        "melon",
        "watermelon",
        "pepper",
        "soybean",
        "cotton",
        "sunflower",
        "chickpea",
        "faba_bean",
        "lentil",
        "sugar_beet",
        "alfalfa",
        "berseem",
        "olive",
        "citrus",
        "almond",
        "apple",
        "apricot",
        "peach",
        "date_palm",
        "argan",
        "vineyard",
        "pomegranate",
        "sesame",
    }
    assert asked <= set(crop_names())
    assert list(crop_names()) == sorted(crop_names())


@pytest.mark.parametrize("name", sorted(CROPS))
def test_every_crop_is_plausible_and_names_its_source(name: str) -> None:
    crop = CROPS[name]
    assert crop.source
    assert all(0.1 <= value <= 1.3 for value in crop.kcb)
    assert 0.05 <= crop.root_depth_m[0] <= crop.root_depth_m[1] <= 2.5
    assert 0.2 <= crop.depletion_fraction <= 0.7
    assert 60 <= sum(crop.stage_lengths_days) <= 365
    values = {"kcb", "stage_lengths_days", "height_m", "root_depth_m", "depletion_fraction", "season_start"}
    assert values <= set(crop.value_sources)
    assert all(crop.value_sources.values())
    assert crop.is_perennial == (crop.season_start is not None)


def test_other_names_lead_to_known_crops() -> None:
    assert set(OTHER_NAMES.values()) <= set(CROPS)
    assert find_crop("Olive tree").name == "olive"
    assert find_crop(" Sugar-Beet ").name == "sugar_beet"


def test_an_unknown_crop_names_close_ones() -> None:
    with pytest.raises(InputError, match="did you mean tomato"):
        find_crop("tomatto")
    for stranger in ("zzzz", "barleycorn of the hills", "quinoa"):
        with pytest.raises(InputError, match=r"\d+ crops are known, like") as told:
            find_crop(stranger)
        assert str(told.value).rpartition(", like ")[2].count(",") <= 2


def test_measured_parameters_replace_the_table() -> None:
    own = CropParameters(kcb_mid=1.3, root_depth_max_m=0.6, stage_lengths_days=(10, 20, 30, 40), depletion_fraction=0.4)
    crop = crop_of(parcel("maize", planted_on=date(2024, 4, 1), crop_parameters=own))
    assert crop.kcb == (0.15, 1.3, 0.50)
    assert crop.root_depth_m == (0.15, 0.6)
    assert crop.stage_lengths_days == (10, 20, 30, 40)
    assert crop.depletion_fraction == 0.4


def test_a_cut_alfalfa_follows_its_cuttings() -> None:
    cut = crop_of(parcel("alfalfa", cuttings=(date(2024, 5, 1),)))
    assert cut.kcb == (0.30, 1.15, 1.10)
    assert sum(cut.stage_lengths_days) == 30
    assert crop_of(parcel("alfalfa")).kcb[1] == 0.90


def test_each_value_of_a_crop_has_its_own_source() -> None:
    assert find_crop("tomato").value_sources["stage_lengths_days"] == "FAO-56 (1998) table 11"
    assert find_crop("maize").value_sources["kcb"] == "FAO-56 (1998) table 17; harvested wet"
    assert "provisional" in find_crop("argan").value_sources["kcb"]
    assert "unverified" in find_crop("olive").value_sources["season_start"]


def test_trees_wake_earlier_in_the_souss_and_later_on_the_saiss() -> None:
    def starts(latitude: float, longitude: float, on: date) -> date:
        return season_start(parcel("olive").model_copy(update={"latitude": latitude, "longitude": longitude}), on)

    assert starts(32.4, -6.5, date(2024, 6, 1)) == date(2024, 3, 1)
    assert starts(30.3, -9.2, date(2024, 6, 1)) == date(2024, 2, 10)
    assert starts(33.9, -5.4, date(2024, 6, 1)) == date(2024, 3, 16)
    assert starts(33.9, -5.4, date(2024, 3, 10)) == date(2023, 3, 16)
    assert starts(48.0, 2.0, date(2024, 6, 1)) == date(2024, 3, 1)
    citrus = parcel("citrus").model_copy(update={"latitude": 30.3, "longitude": -9.2})
    assert season_start(citrus, date(2024, 12, 20)) == date(2024, 12, 12)


def test_seasons_start_by_planting_or_by_the_yearly_cycle() -> None:
    assert season_start(parcel("maize", planted_on=date(2024, 4, 1)), date(2024, 6, 1)) == date(2024, 4, 1)
    assert season_start(parcel("olive"), date(2024, 6, 1)) == date(2024, 3, 1)
    assert season_start(parcel("olive"), date(2024, 2, 1)) == date(2023, 3, 1)
    own = parcel("olive", season_starts_on=date(2020, 2, 10))
    assert season_start(own, date(2024, 6, 1)) == date(2020, 2, 10)
    with pytest.raises(InputError, match="planted_on"):
        season_start(parcel("maize"), date(2024, 6, 1))


@pytest.mark.parametrize(
    ("field", "on", "began"),
    [
        (parcel("olive"), date(2024, 2, 29), date(2023, 3, 1)),
        (parcel("olive", season_starts_on=date(2020, 2, 29)), date(2024, 2, 29), date(2024, 2, 29)),
        (parcel("olive", season_starts_on=date(2020, 2, 29)), date(2023, 2, 28), date(2022, 3, 1)),
        (parcel("olive", season_starts_on=date(2025, 3, 1)), date(2024, 6, 1), date(2024, 3, 1)),
        (parcel("wheat", planted_on=date(2023, 11, 20)), date(2024, 2, 1), date(2023, 11, 20)),
        (parcel("wheat", planted_on=date(2024, 11, 20)), date(2024, 2, 1), None),
    ],
)
def test_the_running_season_began_on_its_last_anniversary(field: Parcel, on: date, began: date | None) -> None:
    assert season_began(field, on) == began
