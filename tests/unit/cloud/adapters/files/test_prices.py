from pathlib import Path

import pytest

from cloud.adapters.files.prices import read_prices
from cloud.advice.prices import USUAL_PRICES
from cloud.commands.impact_files import read_design
from cloud.errors import ConfigurationError, InputError
from cloud.impact.registration import registration_from
from edge.errors import ConfigurationError as EdgeConfigurationError
from simulations.closed_loop.pilot import read_pilot


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_prices_are_read_with_the_hash_of_their_file(tmp_path: Path) -> None:
    prices, reference = read_prices(written(tmp_path, "water_per_m3 = 0.8\n[crop_value_per_ha]\nMaize = 24000.0\n"))
    assert prices.water_per_m3 == 0.8
    assert prices.crop_value_per_ha == {"maize": 24000.0}
    assert prices.water_share == USUAL_PRICES.water_share
    assert (reference.name, len(reference.sha256)) == ("prices.toml", 64)


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read_prices(written(tmp_path, ""))[0] == USUAL_PRICES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("water_per_m3 = -1.0\n", "water_per_m3: input should be greater than or equal to 0"),
        ("water_price = 1.0\n", "the keys are water_per_m3, energy_per_m3"),
        ("[crop_value_per_ha]\nmaise = 1.0\n", "did you mean maize"),
        ("water_per_m3 = \n", "expected TOML"),
    ],
)
def test_what_cannot_be_a_price_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=r"prices\.toml") as caught:
        read_prices(written(tmp_path, text))
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml"):
        read_prices(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "water_per_m3 = " + "9" * 5000])
def test_nesting_or_digits_without_end_are_named(text: str, tmp_path: Path) -> None:
    """In each file of choices: prices, a pilot, the design of a trial."""
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    for read in (read_prices, read_pilot, read_design):
        with pytest.raises((ConfigurationError, EdgeConfigurationError), match="expected TOML"):
            read(path)


def test_a_registration_nested_without_end_is_named() -> None:
    with pytest.raises(InputError, match="expected a registration"):
        registration_from('{"content":' + "[" * 200_000, "registration.json")
