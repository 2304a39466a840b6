"""The commands of the files answer ``--help`` at once: what they import beforehand is light."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("sqlalchemy", "pydantic", "numpy", "xarray", "pandas", "matplotlib", "scipy", "sklearn", "shapely")


@pytest.mark.parametrize("command", ["advise", "balance", "et0", "explain", "impact", "judge"])
def test_a_command_opens_no_heavy_library_before_it_is_used(repository: Path, command: str) -> None:
    program = f"import sys; import cloud.commands.{command}; print(*[one for one in {HEAVY!r} if one in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
