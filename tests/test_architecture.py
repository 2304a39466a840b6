"""The house keeps its own rules: rooms, sizes, layers."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

MAX_LINES = 300
MAX_ARGUMENTS = 6
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager"}


def sources(repository: Path) -> list[Path]:
    rooms = [repository / room for room in ("edge", "cloud", "models", "simulations")]
    found = [path for room in rooms for path in room.rglob("*.py") if "node_modules" not in path.parts]
    assert found, "no source file found: is this the repository?"
    return [*found, repository / "seguia.py"]


@pytest.mark.parametrize("room", ["seguia", "edge", "cloud", "models", "simulations"])
def test_rooms_import_from_this_repository(room: str, repository: Path) -> None:
    specification = importlib.util.find_spec(room)
    assert specification is not None
    assert specification.origin is not None
    assert Path(specification.origin).resolve().is_relative_to(repository)


def test_no_module_is_longer_than_a_reader_can_hold(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): lines
        for path in sources(repository)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long, f"a noun is missing in {long}"


def test_no_room_has_a_name_that_says_nothing(repository: Path) -> None:
    nameless = [path for path in sources(repository) if {path.stem, *path.parts[len(repository.parts) :]} & NAMELESS]
    assert not nameless


def test_package_fronts_stay_empty(repository: Path) -> None:
    talkative = [path for path in sources(repository) if path.name == "__init__.py" and path.read_text().strip()]
    assert not talkative, "importing one room must never open another"


def test_no_function_takes_more_arguments_than_six(repository: Path) -> None:
    greedy = []
    for path in sources(repository):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                options = any(isinstance(d, ast.Call) and "command" in ast.dump(d.func) for d in node.decorator_list)
                named = [a for a in [*node.args.posonlyargs, *node.args.args] if a.arg not in {"self", "cls"}]
                if len(named) > MAX_ARGUMENTS and not options:
                    greedy.append(f"{path.relative_to(repository)}:{node.lineno} {node.name}")
    assert not greedy


def test_the_import_contracts_of_the_house_hold(repository: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_no_room_imports_the_front_door(repository: Path) -> None:
    importers = []
    for path in sources(repository):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if "seguia" in named or (isinstance(node, ast.ImportFrom) and node.module == "seguia"):
                importers.append(path)
    assert not importers


@pytest.mark.parametrize(
    "heavy", ["xarray", "sklearn", "scipy", "fastapi", "sqlalchemy", "onnxruntime", "cv2", "matplotlib", "numba"]
)
def test_asking_for_help_opens_no_heavy_room(heavy: str, repository: Path) -> None:
    script = (
        "import sys, seguia\nsys.argv = ['seguia', '--help']\n"
        f"try:\n    seguia.main()\nexcept SystemExit:\n    pass\nassert {heavy!r} not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
