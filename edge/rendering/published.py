"""The rendered example in ``firmware_configs``: written anew by ``make schemas``, compared by the tests."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge.config_file import read_config
from edge.rendering.folder import rendered, write
from edge.settings.profile import PROFILE_NAMES

WHOLE_SITE: Final = Path("gateway") / "whole-site.toml"


def published(folder: Path) -> Mapping[str, str]:
    """Text of each file that its ``gateway/whole-site.toml`` decides; what machines differ in, once for each."""
    config = read_config(folder / WHOLE_SITE)
    each = {name: rendered(config.model_copy(update={"profile": name})) for name in PROFILE_NAMES}
    one = each[PROFILE_NAMES[0]]
    shared = {path for path in one if len({files[path] for files in each.values()}) == 1}
    own = {
        f"profiles/{name}/{path}": text
        for name, files in each.items()
        for path, text in files.items()
        if path not in shared
    }
    return {path: one[path] for path in sorted(shared)} | own


if __name__ == "__main__":
    write(published(Path(sys.argv[1])), Path(sys.argv[1]))
