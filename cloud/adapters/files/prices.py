"""What water, energy and crops cost, read from TOML."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from cloud.adapters.files.read import first_fault, read_text
from cloud.advice.prices import Prices
from cloud.errors import ConfigurationError
from cloud.records import InputReference


def read_prices(path: Path) -> tuple[Prices, InputReference]:
    """Prices of a file and its reference; a key that is not known, or a price below nothing, is wrong use."""
    text, reference = read_text(path)
    try:
        return Prices.model_validate(tomllib.loads(text)), reference
    except ValidationError as error:
        known = ", ".join(Prices.model_fields)
        raise ConfigurationError(f"{path.name}: {first_fault(error)}; correct it, the keys are {known}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path.name}: expected TOML, got {error}; correct the file") from error
