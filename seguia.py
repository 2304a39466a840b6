"""The one command: opens the field, the cloud, the models or the simulations only when they are called.

A gateway that installed only ``seguia[edge]`` therefore never imports a cloud library.
"""

import importlib
import sys
from dataclasses import dataclass
from typing import Any, Final

import typer
from typer.core import TyperGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a command lives, which extra it needs and what it is for."""

    module: str
    extra: str
    summary: str
    attribute: str = "app"


ROOMS: Final = {
    "demo": Room(
        module="simulations.demo.command",
        extra="edge,cloud,demo",
        summary="The whole system on one machine: from a field photo to a farmer's SMS.",
    ),
    "detect": Room(
        module="edge.commands.detect", extra="edge", summary="What photos and thermal frames say, one JSON line each."
    ),
    "align": Room(
        module="edge.commands.align", extra="edge", summary="The band files of one capture as one frame of reflectance."
    ),
    "rank": Room(module="edge.commands.rank", extra="edge", summary="Which trees of one flight are the driest."),
    "gateway": Room(module="edge.commands.gateway", extra="edge", summary="The field gateway: init, check, run."),
    "models": Room(module="models.commands", extra="edge", summary="Vision models: list, verify, evaluate, train."),
    "release": Room(
        module="models.release.command",
        extra="edge,updates",
        summary="Signed releases of models, configuration and code for gateways.",
    ),
    "evaluate": Room(
        module="simulations.evaluation.command",
        extra="edge,train,simulate",
        summary="Every published figure made again, and held against its card.",
    ),
    "simulate": Room(
        module="simulations.closed_loop.command",
        extra="edge,cloud,simulate",
        summary="A pilot lived through in a simulated world: water saved and yield kept.",
    ),
    "et0": Room(module="cloud.commands.et0", extra="cloud", summary="Reference evapotranspiration of a weather file."),
    "balance": Room(module="cloud.commands.balance", extra="cloud", summary="Soil water of one parcel, day by day."),
    "advise": Room(module="cloud.commands.advise", extra="cloud", summary="When and how much to irrigate, judged."),
    "judge": Room(module="cloud.commands.judge", extra="cloud", summary="An independent check of advice."),
    "render": Room(module="cloud.commands.render", extra="cloud", summary="The farmer's message in a language."),
    "explain": Room(module="cloud.commands.explain", extra="cloud", summary="Why a parcel got its advice."),
    "impact": Room(
        module="cloud.commands.impact", extra="cloud", summary="Water that advice saved in a real trial, or not proven."
    ),
    "cloud": Room(module="cloud.commands.cloud", extra="cloud", summary="Serve, ingest, nightly, send, audit."),
}


def _stop_when_not_installed(error: ModuleNotFoundError, command: str) -> None:
    """End with the way out when a library of a room is missing; a missing module of ours is a defect and goes on."""
    top = (error.name or "").partition(".")[0]
    if command not in ROOMS or top in {"edge", "cloud", "models", "simulations", ""}:
        return
    sys.stderr.write(
        f"seguia {command}: needs the package {top}, which is not installed;"
        f" install it with: pip install '.[{ROOMS[command].extra}]' in a checkout\n"
    )
    raise SystemExit(2) from None


class RoomsGroup(TyperGroup):
    """Commands by name; a room's module is imported when its command is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 -- typer's own signature
        """Names in the order a newcomer needs them."""
        return list(ROOMS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 -- typer's own signature
        """The command, its room opened."""
        room = ROOMS.get(cmd_name)
        if room is None:
            return None
        try:
            module = importlib.import_module(room.module)
        except ModuleNotFoundError as error:
            _stop_when_not_installed(error, cmd_name)
            raise
        command = typer.main.get_command(getattr(module, room.attribute))
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 -- typer's own signature
        """List of commands from the table, so that asking for help opens no room."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, room.summary) for name, room in ROOMS.items()])


app = typer.Typer(
    cls=RoomsGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Seguia, the irrigation advisor. Start with: seguia demo",
)


@app.callback()
def front_door() -> None:
    """Seguia, the irrigation advisor. Start with: seguia demo."""


def main() -> None:
    """Entry point of the command ``seguia``: errors are one line; ``--debug``, anywhere, shows the traceback."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except Exception as error:
        if debug:
            raise
        if isinstance(error, ModuleNotFoundError):
            _stop_when_not_installed(error, next((word for word in sys.argv[1:] if word in ROOMS), ""))
        exit_code = getattr(error, "exit_code", None)
        text = str(error) if exit_code is not None else f"{type(error).__name__}: {error} (--debug shows where)"
        sys.stderr.write(f"seguia: {text}\n")
        raise SystemExit(exit_code or 1) from None


if __name__ == "__main__":
    main()
