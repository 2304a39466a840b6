"""Nights of an installation decided again: what was kept of them, the records of then, and today's code."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Final

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.replay_environment import environment
from cloud.adapters.replay_folder import ReplayFolder
from cloud.adapters.replay_keeper import shelves_of
from cloud.adapters.store.audit_reads import judged_on
from cloud.adapters.store.pinned import PinnedStore, hash_at
from cloud.adapters.store.store import Store
from cloud.adapters.store.witness import altered, seen_by
from cloud.advice.inputs import DayInputs
from cloud.commands.day_inputs import code_version
from cloud.commands.replay_site import replay_folder
from cloud.config import CloudConfig, Secrets
from cloud.errors import CloudError, InputError, IntegrityError
from cloud.night_reads import records_of
from cloud.records import Verdict
from cloud.replay.again import inputs_again, learned_again, look_of_night, rested_on
from cloud.replay.comparison import Compared, compared
from cloud.replay.kept import KeptNight

NOT_KEPT: Final = "its night was decided before inputs were kept, or with [replay] keep_days = 0: it cannot be replayed"
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An opened installation whose nights are decided again."""

    config: CloudConfig
    store: Store

    @property
    def folder(self) -> ReplayFolder:
        """Where the inputs of its nights are kept."""
        return replay_folder(self.config)

    def pinned(self, position: int) -> closing[PinnedStore]:
        """Its store as it stood at an entry of the ledger."""
        keys = PersonalKeys.read(self.config.keys_file)
        return closing(PinnedStore.at(Secrets(self.config).database_url(), keys, position))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of the advice of one night."""

    said: tuple[Verdict, ...]
    """The judge's verdicts that were asked for."""
    night: KeptNight | None = None
    inputs: DayInputs | None = None
    """What the night was decided from; None where it cannot be had any more."""
    compared: tuple[Compared, ...] = ()
    notes: tuple[str, ...] = ()
    """What is another today than it was then."""
    problems: tuple[str, ...] = ()
    """What is missing or altered."""


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
        yield _night_again(archive, day, rested, tuple(said))


def _night_again(archive: Archive, day: date, rested: str | None, said: tuple[Verdict, ...]) -> Replayed:
    night = None
    try:
        night = _found(archive.folder, day, rested)
        return _decided_again(archive, night, said)
    except CloudError as error:
        named = ", ".join(one.proposed.parcel_id for one in said[:_NAMED])
        more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        return Replayed(said=said, night=night, problems=(f"{day}: {named}{more}: {error}",))


def _found(folder: ReplayFolder, day: date, rested: str | None) -> KeptNight:
    """What was kept of a night, and is what its verdicts name."""
    if rested is None:
        raise InputError(NOT_KEPT)
    night = folder.night(day, rested)
    if night is None:
        raise InputError(
            f"the inputs of that night are not in {folder.folder} (let go after keep_days, or removed); restore them"
            " from a backup"
        )
    if night.rested.sha256() != rested:
        raise IntegrityError("what was kept of the night is not what its verdicts name: it was altered")
    return night


def _decided_again(archive: Archive, night: KeptNight, said: tuple[Verdict, ...]) -> Replayed:
    from cloud.daily import decide  # noqa: PLC0415 -- heavy; --help must be instant

    look = look_of_night(night)
    with (
        archive.pinned(night.parcels_position) as earlier,
        archive.pinned(night.position) as pinned,
        shelves_of(night, archive.folder) as shelves,
    ):
        problems = [*_moved(archive, night, earlier, pinned), *altered(pinned, look, night.position)]
        try:
            records = records_of(pinned, earlier.parcels(), look)
            inputs = inputs_again(night, archive.folder.get, records, shelves)
            learned = learned_again(night, archive.folder.get)
        except CloudError as error:
            return Replayed(said=said, night=night, problems=(*problems, f"{night.rested.day}: {error}"))
        decision = decide(inputs, novelty=learned)
    again = {one.proposed.parcel_id: one for one in decision.verdicts}
    return Replayed(
        said=said,
        night=night,
        inputs=inputs,
        compared=tuple(compared(one, again.get(one.proposed.parcel_id)) for one in said),
        notes=(*_unsealed(night), *night.differences(environment(), code_version())),
        problems=tuple(problems),
    )


def _unsealed(night: KeptNight) -> Iterator[str]:
    if night.seal is None and night.states:
        yield "its states of the water were kept by an earlier version, which sealed them with no digest"


def _moved(archive: Archive, night: KeptNight, earlier: PinnedStore, pinned: PinnedStore) -> Iterator[str]:
    """Each kind of record that is not what the night saw, a broken seal, and a ledger that was written anew."""
    look = look_of_night(night)
    if not night.is_whole:
        yield f"{look.day}: what was kept of the night, its states included, does not fit its seal: it was altered"
    seen = {**seen_by(pinned, look), "parcel": seen_by(earlier, look)["parcel"]}
    for kind, was in night.rested.records.items():
        if seen[kind] != was:
            told = f"it saw {was.count}, the store now gives {seen[kind].count} with another content"
            yield f"{look.day}: {kind} records are not those of the night: {told}"
    if hash_at(archive.store, night.position) != night.ledger_hash:
        yield f"{look.day}: ledger entry {night.position} is not the one of the night: rewritten"
