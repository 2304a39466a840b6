"""``seguia render``: the farmer's message for each verdict of a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from cloud.adapters.files.lines import read_recommendations_or_verdicts, write_lines
from cloud.commands.console import COULD_NOT_USE_ALL, finish, ignored, tell
from cloud.errors import CloudError
from cloud.records import Language, Recommendation, Verdict
from cloud.speech.render import compose
from cloud.speech.voice import Rendering, Voice

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def render(
    verdicts: Annotated[Path, typer.Argument(metavar="V.jsonl", help="Verdicts, as advise or judge writes them.")],
    language: Annotated[Language, typer.Option(help="Language of the message.")],
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="Speak a catalogue that no native agronomist has signed yet.")
    ] = False,
    price_per_segment: Annotated[float | None, typer.Option(min=0.0, help="Price of one SMS part.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output when left out.")] = None,
) -> None:
    """Write the farmer's message for each verdict: JSON Lines with text, encoding, segments and cost.

    Example: seguia render V.jsonl --language fr --draft
    """
    read = read_recommendations_or_verdicts(verdicts)
    problems = list(read.problems)
    tell("render", ignored(verdicts.name, read.ignored_fields))
    if not read.records and not problems:
        problems.append(f"{verdicts.name}: expected at least one verdict, got none; run: seguia advise")
    renderings = list(
        _rendered(read.records, language, problems, Voice(draft=draft, price_per_segment=price_per_segment))
    )
    write_lines(out, [rendering.message for rendering in renderings])
    tell("render", (note for rendering in renderings for note in rendering.notes))
    finish("render", problems)
    if any(rendering.message.language != language for rendering in renderings):
        raise typer.Exit(COULD_NOT_USE_ALL)


def _rendered(
    records: tuple[Recommendation | Verdict, ...],
    language: Language,
    problems: list[str],
    voice: Voice,
) -> Iterator[Rendering]:
    for record in records:
        if isinstance(record, Recommendation):
            problems.append(
                f"parcel {record.parcel_id}: expected a verdict, got a recommendation nobody judged; run: seguia judge"
            )
            continue
        try:
            yield compose(record, language=language, voice=voice)
        except CloudError as error:
            problems.append(str(error))
