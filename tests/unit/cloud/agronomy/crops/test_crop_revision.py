from datetime import date

import pytest
from pydantic import ValidationError

from cloud.agronomy.crops.crop import crop_of, find_crop
from cloud.agronomy.crops.crop_revision import REVISED, edition_notes, revised
from cloud.agronomy.crops.crop_table import CROPS
from cloud.agronomy.plots import plots_of
from cloud.records import CropParameters, Parcel


def parcel(crop: str, **more: object) -> Parcel:
    return Parcel.model_validate(
        {"id": "p", "crop": crop, "planted_on": date(2024, 3, 1), "latitude": 32.0, "longitude": -6.0, **more}
    )


def test_the_table_of_1998_stays_the_default() -> None:
    assert crop_of(parcel("tomato")) == CROPS["tomato"]
    assert crop_of(parcel("tomato", crop_edition="1998")) == CROPS["tomato"]


@pytest.mark.parametrize("edition", ["2025", 2025])
def test_the_revision_replaces_what_it_knows_and_names_its_source(edition: object) -> None:
    tomato = crop_of(parcel("tomato", crop_edition=edition))
    assert tomato.kcb == (0.15, 1.05, 0.75)
    assert tomato.depletion_fraction == 0.40
    assert tomato.root_depth_m == (0.15, 0.60)
    assert tomato.stage_lengths_days == CROPS["tomato"].stage_lengths_days
    assert "2025" in tomato.value_sources["kcb"]
    assert "1998" in tomato.value_sources["stage_lengths_days"]


def test_what_was_measured_wins_over_both() -> None:
    own = parcel("tomato", crop_edition="2025", crop_parameters=CropParameters(kcb_mid=1.3))
    assert crop_of(own).kcb == (0.15, 1.3, 0.75)


def test_a_crop_that_the_revision_is_not_known_of_is_told() -> None:
    parcels = [parcel("argan", crop_edition="2025"), parcel("cucumber", crop_edition="2025"), parcel("argan")]
    assert revised(find_crop("argan")) == CROPS["argan"]
    notes = edition_notes(parcels, ["argan", "cucumber", "argan"])
    assert len(notes) == 2
    assert "keeps all values of 1998" in notes[0]
    assert "keeps the basal coefficients of 1998" in notes[1]
    assert edition_notes([parcel("wheat", crop_edition="2025")], ["wheat"]) == ()


def test_another_edition_is_refused() -> None:
    with pytest.raises(ValidationError, match="crop_edition"):
        parcel("wheat", crop_edition="2017")


@pytest.mark.parametrize("name", sorted(REVISED))
def test_every_revised_crop_is_in_the_table_and_stays_plausible(name: str) -> None:
    crop = revised(CROPS[name])
    assert all(0.1 <= value <= 1.25 for value in crop.kcb)
    assert 0.1 <= crop.depletion_fraction <= 0.8
    assert 0.0 < crop.root_depth_m[0] <= crop.root_depth_m[1] <= 2.0
    assert crop.is_perennial == CROPS[name].is_perennial


def test_an_olive_grove_of_the_middle_class_keeps_the_coefficient_of_its_class() -> None:
    grove = parcel("olive", crop_edition="2025", canopy_fraction=0.425)
    assert plots_of([grove], date(2024, 6, 1)).kcb_mid[0, 0] == pytest.approx(0.55)
