"""CONTRACT.md names whatever can be typed and whatever a reader of our files may meet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import seguia
from cloud.advice.words import REASONS as ADVICE_REASONS
from edge.camera import CameraConfig
from edge.contract import REASONS
from simulations.evaluation.parts import PARTS, WATER_PARTS

EVERYWHERE = {"--help"}


def commands(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:  # noqa: ANN401 -- typer's own commands
    context = typer.Context(command, info_name=name)
    if hasattr(command, "list_commands"):
        for each in command.list_commands(context):
            yield from commands(command.get_command(context, each), f"{name} {each}".strip())
    if not hasattr(command, "list_commands") or (command.invoke_without_command and name):
        options = {text for parameter in command.params for text in parameter.opts if text.startswith("--")}
        yield name, options - EVERYWHERE


@pytest.fixture(scope="module")
def document(repository: Path) -> str:
    return " ".join((repository / "CONTRACT.md").read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def built() -> dict[str, set[str]]:
    return dict(commands(typer.main.get_command(seguia.app), ""))


def named(document: str, command: str) -> bool:
    *room, last = command.split()
    lists = [part.split("`")[0] for part in document.split(f"seguia {' '.join(room)} ")[1:]] if room else []
    return f"seguia {command}" in document or any(last in text.replace("|", " ").split() for text in lists)


def test_every_command_is_named(built: dict[str, set[str]], document: str) -> None:
    assert {"detect", "cloud audit verify", "models train"} <= set(built)
    assert [command for command in built if not named(document, command)] == []


def test_every_option_is_named(built: dict[str, set[str]], document: str) -> None:
    missing = {(command, option) for command, options in built.items() for option in options if option not in document}
    assert not missing


@pytest.mark.parametrize("table", [REASONS, ADVICE_REASONS, CameraConfig.model_fields, PARTS, WATER_PARTS])
def test_every_code_and_key_is_named(table: Any, document: str) -> None:  # noqa: ANN401 -- anything that lists names
    assert [name for name in table if f"`{name}`" not in document] == []


def test_what_is_promised_and_not_built_is_not_there(built: dict[str, set[str]], document: str) -> None:
    absent = document.partition("## 7.")[2]
    later = ("evaluate water", "evaluate judge", "impact design", "cloud phone", "cloud backup", "cloud user")
    for command in ("models publish", "evaluate vision", *later):
        assert (f"`{command}`" in absent) != (command in built), command
