"""A pilot file says what it says, and nothing that is not understood."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.errors import ConfigurationError
from simulations.closed_loop.pilot import LARGEST_FILE, read_pilot
from tests.unit.simulations.closed_loop.made import PILOT, pilot

SHIPPED = Path(__file__).parents[4] / "simulations" / "closed_loop" / "pilots"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_pilots_are_read(path: Path) -> None:
    assert read_pilot(path).strategies


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"crop": "maize"}, "crop"),
        ({"crops": []}, "crops"),
        ({"crops": ["maize", "maize"]}, "each once"),
        ({"crops": ["rice"]}, "got rice"),
        ({"strategies": ["advisor", "guess"]}, "strategies"),
        ({"climates": [{"name": "tunis", "seasons": [1990, 1990]}]}, "each year once"),
        ({"climates": [{"name": "tunis", "seasons": []}]}, "seasons"),
        ({"climates": [{"name": "far", "seasons": [1990], "weather": "w.csv"}]}, "latitude"),
        ({"farmers": {"compliance": 1.2}}, "compliance"),
        ({"sensors": {"cameras": -0.1}}, "cameras"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_wrong_pilot_is_refused(change: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        pilot(**change)


def test_refusals_of_files_name_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "pilot.toml"
    with pytest.raises(ConfigurationError, match="name an existing file"):
        read_pilot(path)
    path.write_text("name = \n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="expected TOML"):
        read_pilot(path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigurationError, match="expected TOML"):
        read_pilot(path)
    path.write_text("name = 'x'\nunknown = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="correct the pilot"):
        read_pilot(path)
    path.write_text("name = 'x'\ncrops = ['rice']\n[[climates]]\nname = 'tunis'\nseasons = [1990]\n", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"pilot\.toml: crops: expected some of .*, got rice; correct the pilot$"
    ):
        read_pilot(path)
    path.write_text("#" * (LARGEST_FILE + 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="1 MB"):
        read_pilot(path)


def test_shortened() -> None:
    whole = pilot()
    short = whole.shortened(1, ("mixture",))
    assert short.climates[0].seasons == (1990,)
    assert short.strategies == ("mixture",)
    assert whole.shortened(None, ()) == whole
    with pytest.raises(ConfigurationError, match="--only"):
        whole.shortened(None, ("perfect",))


def test_the_digest_follows_every_word_but_the_strategies() -> None:
    assert pilot().digest() == pilot().digest()
    assert pilot(seed=2).digest() != pilot().digest()
    assert pilot(name=PILOT["name"]).digest() == pilot().digest()
    assert pilot(strategies=["mixture"]).digest() == pilot().digest()  # another strategy may be added to a run


def test_strategies_fit_what_is_simulated() -> None:
    assert pilot(district={}, strategies=["advisor", "turns", "calendar_110_on_demand"]).district is not None
    with pytest.raises(ValidationError, match="on a district"):
        pilot(district={}, strategies=["perfect"])
    with pytest.raises(ValidationError, match="on fields on demand"):
        pilot(strategies=["calendar_110_on_demand"])
