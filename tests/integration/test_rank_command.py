"""``seguia rank`` as a user runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.commands import rank
from edge.errors import ConfigurationError

FLIGHT = "crown,osavi_p90\n" + "".join(f"tree {place},{0.42 - 0.01 * place:.2f}\n" for place in range(9))


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "crowns.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_each_crown_gets_its_place_and_an_unknown_one_its_reason(tmp_path: Path) -> None:
    done = CliRunner().invoke(rank.app, [written(tmp_path, FLIGHT + "stump,\n"), "--crop", "pistachio"])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["stress_rank"] for line in lines] == [*(place / 8 for place in range(9)), None]
    assert lines[0]["reason"] is None
    assert 0 < lines[0]["confidence"] < 1
    assert lines[-1] == {"crown": "stump", "stress_rank": None, "confidence": None, "reason": "low_canopy"}


def test_another_crop_is_ranked_only_when_it_was_checked_there(tmp_path: Path) -> None:
    words = [written(tmp_path, FLIGHT), "--crop", "almond"]
    silent = [json.loads(line) for line in CliRunner().invoke(rank.app, words).stdout.splitlines()]
    assert {line["reason"] for line in silent} == {"crop_not_validated"}
    assert {line["stress_rank"] for line in silent} == {None}
    told = CliRunner().invoke(rank.app, [*words, "--checked-here"]).stdout.splitlines()
    assert json.loads(told[-1])["stress_rank"] == 1.0


@pytest.mark.parametrize(
    "text", ["tree,vigour\na,0.3\n", "crown,osavi_p90\na,wet\n", "crown,osavi_p90\na,nan\n", "crown\na\n"]
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="line 2"):
        rank.read_crowns(Path(written(tmp_path, text)))


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="absent"):
        rank.read_crowns(tmp_path / "absent.csv")


def test_a_crown_cannot_command_the_terminal(tmp_path: Path) -> None:
    done = CliRunner().invoke(rank.app, [written(tmp_path, "crown,osavi_p90\n\x9b31mred,0.3\n"), "--crop", "pistachio"])
    assert "\\u009b31mred" in done.stdout


def test_an_absent_table_and_an_absent_column_are_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.csv: expected a CSV file with .*, got No such file"):
        rank.read_crowns(tmp_path / "absent.csv")
    with pytest.raises(ConfigurationError, match=r"line 2: expected crown, osavi_p90, got .*; name both columns"):
        rank.read_crowns(Path(written(tmp_path, "crown,vigour\n1,0.3\n")))
