"""``seguia cloud recordings``: what calls can play, what is missing, and what a speaker has to say."""

import json
import sys
from typing import Annotated, get_args

import typer

from cloud.adapters.files.recordings import read_recordings
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration
from cloud.commands.console import finish, write_csv
from cloud.errors import ConfigurationError
from cloud.records import Language
from cloud.speech.catalogue import catalogue
from cloud.telephone.clips import script

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def recordings(
    words: Annotated[
        str | None, typer.Option("--script", help="Print what to record, days and hours in this language, as CSV.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Print one JSON object for each tongue: its clips, what is missing, their digest, and whether they are signed.

    Example: seguia cloud recordings --data /var/lib/seguia
    """
    if words is not None:
        write_csv(("clip", "says"), script(catalogue(_language(words))), None)
        return
    folder = configuration(data, config).telephone.audio_dir
    if folder is None:
        raise ConfigurationError("telephone.audio_dir: expected the folder of recordings, got none; name it there")
    problems = []
    for found in read_recordings(folder):
        shown = {
            "tongue": found.tongue,
            "clips": len(found.files),
            "missing": found.missing,
            "sha256": found.sha256,
            "signed": found.signed,
        }
        sys.stdout.write(json.dumps(shown) + "\n")
        if found.missing:
            problems.append(f"{found.tongue}: {len(found.missing)} clips are missing; record them: --script fr")
        if not found.signed:
            problems.append(f"{found.tongue}: nobody signed these very files; listen, then write recordings.toml")
    finish("cloud recordings", problems)


def _language(text: str) -> Language:
    found = next((one for one in get_args(Language) if one == text), None)
    if found is None:
        raise ConfigurationError(f"--script: expected one of {', '.join(get_args(Language))}, got {text!r}; choose one")
    language: Language = found
    return language
