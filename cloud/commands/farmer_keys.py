"""``seguia cloud farmer rotate-keys``: a new generation of master keys, wherever an earlier rotation stopped."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.secrets import write_secret


def rotate_keys(
    *,
    forget_older: Annotated[
        bool, typer.Option("--forget-older", help="Drop older master keys from the file, once nothing needs them.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Draw new master keys and wrap every data key anew; stopped at any moment, it goes on when called again.

    Everything stays readable meanwhile, also to a service that runs. Older keys stay in the file until
    --forget-older, since backups of the database need them.

    Example: seguia cloud farmer rotate-keys --data /var/lib/seguia
    """
    settings = configuration(data, config)
    path = settings.keys_file
    with _alone(path), open_store(settings) as store:
        ring = PersonalKeys.read(path)
        _must_hold(store, ring, path)
        if forget_older:
            _forget(store, ring, path)
            return
        if store.master() in {None, ring.name} and store.needs_older() == 0 and not _begun(store, ring):
            ring = ring.rotated()
            replace_secret(path, ring.text())
        _finish(store, ring)


def replace_secret(path: Path, text: str) -> None:
    """Put a secret file in the place of another at once: a crash leaves the old one or the new one, never half."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_secret(fresh, text)
    try:
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise ServiceUnavailableError(f"{path}: cannot be replaced ({error.strerror}); check the folder") from error
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _must_hold(store: Store, ring: PersonalKeys, path: Path) -> None:
    """Refuse a key file from before a rotation that this database has gone through."""
    master = store.master()
    if master is not None and ring.generation(master) is None:
        raise ConfigurationError(
            f"{path}: expected generation {master} of the keys, which this database uses, got up to {ring.name};"
            " restore the key file of after the rotation"
        )


def _begun(store: Store, ring: PersonalKeys) -> bool:
    """Whether the file holds a generation that the database has not taken yet."""
    return (store.master() or "1") != ring.name


def _finish(store: Store, ring: PersonalKeys) -> None:
    store.take_master(ring)
    wrapped = sum(store.wrap_anew())
    sealed = sum(store.seal_anew())
    # What another process wrote under the older keys while it had not seen the new ones yet.
    wrapped += sum(store.wrap_anew())
    left = store.needs_older()
    typer.echo(f"generation {ring.name} in force: {wrapped} data keys wrapped anew, {sealed} older records sealed anew")
    if left:
        raise ServiceUnavailableError(f"personal-data keys: {left} records still need an older key; call this again")
    typer.echo("keep a copy of the key file elsewhere; older keys in it open older backups: --forget-older drops them")


def _forget(store: Store, ring: PersonalKeys, path: Path) -> None:
    if _begun(store, ring) or store.needs_older():
        raise ConfigurationError(
            f"{path}: expected a rotation that is done, got one that is not; run: seguia cloud farmer rotate-keys"
        )
    replace_secret(path, ring.without_older().text())
    typer.echo(
        f"generation {ring.name} alone is kept, {len(ring.older)} older dropped; older backups cannot be read now"
    )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One rotation at a time."""
    lock = path.with_name(f"{path.name}.lock")
    descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServiceUnavailableError(f"{lock}: another rotation runs; wait for it to end") from error
        yield
    finally:
        os.close(descriptor)
