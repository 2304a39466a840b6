"""``seguia simulate``: a pilot lived through in a simulated world, and what it saved there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.registry import default_data_folder

if TYPE_CHECKING:
    from simulations.closed_loop.crew import Ran
    from simulations.closed_loop.pilot import Pilot

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def simulate(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    pilot: Annotated[Path, typer.Argument(help="The pilot, TOML.", metavar="PILOT.toml")],
    out: Annotated[Path, typer.Option("--out", help="Folder for report.json, report.html and finished parts.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the parts that are not finished.")] = False,  # noqa: FBT002 -- a flag of the command line
    only: Annotated[list[str] | None, typer.Option("--only", help="This strategy only; may be repeated.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=256, help="Parts run at the same time.")] = 1,
    seasons: Annotated[int | None, typer.Option("--seasons", min=1, help="Only the first N seasons.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data; default: SEGUIA_DATA or ../shared/data.")] = None,
) -> None:
    """Run every strategy of a pilot through its seasons against AquaCrop, and compare water and yield.

    The world is SYNTHETIC but for its weather, and is not made of the advisor's own equations. Prints the verdict and
    the bars as JSON. A run that was stopped goes on with --resume. Exit 1 names climates and parts that could not be
    run; a missed bar is marked and is no fault.

    Example: seguia simulate simulations/closed_loop/pilots/tunis.toml --out /tmp/tunis --jobs 2
    """
    from simulations.closed_loop.crew import ran  # noqa: PLC0415 -- heavy; --help must be instant
    from simulations.closed_loop.figures import figures_of  # noqa: PLC0415 -- as above
    from simulations.closed_loop.pilot import read_pilot  # noqa: PLC0415 -- as above

    chosen = read_pilot(pilot).shortened(seasons, tuple(only or ()))
    finished = ran(chosen, out, folders=_folders(pilot, data), jobs=jobs, resume=resume)
    figures = figures_of(chosen, finished.outcomes, finished.problems)
    _written(out, chosen, finished, figures)
    typer.echo(json.dumps({name: figures[name] for name in ("verdict", "bars")}, indent=1, allow_nan=False))
    for line in finished.problems:
        typer.echo(f"seguia simulate: {line}", err=True)
    if finished.problems:
        raise typer.Exit(1)


def _folders(pilot: Path, data: Path | None) -> tuple[Path, ...]:
    """Where weather files are looked for."""
    return (pilot.parent, data or default_data_folder())


def _written(out: Path, pilot: Pilot, finished: Ran, figures: dict[str, object]) -> None:

    from simulations.closed_loop.report import page  # noqa: PLC0415 -- heavy; --help must be instant

    content = {**figures, "outcomes": [one.row() for one in finished.outcomes]}
    (out / "report.json").write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
    (out / "report.html").write_text(page(pilot, finished.outcomes, figures), encoding="utf-8")
