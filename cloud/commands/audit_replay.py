"""``seguia cloud audit replay``: advice decided again from what was kept of its night, held against the ledger's."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final

import typer

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.replay_environment import environment
from cloud.adapters.replay_folder import ReplayFolder
from cloud.adapters.replay_keeper import shelves_of
from cloud.adapters.store.audit_reads import judged_on
from cloud.adapters.store.pinned import PinnedStore, hash_at
from cloud.adapters.store.store import Store
from cloud.adapters.store.witness import altered, seen_by
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import code_version
from cloud.commands.replay_site import replay_folder
from cloud.config import CloudConfig, Secrets
from cloud.errors import CloudError, InputError
from cloud.night_reads import records_of
from cloud.records import Verdict
from cloud.replay.again import inputs_again, look_of_night, rested_on
from cloud.replay.comparison import Compared, compared
from cloud.replay.kept import KeptNight

COMMAND: Final = "cloud audit replay"
NOT_KEPT: Final = "its night was decided before inputs were kept, or with [replay] keep_days = 0: it cannot be replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of the advice of one night."""

    night: KeptNight | None
    compared: tuple[Compared, ...] = ()
    notes: tuple[str, ...] = ()
    """What is another today than it was then."""
    problems: tuple[str, ...] = ()
    """What is missing or altered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An opened installation whose nights are decided again."""

    config: CloudConfig
    store: Store
    folder: ReplayFolder = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", replay_folder(self.config))


def replay(
    day: Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="Local day of the advice.")],
    parcel: Annotated[str | None, typer.Option("--parcel", help="Only this parcel; default: all.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Decide a day again from what was kept of its night, and hold each verdict against the ledger's.

    Example: seguia cloud audit replay --day 2026-07-14 --parcel plot-7 --data /var/lib/seguia
    """
    settings = configuration(data, config)
    problems: list[str] = []
    with open_store(settings) as store:
        for done in replayed(Archive(config=settings, store=store), day.date(), parcel):
            for one in done.compared:
                typer.echo(json.dumps(_told(one), ensure_ascii=False))
            tell(COMMAND, done.notes)
            problems += done.problems
            problems += [
                f"parcel {one.parcel_id}: DIFFERS in {len(one.differences)} fields from what the ledger holds"
                for one in done.compared
                if one.outcome == "DIFFERS"
            ]
    finish(COMMAND, problems)


def replayed(archive: Archive, day: date, parcel: str | None) -> Iterator[Replayed]:
    """Each night that gave advice for a day, decided again; InputError where there is no advice."""
    verdicts = [one for one in judged_on(archive.store, day) if parcel in {None, one.proposed.parcel_id}]
    if not verdicts:
        asked = f"parcel {parcel}" if parcel else "any parcel"
        raise InputError(f"{day}: expected advice for {asked}, got none in the store; correct the day or the parcel")
    nights: dict[str | None, list[Verdict]] = {}
    for verdict in verdicts:
        nights.setdefault(rested_on(verdict), []).append(verdict)
    for rested, said in nights.items():
        yield _night_again(archive, day, rested, said)


def _night_again(archive: Archive, day: date, rested: str | None, said: Sequence[Verdict]) -> Replayed:
    named = ", ".join(sorted(one.proposed.parcel_id for one in said)[:5]) + (" and others" if len(said) > 5 else "")  # noqa: PLR2004 -- as many as a line holds
    if rested is None:
        return Replayed(night=None, problems=(f"{day}: {named}: {NOT_KEPT}",))
    try:
        night = archive.folder.night(day, rested)
        if night is None:
            gone = f"{day}: {named}: the inputs of that night are not in {archive.folder.folder} (let go, or removed)"
            return Replayed(night=None, problems=(f"{gone}; restore them from a backup",))
        return _decided_again(archive, night, rested, said)
    except CloudError as error:
        return Replayed(night=None, problems=(f"{day}: {named}: cannot be replayed: {error}",))


def _decided_again(archive: Archive, night: KeptNight, rested: str, said: Sequence[Verdict]) -> Replayed:
    from cloud.daily import decide  # noqa: PLC0415 -- heavy; --help must be instant

    if night.rested.sha256() != rested:
        changed = f"{night.rested.day}: what was kept of the night is not what its verdicts name: it was altered"
        return Replayed(night=night, problems=(changed,))
    url, keys = Secrets(archive.config).database_url(), PersonalKeys.read(archive.config.keys_file)
    look = look_of_night(night)
    with (
        closing(PinnedStore.at(url, keys, night.parcels_position)) as earlier,
        closing(PinnedStore.at(url, keys, night.position)) as pinned,
        shelves_of(night, archive.folder) as shelves,
    ):
        seen = {**seen_by(pinned, look), "parcel": seen_by(earlier, look)["parcel"]}
        problems = [
            f"{night.rested.day}: {kind} records are not those of the night: it saw {was.count}, the store now gives"
            f" {seen[kind].count} with another content"
            for kind, was in night.rested.records.items()
            if seen[kind] != was
        ]
        problems += altered(pinned, look, night.position)
        if hash_at(archive.store, night.position) != night.ledger_hash:
            problems.append(f"{night.rested.day}: ledger entry {night.position} is not the one of the night: rewritten")
        inputs = inputs_again(night, archive.folder.get, records_of(pinned, earlier.parcels(), look), shelves)
        decision = decide(inputs)
    again = {one.proposed.parcel_id: one for one in decision.verdicts}
    return Replayed(
        night=night,
        compared=tuple(compared(one, again.get(one.proposed.parcel_id)) for one in said),
        notes=night.differences(environment(), code_version()),
        problems=tuple(problems),
    )


def _told(one: Compared) -> dict[str, Any]:
    told: dict[str, Any] = {"parcel_id": one.parcel_id, "outcome": one.outcome}
    return told | ({"differences": [asdict(each) for each in one.differences]} if one.differences else {})
