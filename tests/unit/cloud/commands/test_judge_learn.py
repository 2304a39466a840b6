"""``seguia judge learn`` and ``--novelty`` through the front door's own group."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.commands.judge import app, read_novelty
from cloud.errors import InputError

GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-6.4, 32.3]},
            "properties": {"id": "plot", "crop": "maize", "planted_on": "2026-05-20"},
        }
    ],
}


@pytest.mark.parametrize(("arguments", "named"), [(["--help"], "--novelty"), (["learn", "--help"], "judge learn")])
def test_both_commands_have_help_with_an_example(arguments: list[str], named: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert named in result.output
    assert "Example: seguia judge" in result.output


def test_a_history_without_verdicts_teaches_nothing(tmp_path: Path) -> None:
    history, parcels = tmp_path / "v.jsonl", tmp_path / "p.geojson"
    history.write_text("", encoding="utf-8")
    parcels.write_text(json.dumps(GEOJSON), encoding="utf-8")
    out = tmp_path / "n.skops"
    result = CliRunner().invoke(app, ["learn", str(history), "--parcels", str(parcels), "--out", str(out)])
    assert isinstance(result.exception, InputError)
    assert "200 released verdicts" in str(result.exception)
    assert not out.exists()


def test_an_absent_file_of_learned_advice_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="made by: seguia judge learn"):
        read_novelty(tmp_path / "absent.skops")
