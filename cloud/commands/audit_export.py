"""``seguia cloud audit export``, ``check`` and ``key``: one advice as a signed file of proof."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cloud.adapters.bundle_file import check_name, read_bundle, write_bundle
from cloud.adapters.replay_environment import environment
from cloud.adapters.signing import PublicKey, SigningKey
from cloud.adapters.store.audit_reads import Advice, chain_of, records_about, said_of
from cloud.adapters.store.cases import case_of
from cloud.adapters.store.database import system_clock
from cloud.commands.audit_replay import told
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import code_version
from cloud.commands.replaying import Archive, Replayed, replayed
from cloud.errors import IntegrityError
from cloud.explanation.words import explanation_of
from cloud.records import Verdict
from cloud.replay.again import look_of_night
from cloud.replay.bundle import CHAIN, MESSAGES, NIGHT, RECORDS, REPLAY, VERDICT, checked, sealed
from cloud.replay.chain import Chain
from cloud.replay.extract import as_json, inputs_of
from cloud.replay.readme import readme

COMMAND: Final = "cloud audit export"
_NO_REPLAY: Final = "not replayed"


def export(
    day: Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="Local day of the advice.")],
    parcel: Annotated[str, typer.Option("--parcel", help="The parcel.")],
    out: Annotated[Path, typer.Option("--out", help="File of proof to write: FILE.zip or FILE.tar.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write one advice with everything behind it into a signed file, as proof in a dispute.

    Example: seguia cloud audit export --day 2026-07-14 --parcel plot-7 --out plot-7.zip --data /var/lib/seguia
    """
    check_name(out)
    settings = configuration(data, config)
    key, now = SigningKey.read(settings.signing_key_file), system_clock()
    with open_store(settings) as store:
        archive = Archive(config=settings, store=store)
        (done,) = replayed(archive, day.date(), parcel)
        files, chain = _files(archive, done, now)
    verdict = done.said[0]
    about = {"parcel_id": parcel, "day": verdict.proposed.day, "made_at": now.astimezone(UTC), "head": chain.head}
    page = readme(parcel_id=parcel, day=str(verdict.proposed.day), made_at=f"{now:%Y-%m-%d %H:%M} UTC", head=chain.head)
    write_bundle(out, sealed({**files, "README.txt": page, "audit.pub": key.public.pem.encode()}, about, key.sign))
    outcome = done.compared[0].outcome if done.compared else _NO_REPLAY
    typer.echo(json.dumps({"file": str(out), "outcome": outcome, "head": chain.head, "key": key.public.fingerprint}))
    tell(COMMAND, done.notes)
    differs = [f"parcel {parcel}: DIFFERS from what the ledger holds; the file says so"] if outcome == "DIFFERS" else []
    finish(COMMAND, [*done.problems, *differs])


def check(
    file: Annotated[Path, typer.Argument(help="File of proof.")],
    key: Annotated[Path, typer.Option("--key", help="Public key of the operator, as audit key printed it.")],
) -> None:
    """Check a file of proof without the store: its signature, its files, its ledger entries and what they say.

    Example: seguia cloud audit check plot-7.zip --key audit.pub
    """
    public = PublicKey.read(key)
    found = checked(read_bundle(file), public.is_signed)
    manifest = found.manifest
    told_of: dict[str, Any] = {"file": str(file), "intact": not found.problems, "key": public.fingerprint}
    if manifest is not None:
        about = {"parcel_id": manifest.parcel_id, "day": str(manifest.day), "made_at": manifest.made_at.isoformat()}
        told_of |= {**about, "outcome": found.outcome, "head": manifest.head}
    typer.echo(json.dumps(told_of))
    tell("cloud audit check", found.problems)
    if found.problems:
        raise IntegrityError(f"{file}: {len(found.problems)} things do not fit; it proves nothing as it is")


def key(data: DataOption = None, config: ConfigOption = None) -> None:
    """Print the public key by which files of proof are checked; make the key pair where there is none yet.

    Example: seguia cloud audit key --data /var/lib/seguia > audit.pub
    """
    settings = configuration(data, config)
    path = settings.signing_key_file
    made = not path.exists()
    pair = SigningKey.create(path) if made else SigningKey.read(path)
    typer.echo(pair.public.pem, nl=False)
    typer.echo(f"{'made' if made else 'read'} {path}; SHA-256 of the public key: {pair.public.fingerprint}", err=True)


def _files(archive: Archive, done: Replayed, now: datetime) -> tuple[dict[str, bytes], Chain]:
    """Everything about one advice but the page on top."""
    verdict, night = done.said[0], done.night
    parcel_id, day = verdict.proposed.parcel_id, verdict.proposed.day
    advice = Advice(
        parcel_id=parcel_id,
        day=day,
        look=None if night is None else look_of_night(night),
        position=0 if night is None else night.position,
    )
    records = records_about(archive.store, advice)
    chain = chain_of(archive.store, records)
    said = said_of(archive.store, parcel_id, day)
    files = {
        VERDICT: as_json(verdict.model_dump(mode="json")),
        REPLAY: as_json(_replay(done, now)),
        MESSAGES: as_json([one.model_dump(mode="json") for one in said]),
        "explanation.json": as_json(_explained(archive, verdict)),
        RECORDS: as_json([one.model_dump(mode="json") for one in records]),
        CHAIN: as_json(chain.model_dump(mode="json")),
    }
    files |= {} if night is None else {NIGHT: as_json(night.model_dump(mode="json"))}
    return files | ({} if done.inputs is None else inputs_of(done.inputs, parcel_id)), chain


def _replay(done: Replayed, now: datetime) -> dict[str, Any]:
    outcome = told(done.compared[0]) if done.compared else {"outcome": _NO_REPLAY}
    return {
        **outcome,
        "replayed_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "environment": environment().model_dump(mode="json"),
        "notes": list(done.notes),
        "problems": list(done.problems),
    }


def _explained(archive: Archive, verdict: Verdict) -> Any:  # noqa: ANN401 -- any JSON

    case = case_of(archive.store, verdict.proposed.parcel_id, verdict.proposed.day)
    return None if case is None else explanation_of(case).model_dump(mode="json")
