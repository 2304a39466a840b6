"""A crop that no model knows is told before a season of photos says nothing."""

from pathlib import Path
from typing import Any

import pytest

from edge.config import GatewayConfig
from edge.crop_check import crop_notes, known_crops


def notes(folder: Path, crop: str | None, **more: Any) -> list[str]:  # noqa: ANN401 -- any table, checked when it is made
    watch = {"folder": folder, "parcel_id": "P01"} | ({} if crop is None else {"crop": crop})
    config = GatewayConfig.model_validate({"organisation": "o", "gateway_id": "g", "watch": [watch], **more})
    return list(crop_notes(config))


def test_the_crop_of_the_card_needs_no_word(tmp_path: Path) -> None:
    assert known_crops(None) == {"soybean"}
    assert notes(tmp_path, "soybean") == []


@pytest.mark.parametrize(
    ("crop", "said"),
    [
        ("soybeans", "evaluated on 'soybeans' (only on soybean); did you mean soybean?"),
        ("wheat", "evaluated on 'wheat' (only on soybean); canopy"),
        (None, "no crop is named (only on soybean); canopy"),
    ],
)
def test_another_one_is_told_with_what_was_probably_meant(tmp_path: Path, crop: str | None, said: str) -> None:
    [note] = notes(tmp_path, crop)
    assert note.startswith("note: P01: ")
    assert said in note


def test_where_no_card_can_be_read_nothing_is_said_of_crops(tmp_path: Path) -> None:
    (tmp_path / "wilting").mkdir()
    (tmp_path / "wilting" / "card.toml").write_text("no card")
    assert notes(tmp_path, "wheat", models_dir=tmp_path) == []
