from pathlib import Path

import pytest

from edge.errors import ConfigurationError
from edge.installer import is_same_number, read_installer_number
from edge.keys import write_private
from edge.settings.installer import InstallerConfig


def config(file: Path) -> InstallerConfig:
    return InstallerConfig(number_file=file)


def test_a_number_is_read_from_its_private_file(tmp_path: Path) -> None:
    write_private(tmp_path / "number", b"+212 600-00.00 00\n# Hassan\n")
    assert read_installer_number(config(tmp_path / "number")) == "+212600000000"


@pytest.mark.parametrize("text", ["", "0600000000\n", "+0212600000000\n", "+21260000000a\n", "\u0661\n"])
def test_what_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    write_private(tmp_path / "number", text.encode())
    with pytest.raises(ConfigurationError, match=r"first line: expected a number such as \+212600000000"):
        read_installer_number(config(tmp_path / "number"))


def test_a_file_that_others_may_read_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "number"
    write_private(file, b"+212600000000\n")
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_installer_number(config(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_installer_number(config(tmp_path / "none"))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("+212612345678", True),
        ("0612345678", True),
        ("00212612345678", True),
        ("+212612345679", False),
        ("345678", False),
        ("", False),
        ("INFO", False),
    ],
)
def test_a_network_may_write_the_number_without_its_country(other: str, *, same: bool) -> None:
    assert is_same_number("+212612345678", other) is same
