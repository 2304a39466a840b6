"""What the library behind the models may not do on its own."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_runtime_of_the_models_reports_to_nobody(tmp_path: Path, repository: Path) -> None:
    # Else the library, once loaded, keeps a number of this machine and a queue of events below HOME, and sends them.
    environment = {name: text for name, text in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    lines = (
        "from pathlib import Path",
        "from edge.network import Network",
        f"Network(Path({str(repository / 'models' / 'scene')!r}))",
    )
    subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        check=True,
        cwd=repository,
        env={**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert list(tmp_path.rglob("*")) == []
