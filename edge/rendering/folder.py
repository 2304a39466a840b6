"""Everything that a gateway's one file decides about its machine, its broker and its nodes, as files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge.config import GatewayConfig
from edge.errors import ConfigurationError
from edge.rendering.blank import filled
from edge.rendering.broker import gateway_broker, office_broker
from edge.rendering.image import image
from edge.rendering.nodes import nodes
from edge.rendering.steps import install_steps
from edge.rendering.units import Installation, units

_EXECUTABLE: Final = 0o755
_READABLE: Final = 0o644


def rendered(config: GatewayConfig, place: Installation | None = None) -> Mapping[str, str]:
    """Text of every file, by its path inside the folder."""
    return {
        **units(config, place or Installation()),
        **office_broker(config.organisation),
        **gateway_broker(config),
        **nodes(config),
        "udev/70-seguia.rules": filled("udev/70-seguia.rules"),
        **image(config),
        **install_steps(config),
    }


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files into a folder, over what was rendered there before."""
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(_EXECUTABLE if path.suffix == ".sh" else _READABLE)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: cannot be written ({error.strerror}); correct its permissions, or choose another --out"
        ) from error
