"""What the library behind the models may not do on its own where models are made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_runtime_of_the_models_reports_to_nobody_where_they_are_made(tmp_path: Path, repository: Path) -> None:
    pytest.importorskip("torch", reason="models are made with torch")
    pytest.importorskip("onnx", reason="models are made with onnx")
    environment = {name: text for name, text in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    lines = (
        "from pathlib import Path",
        "from models.quantise import session_of",
        f"session_of(next(Path({str(repository / 'models' / 'scene')!r}).glob('*.onnx')))",
    )
    subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        check=True,
        cwd=repository,
        env={**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert list(tmp_path.rglob("*")) == []
