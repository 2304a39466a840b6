"""``seguia gateway render``: units, brokers, sensor nodes and image of one gateway, out of its one file."""

from pathlib import Path
from typing import Annotated

import typer

from edge.config_file import read_config
from edge.errors import ConfigurationError
from edge.rendering.folder import rendered, write
from edge.rendering.notes import notes
from edge.settings.profile import PROFILE_NAMES


def render(
    config: Annotated[Path, typer.Argument(help="The gateway's configuration file.", metavar="GATEWAY.toml")],
    out: Annotated[Path, typer.Option(help="Folder to write into; files of an earlier rendering are replaced.")],
    profile: Annotated[
        str | None, typer.Option(help=f"Another machine than the file's: {', '.join(PROFILE_NAMES)}.")
    ] = None,
) -> None:
    """Write what a gateway's file decides: systemd units, mosquitto, ESPHome nodes, udev rules, limits, image recipe.

    Example: seguia gateway render /etc/seguia/gateway.toml --out rendered
    """
    settings = read_config(config)
    for note in notes(config, settings):
        typer.echo(f"note: {note}", err=True)
    if profile is not None:
        chosen = next((name for name in PROFILE_NAMES if name == profile), None)
        if chosen is None:
            raise ConfigurationError(f"--profile: expected one of {', '.join(PROFILE_NAMES)}, got {profile!r}")
        settings = settings.model_copy(update={"profile": chosen})
    files = rendered(settings)
    write(files, out)
    typer.echo(f"wrote {len(files)} files into {out}; what to do with them: {out / 'INSTALL.md'}")
