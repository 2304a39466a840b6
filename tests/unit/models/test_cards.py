"""A card written is a card read: TOML that the field side accepts, tables that people can read."""

import tomllib
from pathlib import Path

import pytest

from edge.card import read_card
from models.cards import dataset_entry, markdown_table, markdown_text, size_and_hash, toml_text, toml_value, write_card
from models.registry import DATASETS

CARD: dict[str, object] = {
    "name": "canopy",
    "version": "1.0.0",
    "file": "canopy.onnx",
    "sha256": "0" * 64,
    "task": "canopy",
    "licence": "CC-BY-SA-4.0",
    "licence_known": True,
    "evaluated_crops": [],
    "out_of_scope": ["night", 'a "quoted" word'],
    "input": {"name": "image", "height": 32, "width": 48, "colour": "rgb", "scale": "0..1"},
    "output": {"name": "canopy_logit", "shape": [1, 16, 24]},
    "calibration": {"canopy_threshold": 0.5},
    "training": {"datasets": [{"name": "small", "licence": "none stated"}], "split": "leave-block-out"},
    "export": {"bytes": 12},
    "evaluation": {"split": "leave-block-out", "rows": [{"method": "network", "iou": 0.25}, {"method": "rule"}]},
}


def test_card_comes_back_as_it_was_written() -> None:
    assert tomllib.loads(toml_text(CARD)) == CARD


def test_long_lists_stand_one_item_a_line() -> None:
    rows = [{"method": "a rather long name of a method", "figure": 0.123} for _ in range(4)]
    text = toml_text({"evaluation": {"rows": rows}})
    assert text.count("\n    {") == 4
    assert tomllib.loads(text)["evaluation"]["rows"] == rows


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (3, "3"), (0.5, "0.5"), ("é", '"é"')])
def test_plain_values(value: object, text: str) -> None:
    assert toml_value(value) == text


def test_a_value_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        toml_value(None)


def test_table_has_a_dash_where_a_row_has_no_figure() -> None:
    text = markdown_table([{"episode": "A", "auc": 0.91239}, {"episode": "B", "images": 7}])
    assert text.splitlines() == [
        "| episode | auc | images |",
        "| --- | --- | --- |",
        "| A | 0.912 | – |",  # noqa: RUF001 -- the dash of the table
        "| B | – | 7 |",  # noqa: RUF001 -- the dash of the table
    ]


def test_people_read_scope_licence_and_figures() -> None:
    text = markdown_text(CARD, "What it is.")
    assert text.startswith("# canopy 1.0.0\n\nWhat it is.")
    for part in ("- night", "CC-BY-SA-4.0", "| network | 0.250 |", "canopy_threshold: 0.500", "## Evaluation"):
        assert part in text


def test_the_field_side_accepts_a_written_card(tmp_path: Path) -> None:
    write_card(tmp_path, CARD, "What it is.")
    card = read_card(tmp_path)
    assert card.reference.name == "canopy"
    assert card.number("canopy_threshold", 0.0) == 0.5
    assert (tmp_path / "card.md").read_text(encoding="utf-8").endswith("`seguia models evaluate`.\n")


def test_data_sets_are_named_with_licence_and_hash(tmp_path: Path) -> None:
    entry = dataset_entry(DATASETS["soybean_wilting"], tmp_path)
    assert entry["licence"] == "none stated"
    assert entry["files"] == 0
    assert entry["sha256_of_listing"] == DATASETS["soybean_wilting"].sha256_of_listing


def test_size_and_hash_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"")
    assert size_and_hash(path) == (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


LONG: dict[str, object] = {
    **CARD,
    "not_trained_on": ["orchards", "cameras other than one"],
    "calibration": {"curve": {"scores": [0.1, 0.9], "note": "monotone"}, "levels": [1, 2]},
    "bars": {"rows": [{"what": "auc", "asked": "at least 0.93", "state": "missed"}]},
    "bias": {"worst_first": [{"by": "hour", "group": "16-18", "auc": 0.8}]},
    "with_history": {"rows": []},
}


def test_sections_of_an_evaluation_come_back_and_the_field_side_reads_past_them(tmp_path: Path) -> None:
    assert tomllib.loads(toml_text(LONG)) == LONG
    write_card(tmp_path, LONG, "What it is.")
    assert read_card(tmp_path).name == "canopy"


def test_people_read_every_section_under_a_heading() -> None:
    text = markdown_text(LONG, "What it is.")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Out of scope",
        "## Never seen as a real photo in training",
        "## Licence",
        "## Bars",
        "## Evaluation",
        "## Bias: every figure by group, the worst group first",
        "## With history",
        "## Calibration",
        "## Training",
        "## Export",
    ]
    assert "- orchards" in text
    assert "### curve.scores\n\n0.1, 0.9" in text
    assert "- curve.note: monotone" in text
    assert "| hour | 16-18 | 0.800 |" in text
    assert "### rows\n\nnone" in text


def test_a_scope_that_is_no_list_is_refused() -> None:
    with pytest.raises(TypeError, match="out_of_scope: expected a list, got str"):
        markdown_text({**CARD, "out_of_scope": "night"}, "What it is.")
