"""``seguia cloud catalogue``: the words of each language, reviewed, tried on people, and signed before they go live."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish, shown, tell
from cloud.errors import InputError

if TYPE_CHECKING:
    from cloud.commands.catalogue_desk import Scored, Words

COMMAND: Final = "cloud catalogue"
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

LanguageArgument = Annotated[str, typer.Argument(metavar="LANGUAGE", help="fr, en, ar, ary, ary-Latn, zgh, zgh-Latn.")]
NameOption = Annotated[str, typer.Option("--name", help="Who signs; kept encrypted.")]
RoleOption = Annotated[str, typer.Option("--role", help="As what: native agronomist, translator ...")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for other programs.")]


@app.callback()
def catalogue() -> None:
    """The words of each language: reviewed by an agronomist, tried on farmers, signed, and only then sent."""


@app.command()
def export(
    language: LanguageArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write; an existing one is not replaced.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the words in use for their reviewer: beside each the English, an example, and room to say it back.

    Example: seguia cloud catalogue export ary --out ary.po
    """
    from cloud.commands.catalogue_desk import language_named, local_day, words_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.wording.reviewing import for_review  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    words = words_of(settings, language_named(language))
    _write(out, for_review(words.language, words.source, day=local_day(clock_of(settings)())))
    typer.echo(f"{out}: {words.mark}, {_whence(words)}")


@app.command()
def check(
    language: LanguageArgument,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A corrected catalogue; default: in use.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Name what keeps words from going live: fields, letters, room, counted nouns, numbers that are not read back.

    Example: seguia cloud catalogue check ary ary.po
    """
    from cloud.adapters.files.catalogues import read_catalogue  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.catalogue_desk import faults, language_named, local_day, words_of  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    words = words_of(settings, language_named(language))
    source = words.source if file is None else read_catalogue(file)
    found = faults(words.language, source, local_day(clock_of(settings)()))
    if not found:
        more = "" if file is None else f"; put it into sms.catalogues_dir as {words.language}.po"
        typer.echo(f"{words.language if file is None else file}: every text can be told and read back{more}")
    finish(COMMAND, [fault.line for fault in found])


@app.command()
def kit(
    language: LanguageArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder to make; nothing in it is replaced.")],
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Day that the cards tell of; default today.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the comprehension kit: cards to print, texts to read aloud, script, consent, and the scoring sheet.

    Example: seguia cloud catalogue kit ary --out kit-ary
    """
    from cloud.commands.catalogue_desk import kit_of, language_named, local_day, words_of  # noqa: PLC0415 -- heavy; --help must be instant

    settings = configuration(data, config)
    words = words_of(settings, language_named(language))
    about = local_day(clock_of(settings)()) if day is None else day.date()
    made = kit_of(words, day=about, least=settings.sms.comprehension_least)
    for name, text in made.items():
        _write(out / name, text)
    typer.echo(f"{out}: {len(made)} files for {words.mark}, {_whence(words)}; begin with README.md or LISEZMOI.md")


@app.command()
def score(
    language: LanguageArgument,
    sheet: Annotated[Path, typer.Argument(metavar="SHEET.csv", help="The filled scoring sheet.")],
    data: DataOption = None,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say how well the cards were understood, in all, by card and by reading, and whether that is enough.

    Example: seguia cloud catalogue score ary sheet.csv
    """
    from cloud.commands.catalogue_desk import language_named, score_object, scored, words_of  # noqa: PLC0415 -- heavy; --help must be instant

    settings = configuration(data, config)
    words = words_of(settings, language_named(language))
    found = scored(words, sheet, least=settings.sms.comprehension_least)
    if as_json:
        typer.echo(json.dumps(score_object(words, found), ensure_ascii=False))
    else:
        _print_score(found)
    tell(COMMAND, found.sheet.notes)
    finish(COMMAND, found.sheet.problems)


@app.command()
def sign(  # noqa: PLR0913 -- options of a command
    language: LanguageArgument,
    name: NameOption,
    role: RoleOption,
    *,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="The filled scoring sheet for these words.")] = None,
    despite: Annotated[
        str | None, typer.Option("--despite", metavar="REASON", help="Sign without a score, or with one too low.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Sign the words in use of a language, so that messages in these very words may reach telephones.

    Example: seguia cloud catalogue sign ary --name "A. Invented" --role "native agronomist" --sheet sheet.csv
    """
    from cloud.commands.catalogue_desk import language_named, words_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.catalogue_signing import signed  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    words = words_of(settings, language_named(language))
    typer.echo(signed(settings, words, (name, role), sheet=sheet, despite=despite))


@app.command()
def revoke(
    language: LanguageArgument,
    name: NameOption,
    role: RoleOption,
    why: Annotated[str, typer.Option("--why", help="What happened, in a sentence, without telephone numbers.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Take every signature of a language back: nothing more leaves in it until somebody signs again.

    Example: seguia cloud catalogue revoke ary --name "A. Invented" --role agronomist --why "rain card misread"
    """
    from cloud.commands.catalogue_desk import language_named, words_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.catalogue_signing import revoked  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    words = words_of(settings, language_named(language))
    typer.echo(revoked(settings, words, (name, role), why=why))


@app.command("list")
def list_languages(data: DataOption = None, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Where the words of each language stand, and whether they may go live.

    Example: seguia cloud catalogue list --data /var/lib/seguia
    """
    from cloud.commands.catalogue_desk import standing_line, standing_of  # noqa: PLC0415 -- heavy; --help must be instant

    settings = configuration(data, config)
    with open_store(settings) as store:
        found = standing_of(store, settings)
    for language, (words, standing, live) in found.items():
        told = standing_line(words, standing, live=live)
        content = {"language": language, "catalogue_sha256": words.digest, "live": live, "own": words.own}
        line = json.dumps({**content, "state": standing.state, "text": told}, ensure_ascii=False)
        typer.echo(line if as_json else shown(f"{language:9}{words.digest[:12]}  {told}"))


def _whence(words: Words) -> str:
    return "the operator's own words" if words.own else "the packaged words"


def _print_score(found: Scored) -> None:
    from cloud.shares import share_text  # noqa: PLC0415 -- heavy; --help must be instant

    result = found.score
    typer.echo(f"all          {share_text(result.total)} answers, {result.total.people} people")
    typer.echo(f"act alone    {share_text(result.act)}; {result.opposite} the opposite of what was told")
    for card, share in result.cards.items():
        typer.echo(f"card {card:<8}{share_text(share)}")
    for group, share in result.literacy.items():
        typer.echo(f"reads {group:<7}{share_text(share)}")
    for person, share in result.interviewers.items():
        typer.echo(shown(f"interviewer {person}: {share_text(share)}"))
    if result.agreement is not None:
        typer.echo(f"two interviewers agree on {result.agreement.same:.0%} of {result.agreement.marks} marks")
    typer.echo("enough to sign" if result.enough else "not enough to sign:")
    for reason in result.reasons:
        typer.echo(f"  {reason}")


def _write(path: Path, text: str) -> None:
    """A new file; what somebody filled in is never replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(f"{path}: expected a new file, got one that is there; choose another place") from error
    except OSError as error:
        raise InputError(
            f"{path}: expected a file that can be written, got {error.strerror}; choose another"
        ) from error
