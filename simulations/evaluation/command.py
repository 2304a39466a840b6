"""``seguia evaluate``: every published figure made again from the data, and held against what was published."""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from edge.card import packaged_models
from edge.errors import ConfigurationError
from models.job import Job
from models.registry import default_data_folder
from simulations.evaluation.comparison import Difference, differences, figures_of_card
from simulations.evaluation.parts import IMPACT_PARTS, JUDGE_PARTS, PARTS, WATER_PARTS, Part, Rebuilt, rebuild
from simulations.evaluation.report import page

ONLY_HELP: Final = f"Rebuild this part only; may be repeated: {', '.join(PARTS)}."
ONLY_WATER_HELP: Final = f"Rebuild this part only; may be repeated: {', '.join(WATER_PARTS)}."

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Published figures made again: vision, water, judge, impact.",
)


@app.callback()
def evaluate() -> None:
    """Published figures made again: vision, water, judge, impact."""


@app.command()
def vision(
    out: Annotated[Path | None, typer.Option("--out", help="HTML report, one file.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data; default: SEGUIA_DATA or ../shared/data.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help=ONLY_HELP)] = None,
    models: Annotated[Path | None, typer.Option("--models", help="Folder of the cards to compare with.")] = None,
) -> None:
    """Rebuild the vision figures and compare them with the cards; JSON on stdout, a page in --out.

    The canopy part trains four networks: allow an hour for everything. Exit 1 names each part that could not be rebuilt
    and each number of a card that came out otherwise; a missed bar is marked, since its card says so too. Figures from
    rendered scenes are marked synthetic.

    Example: seguia evaluate vision --only wilting --out report.html
    """
    writable(out)
    parts = rebuilt(PARTS, only, data)
    differing = {part.name: against_card(part, models or packaged_models()) for part in parts}
    deliver("vision", parts, differing, out)


@app.command()
def water(
    out: Annotated[Path | None, typer.Option("--out", help="HTML report, one file.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data; default: SEGUIA_DATA or ../shared/data.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help=ONLY_WATER_HELP)] = None,
) -> None:
    """Hold the estimated soil water against measured; JSON on stdout, a page in --out.

    Every estimate is causal, and its rivals stand beside it: pyfao56, the last reading held, a constant. Allow four
    minutes. Exit 1 names each part that could not be rebuilt; a missed bar is marked and is no fault.

    Example: seguia evaluate water --out report.html
    """
    writable(out)
    parts = rebuilt(WATER_PARTS, only, data)
    deliver("water", parts, {part.name: [] for part in parts}, out)


@app.command()
def judge(
    out: Annotated[Path | None, typer.Option("--out", help="HTML report, one file.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data; default: SEGUIA_DATA or ../shared/data.")] = None,
) -> None:
    """Put sound and spoilt days before the judge: what it holds falsely, and what it catches; JSON on stdout.

    Four seasons of real weather over an invented district, with nearly a hundred families of faults in weather,
    forecast, parcels, irrigations, photos and advice, and forty days of 720 parcels. Allow a quarter of an hour. A
    missed bar is marked and is no fault.

    Example: seguia evaluate judge --out report.html
    """
    writable(out)
    parts = rebuilt(JUDGE_PARTS, None, data)
    deliver("judge", parts, {part.name: [] for part in parts}, out)


@app.command()
def impact(
    out: Annotated[Path | None, typer.Option("--out", help="HTML report, one file.")] = None,
) -> None:
    """Put trials with a known saving before the verdict of seguia impact; JSON on stdout.

    SYNTHETIC districts, with and without a saving: how often "saved" is said where nothing was, how often the interval
    holds the truth, bias, power against what the designer promised. Allow a quarter of an hour. A missed bar is marked
    and is no fault.

    Example: seguia evaluate impact --out report.html
    """
    writable(out)
    parts = rebuilt(IMPACT_PARTS, None, None)
    deliver("impact", parts, {part.name: [] for part in parts}, out)


def writable(out: Path | None) -> None:
    """Refuse a page that could not be written before the figures are made, not after."""
    if out is not None and not (out.is_file() or (out.parent.is_dir() and not out.exists())):
        raise ConfigurationError(f"--out {out}: expected a file in a folder that exists, got none; choose another")


def rebuilt(known: Mapping[str, Part], only: Sequence[str] | None, data: Path | None) -> list[Rebuilt]:
    """The parts that were asked for, made again."""
    chosen = only or list(known)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ConfigurationError(f"--only: expected one of {', '.join(known)}, got {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="seguia-evaluate-") as place:
        job = Job(data=data or default_data_folder(), out=Path(place), steps=None, threads=1, told=told)
        return [rebuild(name, known[name], job) for name in chosen]


def deliver(
    kind: str, parts: Sequence[Rebuilt], differing: Mapping[str, Sequence[Difference]], out: Path | None
) -> None:
    """JSON on stdout, the page where one was asked for, and exit 1 where a figure could not be rebuilt."""
    described = machine()
    typer.echo(json.dumps(summary(parts, differing, described), indent=2, allow_nan=False))
    if out is not None:
        out.write_text(page(parts, differing, described, kind), encoding="utf-8")
    faults = problems(parts, differing)
    for line in faults:
        typer.echo(f"seguia evaluate {kind}: {line}", err=True)
    if faults:
        raise typer.Exit(1)


def told(line: str) -> None:
    """Progress on stderr, only where someone watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")


def against_card(part: Rebuilt, models: Path) -> list[Difference]:
    """What the part's card publishes otherwise; nothing for a part without card or without figures."""
    if part.part.card is None or part.problem is not None:
        return []
    return differences(figures_of_card(models / part.part.card), part.figures)


def summary(
    parts: Sequence[Rebuilt], differing: Mapping[str, Sequence[Difference]], described: Mapping[str, str]
) -> dict[str, Any]:
    """Everything the run found, as JSON holds it."""
    return {
        "machine": dict(described),
        "parts": {
            part.name: {
                "summary": part.part.summary,
                "synthetic": part.part.synthetic,
                "state": "rebuilt" if part.problem is None else "not rebuilt",
                **({} if part.problem is None else {"problem": part.problem}),
                "seconds": part.seconds,
                "bars": [dict(row) for row in part.bars],
                "differs_from_card": [str(one) for one in differing[part.name]],
                "figures": {name: value for name, value in part.figures.items() if name != "series"},
            }
            for part in parts
        },
    }


def problems(parts: Sequence[Rebuilt], differing: Mapping[str, Sequence[Difference]]) -> list[str]:
    """One line for each part or number that could not be rebuilt."""
    lines = [f"{part.name}: not rebuilt: {part.problem}" for part in parts if part.problem is not None]
    return lines + [f"{name}: {one}" for name, several in differing.items() for one in several]


def machine() -> dict[str, str]:
    """The machine and the libraries the figures were made with."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "numpy": version("numpy"),
    }


def processor(listing: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's own name where the system tells it, else its kind."""
    try:
        text = listing.read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    named = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return named[0] if named else platform.machine()
