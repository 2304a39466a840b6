"""``seguia gateway receipt``: the page that an installer hands over, and what the gateway did and spent, as JSON."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.acceptance.examination import Means, examined
from edge.acceptance.page import text_of
from edge.acceptance.pdf import pdf_of
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.data_folder import OUTBOX_FILE
from edge.database import Database
from edge.equipment import everything
from edge.errors import ConfigurationError, EdgeError, UplinkUnavailableError
from edge.receipt import receipt_of
from edge.voice import tell_operator


def receipt(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")] = Path("gateway.toml"),
    watts: Annotated[float, typer.Option(min=0.1, help="Power one working core adds, for the estimate.")] = 3.0,
    *,
    pdf: Annotated[Path | None, typer.Option(help="Write the page as a PDF too.", metavar="FILE")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Only what was seen, queued, sent and spent, as JSON; measures nothing.")
    ] = False,
) -> None:
    """Measure this gateway and print its page: what passes, what fails, what is open; needs about ten seconds.

    Example: seguia gateway receipt --config gateway.toml --pdf receipt.pdf
    """
    settings = read_config(config)
    if as_json:
        typer.echo(json.dumps(_spent(settings, watts), indent=2))
        return
    clock = Clock()
    means = Means(clock=clock, findings=lambda: everything(settings, lambda: _models(settings), clock), watts=watts)
    page = examined(settings, means, tell_operator)
    if pdf is not None:
        _write(pdf, pdf_of(page))
    typer.echo(text_of(page), nl=False)
    for line in page.failed:
        tell_operator(f"{line.part}: {line.text}")
    if not page.passed:
        unreachable = any(line.part == "link" for line in page.failed)
        raise typer.Exit(UplinkUnavailableError.exit_code if unreachable else EdgeError.exit_code)


def _spent(settings: GatewayConfig, watts: float) -> dict[str, Any]:
    path = settings.data_dir / OUTBOX_FILE
    if not path.exists():
        raise ConfigurationError(f"{path}: expected a gateway's queue, got none; run the gateway first")
    database = Database(path, tell=tell_operator, replace_damaged=False)
    try:
        return receipt_of(database, watts=watts)
    finally:
        database.close()


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror}); choose another --pdf") from error


def _models(settings: GatewayConfig) -> tuple[str, ...]:
    from edge.look import open_looker  # noqa: PLC0415 -- onnxruntime takes 0.3 s: only who looks at photos pays for it

    return open_looker(settings)[1]
