from pathlib import Path

import pytest
import typer

from cloud.commands.console import finish, ignored, shown, tell, write_csv
from cloud.errors import InputError


def test_a_line_is_told_once_and_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    tell("balance", ["first", "second", "first"])
    assert capsys.readouterr().err == "seguia balance: first\nseguia balance: second\n"


def test_problems_leave_with_code_one_and_none_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    finish("et0", [])
    with pytest.raises(typer.Exit) as leaving:
        finish("et0", ["a row could not be used"])
    assert leaving.value.exit_code == 1
    assert "a row could not be used" in capsys.readouterr().err


def test_unknown_fields_make_one_line_or_none() -> None:
    assert ignored("file", ()) == []
    assert ignored("file", ("a", "b")) == ["file: unknown fields a, b were ignored"]


def test_a_table_goes_to_a_file_or_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(("a", "b"), [(1, "x, y")], None)
    assert capsys.readouterr().out == 'a,b\n1,"x, y"\n'
    write_csv(("a",), [(1,), (2,)], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "a\n1\n2\n"
    with pytest.raises(InputError, match="choose another"):
        write_csv(("a",), [], tmp_path / "none" / "out.csv")


def test_a_name_out_of_a_file_does_not_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    tell("cloud audit check", ["\x1b[2J\rintact\x9b1m: is not named, \u00e9t\u00e9"])
    assert capsys.readouterr().err == (
        "seguia cloud audit check: \\u001b[2J\\u000dintact\\u009b1m: is not named, \u00e9t\u00e9\n"
    )


def test_a_name_is_not_written_backwards() -> None:
    assert (
        shown("a\u202egnp, \u0627\u0644\u062d\u0642\u0644\u200f") == "a\\u202egnp, \u0627\u0644\u062d\u0642\u0644\u200f"
    )
