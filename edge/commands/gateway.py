"""``seguia gateway``: set a field gateway up, examine it, run it, and read what it did."""

import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.clock import Clock
from edge.commands.gateway_clock import clock
from edge.commands.gateway_init import init
from edge.commands.gateway_page import page
from edge.commands.gateway_receipt import receipt
from edge.commands.gateway_render import render
from edge.commands.gateway_update import in_use, must_run, update
from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.equipment import everything
from edge.errors import EdgeError, UplinkUnavailableError
from edge.gateway import Gateway
from edge.logbook import Logbook
from edge.sources.folder import FolderSource
from edge.turns import Turns
from edge.updates.overlay import configured, trusted_looker
from edge.voice import Voice, tell_operator

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The field gateway: photos in, detections out, nothing lost. Start with: seguia gateway init",
)

app.command(short_help="What time it believes it is, and who says so.")(clock)
app.command(short_help="Write a configuration, its folders and its keys.")(init)
app.command(short_help="The installer's page: set up step by step, by telephone.")(page)
app.command(short_help="Write units, brokers, nodes and image out of one file.")(render)
app.command(short_help="Measure it: the pass or fail page to hand over; or counts as JSON.")(receipt)
app.command(short_help="Look for signed releases, or tell which runs.")(update)

ConfigOption = Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")]
_DEFAULT_CONFIG = Path("gateway.toml")


@app.command(short_help="What is well, and the remedy for what is not.")
def check(config: ConfigOption = _DEFAULT_CONFIG) -> None:
    """Examine configuration, folders, camera and weather files, models, clock and broker; what is wrong has its remedy.

    Example: seguia gateway check --config gateway.toml
    """
    settings = read_config(config)
    typer.echo(f"ok    config  {config}")
    failed: list[str] = []
    for finding in everything(settings, lambda: _looker(settings)[1], Clock()):
        typer.echo(f"{'ok   ' if finding.well else 'WRONG'} {finding.part:11} {finding.text}")
        if not finding.well:
            tell_operator(f"{finding.part}: {finding.text}")
            failed.append(finding.part)
    if failed:
        raise typer.Exit(UplinkUnavailableError.exit_code if "broker" in failed else EdgeError.exit_code)


@app.command(short_help="Watch the folders and deliver, until stopped.")
def run(
    config: ConfigOption = _DEFAULT_CONFIG,
    *,
    once: Annotated[bool, typer.Option("--once", help="Look at the photos present now, queue, and stop.")] = False,
    until_empty: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="SECONDS", help="With or as --once: deliver too, waiting at most so long."),
    ] = None,
) -> None:
    """Watch the folders and deliver what the photos say, until told to stop.

    Example: seguia gateway run --config gateway.toml --once --until-empty 30
    """
    settings = configured(config, tell_operator, counted=not once and until_empty is None)
    look, models = trusted_looker(settings, _looker, tell_operator)
    started = in_use(settings)
    turns = Turns(tell_operator)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: turns.end())

    def work(stop: threading.Event) -> int:
        with Gateway(settings, look, models=models) as gateway:
            if once or until_empty is not None:
                before = Logbook(gateway.outbox.database).counters()
                try:
                    return gateway.run_once(stop, until_empty)
                finally:
                    tell_operator(done_since(before, Logbook(gateway.outbox.database).counters()))
            broker = settings.broker
            tell_operator(
                f"watching {len(settings.watch)} folders for {broker.host}:{broker.port}; what is unusual is told here,"
                " the rest by seguia gateway receipt; Ctrl-C stops"
            )
            gateway.follow_releases(config)
            gateway.run(stop)
            must_run(settings, started)
            return 0

    rejected = turns.run(work)
    if rejected:
        raise EdgeError(f"{rejected} files could not be used; each is named above")


def done_since(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """What one run did, in one line."""
    words = {
        "frames_queued": "queued",
        "frames_rejected": "set aside",
        "messages_stored": "messages stored by the cloud",
    }
    done = {name: int(after.get(name, 0.0) - before.get(name, 0.0)) for name in words}
    looked_at = done["frames_queued"] + done["frames_rejected"]
    return f"{looked_at} photos looked at: " + ", ".join(f"{count} {words[name]}" for name, count in done.items())


@app.command(short_help="Look again at the photos; sends nothing.")
def replay(config: ConfigOption = _DEFAULT_CONFIG) -> None:
    """Look again at every photo still in the watched folders and print what is seen, one JSON line each; sends nothing.

    Example: seguia gateway replay --config gateway.toml > again.jsonl
    """
    settings = read_config(config)
    look, _ = _looker(settings)
    clock, voice = Clock(), Voice()
    unusable = 0
    for watch in settings.watch:
        source = FolderSource(watch, settle_s=0.0, clock=clock, voice=voice)
        for drop in source.ready(lambda _: False):
            try:
                detection = look(drop, source.metadata_of(drop.path)).detection
            except EdgeError as error:
                voice.tell(str(error))
                unusable += 1
                continue
            named = detection.model_copy(
                update={"path": str(drop.path), "parcel_id": detection.parcel_id or watch.parcel_id}
            )
            sys.stdout.write(named.model_dump_json() + "\n")
    if unusable:
        raise EdgeError(f"{unusable} files could not be used; each is named above")


def _looker(settings: GatewayConfig) -> tuple[Any, tuple[str, ...]]:
    from edge.look import open_looker  # noqa: PLC0415 -- onnxruntime takes 0.3 s: only who looks at photos pays for it

    return open_looker(settings)
