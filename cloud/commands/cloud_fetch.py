"""``seguia cloud fetch``: farmers' answers where no callback can come in: asked of the carrier, or read from a file."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cloud.adapters.files.replies import WrittenReply, read_replies
from cloud.adapters.sms.africastalking import AfricasTalkingSettings
from cloud.adapters.sms.inbox import AfricasTalkingInbox
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish, ignored
from cloud.config import CloudConfig, Secrets
from cloud.errors import ConfigurationError
from cloud.fetching import Source, fetch_inbound
from cloud.messages import Inbound

BY_HAND = "agronomist"
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def fetch(
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Answers taken down: farmer,text,received_at[,parcel_id].")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who took them down; kept, encrypted, with each.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Take in farmers' answers: new texts of the carrier, or those of a file; each counts once.

    Example: seguia cloud fetch --data /var/lib/seguia
    """
    settings = configuration(data, config)
    clock = clock_of(settings)
    if csv is not None:
        taken, known, problems = _from_file(settings, csv, by, clock)
    else:
        source = source_of(settings, clock)
        if source is None:
            raise ConfigurationError(
                "sms.carrier: expected africastalking among the carriers, which can be asked for texts, got none;"
                " name a file of answers with --csv"
            )
        with open_store(settings) as store:
            found = fetch_inbound(store, source)
        taken, known, problems = found.taken, found.known, list(found.problems)
    typer.echo(f"taken {taken}, known before {known}")
    finish("cloud fetch", problems)


def source_of(config: CloudConfig, clock: Callable[[], datetime]) -> Source | None:
    """The carrier that can be asked for texts; None where none of the configured ones can."""
    sms = config.sms
    if "africastalking" not in sms.carriers or sms.username is None:
        return None
    settings = AfricasTalkingSettings(
        username=sms.username, api_key=Secrets(config).sms_api_key(), sender=sms.sender, base_url=sms.base_url
    )
    return AfricasTalkingInbox(settings, clock)


def _from_file(
    config: CloudConfig, path: Path, by: str | None, clock: Callable[[], datetime]
) -> tuple[int, int, list[str]]:
    if by is None or not by.strip():
        raise ConfigurationError("cloud fetch --csv: expected --by with the name of who took the answers down; add it")
    read = read_replies(path)
    problems = [*read.problems, *ignored(path.name, read.ignored_fields)]
    taken = known = 0
    with open_store(config) as store:
        for reply in read.records:
            inbound = _inbound(store, reply, by, clock())
            if isinstance(inbound, str):
                problems.append(f"{path.name} line {reply.line}: {inbound}")
                continue
            new = store.add_inbound(inbound)
            taken, known = taken + new, known + (not new)
    return taken, known, problems


def _inbound(store: Store, reply: WrittenReply, by: str, now: datetime) -> Inbound | str:
    farmer = store.farmer(reply.farmer_id)
    if farmer is None:
        return "expected the id of somebody who is enrolled, got another; see: seguia cloud farmer list"
    if reply.received_at > now:
        return "expected a moment in the past, got one to come; correct it"
    told = f"{reply.farmer_id}/{reply.received_at.isoformat()}/{reply.parcel_id}/{reply.text}"
    try:
        return Inbound(
            carrier=BY_HAND,
            carrier_id=f"csv-{hashlib.sha256(told.encode()).hexdigest()[:28]}",
            phone_number=farmer.phone_number,
            text=reply.text,
            received_at=reply.received_at,
            parcel_id=reply.parcel_id,
            entered_by=by,
        )
    except ValidationError:
        return "expected a parcel's id without control characters, got another; correct it"
