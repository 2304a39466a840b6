from datetime import date

import numpy as np
import pytest

from cloud.agronomy.crops.crop import crop_of, is_cut
from cloud.agronomy.crops.crop_table import CROPS
from cloud.agronomy.crops.stand import ORCHARDS, maturity, orchard_cover, standing_crop, wetted_fraction
from cloud.agronomy.plots import plots_of
from cloud.records import Parcel

ON = date(2024, 6, 1)


def parcel(crop: str = "olive", **more: object) -> Parcel:
    return Parcel.model_validate({"id": "p", "crop": crop, "latitude": 32.0, "longitude": -6.0, **more})


def cover(crop: str = "olive", **more: object) -> float | None:
    one = parcel(crop, **more)
    return orchard_cover(one, crop_of(one), ON)


def test_every_tree_has_its_usual_distances() -> None:
    trees = {name for name, crop in CROPS.items() if crop.canopy_fraction is not None}
    assert set(ORCHARDS) == trees


def test_cover_follows_age_and_spacing() -> None:
    assert cover() is None
    assert cover(planted_year=2000) == pytest.approx(0.50)
    assert cover(planted_year=2020) == pytest.approx(0.50 * 0.25)
    assert cover(planted_year=2024) == pytest.approx(0.03)
    assert cover(planted_year=2030) == pytest.approx(0.03)
    # Traditional 10 m x 10 m: the crowns of 7 m x 5 m on 100 m2.
    assert cover(row_spacing_m=10.0, tree_spacing_m=10.0) == pytest.approx(0.50 * 0.35)
    assert cover(row_spacing_m=4.0, tree_spacing_m=1.5) == pytest.approx(0.50)
    assert cover(planted_year=2020, canopy_fraction=0.33) == 0.33
    assert cover(crop="wheat", planted_on="2023-11-20", planted_year=2023) is None


def test_young_trees_drink_less_and_root_less_deep() -> None:
    grown, young = parcel(planted_year=2000), parcel(planted_year=2022)
    plots = plots_of([grown, young], ON)
    assert plots.kcb_mid[0, 0] == pytest.approx(0.65)
    assert plots.kcb_mid[1, 0] < 0.25
    assert plots.root_max_m[:, 0] == pytest.approx([1.2, 0.48])
    own = parcel(planted_year=2022, crop_parameters={"root_depth_max_m": 0.9})
    assert standing_crop(own, crop_of(own), ON).root_depth_m[1] == 0.9
    assert maturity(young, CROPS["olive"], ON) == pytest.approx(0.25)


def test_the_season_never_starts_from_the_planting_year() -> None:
    starts = plots_of([parcel(), parcel(planted_year=1990)], ON).season_start
    assert starts[0] == starts[1] == np.datetime64("2024-03-01")


@pytest.mark.parametrize(
    ("system", "soil", "expected"),
    [
        ({"method": "drip"}, {}, 0.35),
        ({"method": "drip", "wetted_fraction": 0.2, "emitters_per_ha": 1000.0}, {}, 0.2),
        # 1,111 emitters of 4 L/h on loam: 1.25 m across, 1.227 m2 each.
        ({"method": "drip", "emitters_per_ha": 1111.0}, {}, 1111.0 * 1.2272 / 10_000.0),
        # 8 L/h on loam: 1.3 / 0.8 = 1.625 m across.
        ({"method": "drip", "emitters_per_ha": 1111.0, "emitter_flow_l_h": 8.0}, {}, 1111.0 * 2.0739 / 10_000.0),
        ({"method": "drip", "emitters_per_ha": 1111.0}, {"texture": "sand"}, 1111.0 * 0.4418 / 10_000.0),
        ({"method": "drip", "emitters_per_ha": 1111.0}, {"field_capacity": 0.36}, 1111.0 * 2.0739 / 10_000.0),
        ({"method": "drip", "emitters_per_ha": 1111.0}, {"layers": [(0.5, 0.36, 0.2)]}, 1111.0 * 2.0739 / 10_000.0),
        ({"method": "drip", "emitters_per_ha": 25_000.0}, {}, 0.40),
        ({"method": "furrow", "emitters_per_ha": 1000.0}, {}, 0.8),
    ],
)
def test_emitters_wet_their_share(
    system: dict[str, object], soil: dict[str, list[tuple[float, float, float]]], expected: float
) -> None:
    layers = [
        dict(zip(("depth_m", "field_capacity", "wilting_point"), layer, strict=True))
        for layer in soil.get("layers", ())
    ]
    one = parcel(irrigation=system, soil={**soil, "layers": layers})
    assert wetted_fraction(one) == pytest.approx(expected, abs=2e-4)


def test_only_forage_is_cut() -> None:
    days = ["2024-05-01"]
    assert is_cut(parcel("alfalfa", cuttings=days), CROPS["alfalfa"])
    assert not is_cut(parcel("alfalfa"), CROPS["alfalfa"])
    assert not is_cut(parcel("wheat", planted_on="2023-11-20", cuttings=days), CROPS["wheat"])
    assert np.isnat(plots_of([parcel(cuttings=days), parcel("alfalfa", cuttings=days)], ON).cuttings[0]).all()
