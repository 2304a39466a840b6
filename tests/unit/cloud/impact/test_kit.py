"""The kit that another district copies: every place filled in, and tables that the command reads again."""

import csv
import io
import json
from importlib.resources import files

import pytest

from cloud.adapters.files.trial import ADVICE_COLUMNS, OUTAGE_COLUMNS, READING_COLUMNS, SEASON_COLUMNS, YIELD_COLUMNS
from cloud.impact.design import Assigned
from cloud.impact.kit import TEXTS, kit_texts, promise_json, promise_text, tables
from cloud.impact.power import Promise
from tests.synthetic_panel import design

PROMISE = Promise(
    parcels=48,
    blocks=12,
    sigma=0.05,
    least_saving_fraction=0.1234,
    power_for_water=0.91,
    power_for_yield=0.4,
    parcels_for_water=30,
    parcels_for_yield=160,
)
REGISTERED = {"sha256": "f" * 64, "registered_on": "2025-03-01"}
ASSIGNED = (
    Assigned(parcel_id="p,0", block="C/a", starts="c"),
    Assigned(parcel_id="p1", block="C/b", starts=None, pair="k"),
)
CROPS = {"p,0": "maize", "p1": "wheat"}


def texts() -> dict[str, str]:
    folder = files("cloud.impact") / "kit"
    return {name: (folder / name).read_text(encoding="utf-8") for name in TEXTS}


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("kind", ["stepped", "pairs"])
def test_every_text_is_filled_in_with_the_trials_own_numbers(kind: str) -> None:
    made = kit_texts(texts(), design(kind=kind, name="Tadla 2025"), PROMISE, REGISTERED)
    assert set(made) == set(TEXTS)
    for name, text in made.items():
        assert "${" not in text, name
    whole = "\n".join(made.values())
    assert "Tadla 2025" in whole
    assert "f" * 64 in whole
    assert "12.3 %" in made["protocol.en.md"]
    assert "12.3 %" in made["protocol.fr.md"]
    drawn = {"stepped": ("start one group after another", "l'un après l'autre"), "pairs": ("paired", "appariées")}[kind]
    assert drawn[0] in made["protocol.en.md"]
    assert drawn[1] in made["protocol.fr.md"]


def test_a_place_that_nobody_fills_in_is_an_error_and_no_blank() -> None:
    with pytest.raises(KeyError, match="colour"):
        kit_texts({"x.en.md": "The ${colour}."}, design(), PROMISE, REGISTERED)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_promise_tells_both_chances_and_what_each_would_take(language: str) -> None:
    text = promise_text(design(expected_saving_percent=18.5), PROMISE, language)
    for number in ("48", "12", "80 %", "12.3 %", "18.5 %", "91 %", "40 %", "30", "160", "2 %"):
        assert number in text


def test_the_tables_are_those_that_the_command_reads() -> None:
    made = {name: rows(text) for name, text in tables(ASSIGNED, CROPS, design()).items()}
    assert {name: tuple(content[0]) for name, content in made.items() if name != "assignment.csv"} == {
        "data/seasons.csv": SEASON_COLUMNS,
        "data/yields.csv": YIELD_COLUMNS,
        "data/readings.csv": READING_COLUMNS,
        "data/outages.csv": OUTAGE_COLUMNS,
        "data/advised.csv": ADVICE_COLUMNS,
        "data/events.csv": ("parcel_id", "started_at", "volume_m3", "source"),
        "data/weather.csv": (
            "date",
            "tmin_c",
            "tmax_c",
            "rh_mean_percent",
            "wind_m_s",
            "radiation_mj_m2",
            "rain_mm",
        ),
    }
    assert made["assignment.csv"][1:] == [["p,0", "C/a", "", "c"], ["p1", "C/b", "k", "after the trial"]]
    # A row for each parcel and season, and its crop as far as it is known.
    assert [row[:3] for row in made["data/seasons.csv"][1:4]] == [
        ["p,0", "a", "maize"],
        ["p1", "a", "wheat"],
        ["p,0", "b", "maize"],
    ]
    assert len(made["data/yields.csv"]) == 1 + 2 * 4


def test_the_promise_as_json_says_that_its_seasons_are_synthetic() -> None:
    told = json.loads(json.dumps(promise_json(design(), PROMISE, ["a note"]), allow_nan=False))
    assert told["label"].startswith("SYNTHETIC")
    assert (told["least_saving_fraction"], told["power"], told["expected_saving_fraction"]) == (0.1234, 0.8, 0.15)
    assert told["scatter"]["parcel_season_sigma"] == 0.25
    assert told["notes"] == ["a note"]
