"""``seguia models``: what stands installed, whether it may be used, and how each figure is made again."""

import datetime as dt
import importlib
import json
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.card import packaged_models, read_card
from edge.errors import ConfigurationError, ModelRefusedError
from models import labels, publishing
from models.job import Job
from models.registry import default_data_folder
from models.verification import ModelCheck, checks, model_folders

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Vision models: list, verify, evaluate, train, export, publish.",
)


class Name(StrEnum):
    """Models this package can train."""

    CANOPY = "canopy"
    SCENE = "scene"
    WILTING = "wilting"


ModelsOption = Annotated[Path | None, typer.Option("--models", help="Folder of models; default: the installed ones.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder; default: SEGUIA_DATA or ../shared/data.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for weights, figures, graphs and cards.")]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, help="Shorter training, for a trial (canopy).")]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", help="Wilting scores: CSV path,taken_at,camera_id,score,labeller.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="Processor threads for training.")]
TRIALS = Path("seguia-models")


def told(line: str) -> None:
    """Progress on stderr, only where someone watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")


@app.command("list")
def list_models(models: ModelsOption = None) -> None:
    """One line for each installed model: name, version, task, evaluated crops, licence.

    Example: seguia models list
    """
    refused = []
    for folder in model_folders(models or packaged_models()):
        try:
            card = read_card(folder)
        except ModelRefusedError as error:
            refused.append(str(error))
            continue
        crops = ", ".join(card.evaluated_crops) or "any"
        typer.echo(f"{card.name} {card.version}  task {card.task}  crops {crops}  {card.sha256[:12]}  {card.licence}")
    if refused:
        raise ModelRefusedError("\nseguia: ".join(refused))


def said(result: ModelCheck) -> str:
    """What verify prints of one model: its state, its licence, its data."""
    state = "ok" if result.problem is None else "REFUSED"
    if result.card is None:
        return f"{result.name}: {state}"
    card = result.card
    known = "" if card.licence_known else " (licence not known: live sending needs the operator's switch)"
    lines = [
        f"{result.name}: {state}, version {card.version}, sha256 {card.sha256}",
        f"  licence: {card.licence}{known}",
    ]
    lines += [f"  data: {dataset.name}, {dataset.licence}" for dataset in card.training.datasets]
    return "\n".join(lines)


@app.command()
def verify(models: ModelsOption = None) -> None:
    """Check card, hash, graph and licence of every model; exit 1 and name each one that may not be used.

    Example: seguia models verify --models ./models
    """
    problems = []
    for result in checks(models or packaged_models()):
        typer.echo(said(result))
        if result.problem is not None:
            problems.append(result.problem)
    if problems:
        raise ModelRefusedError("\nseguia: ".join(problems))


def room(name: Name, work: str) -> Any:  # noqa: ANN401 -- a module chosen by name
    """The module that does this work; a missing training library is told with the way to install it."""
    try:
        return importlib.import_module(f"models.{name.value}.{work}")
    except ModuleNotFoundError as error:
        top = (error.name or "").partition(".")[0]
        if top == "models":
            raise
        raise ConfigurationError(
            f"models {work}: expected the package {top}, got none; try: pip install '.[edge,train]' in a checkout"
        ) from None


def job_of(data: Path | None, out: Path, steps: int | None = None, threads: int = 1) -> Job:
    """The request, its defaults filled in."""
    return Job(data=data or default_data_folder(), out=out, steps=steps, threads=threads, told=told)


def with_labels(job: Job, name: Name, table: Path | None) -> Job:
    """The request with the photos that people scored; what they do not agree on is named and left out."""
    if table is None:
        return job
    if name is not Name.WILTING:
        raise ConfigurationError(f"--labels: expected the model wilting, got {name.value}; scores train no other model")
    kept, refused = labels.agreed(labels.read_labels(table))
    for line in refused:
        typer.echo(line, err=True)
    return replace(job, labelled=tuple(labels.training_rows(kept)))


@app.command()
def evaluate(
    name: Name,
    data: DataOption = None,
    out: OutOption = TRIALS,
    steps: StepsOption = None,
    threads: ThreadsOption = 1,
    scored: LabelsOption = None,
) -> None:
    """Rebuild the figures of a model's card on data held out; JSON on stdout and in OUT/NAME/figures.json.

    Example: seguia models evaluate wilting --data ../shared/data
    """
    job = with_labels(job_of(data, out, steps, threads), name, scored)
    figures = room(name, "evaluate").run(job)
    text = json.dumps(figures, indent=2, allow_nan=False)
    path = job.figures(name.value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    typer.echo(text)


@app.command()
def train(
    name: Name,
    data: DataOption = None,
    out: OutOption = TRIALS,
    steps: StepsOption = None,
    threads: ThreadsOption = 1,
    scored: LabelsOption = None,
) -> None:
    """Train a model on its whole data set, and on the scores of --labels; 32-bit weights in OUT/NAME.

    Example: seguia models train wilting --labels scores.csv --out trial
    """
    job = with_labels(job_of(data, out, steps, threads), name, scored)
    typer.echo(str(room(name, "train").run(job)))


@app.command()
def export(name: Name, data: DataOption = None, out: OutOption = TRIALS, steps: StepsOption = None) -> None:
    """Write the 8-bit graph and its cards from the weights and figures that train and evaluate left in OUT/NAME.

    Example: seguia models export canopy --out trial
    """
    job = job_of(data, out, steps)
    for path, command in ((job.weights(name.value), "train"), (job.figures(name.value), "evaluate")):
        if not path.is_file():
            raise ConfigurationError(
                f"{path}: expected what seguia models {command} leaves, got nothing; run it first with the same --out"
            )
    typer.echo(str(room(name, "export").run(job)))


@app.command()
def publish(
    name: str,
    source: Annotated[Path, typer.Option("--from", help="Folder that train, evaluate and export filled.")],
    to: Annotated[Path | None, typer.Option("--to", help="Folder of models; default: the installed ones.")] = None,
) -> None:
    """Install a newly trained model unless it does any group worse on the same held-out images; exit 1 names each.

    Compared is every figure by every group (episode, hour, light, camera, cover, stage) of DIR/NAME/truth.json. A loss
    counts when it is beyond what chance gives once in a hundred, whole days drawn anew: at least .005, at most .1 (.2
    for the mean error of the score). Groups of fewer than ten images or three days are named and not judged.

    Example: seguia models publish wilting --from seguia-models
    """
    done = publishing.publish(name, source, to or packaged_models(), dt.datetime.now(dt.UTC).date())
    for group in done.too_small:
        typer.echo(f"not judged, too small: {group}", err=True)
    typer.echo(done.line)
