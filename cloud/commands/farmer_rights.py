"""A person's rights over their data: a copy of everything, and being forgotten; and texts that are kept no longer."""

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption
from cloud.commands.console import tell
from cloud.commands.farmer_office import COMMAND, ByOption, FarmerArgument, Office, office, who
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.messages import Delivery
from cloud.people.dossier import Dossier
from cloud.people.erasure import Erasure


def join(app: typer.Typer) -> None:
    """Add these commands to an app."""
    for command in (export, erase, purge):
        app.command()(command)


def export(
    farmer_id: FarmerArgument,
    out: Annotated[Path, typer.Option("--out", help="ZIP file to make; readable by its owner only.")],
    by: ByOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Everything that is kept of a person, in the clear, as a text they can read and as JSON; this is remembered.

    Example: seguia cloud farmer export f-3fa2c177 --out f-3fa2c177.zip --by Amina --data /var/lib/seguia
    """
    with office(data, config) as opened:
        opened.farmer(farmer_id)
        opened.looked(farmer_id, "export", by)
        dossier = _dossier(opened, farmer_id)
    _write(out, dossier)
    typer.echo(f"{farmer_id}: {out}, {len(dossier.sent)} messages to and {len(dossier.received)} from this person")


def erase(
    farmer_id: FarmerArgument,
    why: Annotated[str, typer.Option("--why", help="Why, in a sentence without names; kept encrypted.")],
    confirm: Annotated[str, typer.Option("--confirm", help="The id once more: this cannot be taken back.")],
    by: ByOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Forget a person: names, numbers, texts, notes and looks become unreadable for good; facts about water stay.

    Example: seguia cloud farmer erase f-3fa2c177 --why "asked on paper" --confirm f-3fa2c177 --data /var/lib/seguia
    """
    if confirm != farmer_id:
        raise ConfigurationError(
            f"--confirm {confirm}: expected {farmer_id} once more, got another; nothing was erased"
        )
    with office(data, config) as opened:
        opened.farmer(farmer_id)
        for message_id in opened.store.waiting_for(farmer_id):
            opened.store.record_delivery(_halted(opened, message_id))
        erasure = opened.store.erase_farmer(farmer_id, by=who(by), why=why)
    typer.echo(f"{farmer_id}: erased, {_told(erasure)}")
    tell(COMMAND, _left_behind(farmer_id, erasure))


def purge(
    keep_days: Annotated[
        int | None, typer.Option("--keep-days", min=31, help="Instead of people.keep_days of the configuration.")
    ] = None,
    by: ByOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Make the texts that people sent unreadable once they are older than they are kept; the night does it too.

    Example: seguia cloud farmer purge --data /var/lib/seguia
    """
    with office(data, config) as opened:
        kept = keep_days or opened.config.people.keep_days
        erasure = opened.store.purge_texts(opened.now, kept, by=who(by))
        first = (opened.now - timedelta(days=kept)).strftime("%Y-%m")
    told = "nothing was older" if erasure is None else _told(erasure)
    typer.echo(f"texts from {first} on stay: {told}")


def _dossier(opened: Office, farmer_id: str) -> Dossier:
    store = opened.store
    versions = store.farmer_versions(farmer_id)
    return Dossier(
        person=versions[-1],
        versions=versions,
        consents=store.consents(farmer_id),
        ties=store.ties(farmer_id),
        told_about=store.parcels_of(farmer_id, opened.now.date()),
        sent=store.sent_to(farmer_id),
        received=store.inbound_of(farmer_id),
        looks=store.looks(farmer_id),
        made_at=opened.now,
    )


def _write(path: Path, dossier: Dossier) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("lisez-moi_read-me.txt", dossier.text())
        parts.writestr("data.json", dossier.json())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigurationError(f"{path}: exists already; it is never overwritten, choose another name") from error
    except OSError as error:
        raise ServiceUnavailableError(f"{path}: cannot be written ({error.strerror}); check the folder") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(packed.getvalue())


def _halted(opened: Office, message_id: str) -> Delivery:
    reason = "its farmer's data were erased"
    return Delivery(message_id=message_id, state="halted", carrier="seguia", reason=reason, at=opened.now)


def _told(erasure: Erasure) -> str:
    return f"{len(erasure.keys)} keys destroyed, {erasure.versions} versions of the person, {erasure.texts} texts"


def _left_behind(farmer_id: str, erasure: Erasure) -> list[str]:
    backups = (
        f"farmer {farmer_id}: backups made before today still hold the keys: let them expire, or restore none of them"
        " without erasing again"
    )
    texts = (
        f"farmer {farmer_id}: the advice that was sent stays as proof; it names parcels and never a person:"
        " rename a parcel that bears a person's name"
    )
    lines = [backups, texts]
    if erasure.shared_numbers:
        lines.append(
            f"farmer {farmer_id}: a number that somebody else has too was kept, with the texts that came from it"
        )
    if erasure.older:
        lines.append(
            f"farmer {farmer_id}: {erasure.older} records were sealed before there were data keys; they go for good"
            " with: seguia cloud farmer rotate-keys, then --forget-older"
        )
    return lines
