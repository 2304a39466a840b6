"""``seguia release``: releases for gateways, made and signed; the folder ``public`` is served by any web server."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from edge.errors import ConfigurationError

if TYPE_CHECKING:
    from models.release.repository import ReleaseRepository

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Releases for gateways: init, add, sign, rotate, publish, status. Start with: seguia release init REPOSITORY",
)

PASSPHRASE: Final = "SEGUIA_RELEASE_PASSPHRASE"  # noqa: S105 -- the name of a variable, not a secret
RepositoryArgument = Annotated[Path, typer.Argument(help="Folder of the repository.")]
KeysOption = Annotated[Path, typer.Option("--keys", help="Folder of the keys.")]
NeedsOption = Annotated[list[str] | None, typer.Option("--needs", help="PACKAGE=VERSION that must be installed.")]
_KEYS = Path("release-keys")


class Kind(StrEnum):
    """What may be released."""

    MODELS = "models"
    CONFIG = "config"
    CODE = "code"


class RoleOfKeys(StrEnum):
    """Roles whose keys can be changed."""

    ROOT = "root"
    TARGETS = "targets"
    SNAPSHOT = "snapshot"
    TIMESTAMP = "timestamp"


@app.command(short_help="Begin a repository, and make its keys.")
def init(
    repository: RepositoryArgument,
    keys: KeysOption = _KEYS,
    root_keys: Annotated[int, typer.Option(min=1, max=9, help="Keys of the root.")] = 3,
    root_threshold: Annotated[int, typer.Option(min=1, max=9, help="How many of them must sign.")] = 2,
    targets_keys: Annotated[int, typer.Option(min=1, max=9, help="Keys that sign lists of releases.")] = 1,
    targets_threshold: Annotated[int, typer.Option(min=1, max=9, help="How many of them must sign.")] = 1,
) -> None:
    """Begin a repository with new keys: those of root and targets under a passphrase, to be carried off this machine.

    The passphrase is asked for, or taken from SEGUIA_RELEASE_PASSPHRASE. Snapshot and timestamp have keys without one,
    for the machine that publishes. Gateways are given public/metadata/1.root.json by hand.

    Example: seguia release init releases --keys release-keys --root-keys 3 --root-threshold 2
    """
    from models.release.keys import make_key  # noqa: PLC0415 -- only who signs needs the framework
    from models.release.repository import RoleName  # noqa: PLC0415

    if root_threshold > root_keys or targets_threshold > targets_keys:
        raise ConfigurationError("init: expected thresholds of at most the number of keys, got more; lower them")
    word = _new_passphrase()
    counts: dict[RoleName, tuple[int, str | None]] = {
        "root": (root_keys, word),
        "targets": (targets_keys, word),
        "snapshot": (1, None),
        "timestamp": (1, None),
    }
    signers = {
        role: [make_key(keys / f"{role}-{number}.pem", lock) for number in range(1, count + 1)]
        for role, (count, lock) in counts.items()
    }
    _open(repository).create(
        {role: tuple(each) for role, each in signers.items()}, {"root": root_threshold, "targets": targets_threshold}
    )
    typer.echo(
        f"{repository / 'public'}: begun; give {repository}/public/metadata/1.root.json to every gateway by hand"
    )
    typer.echo(f"{keys}: keep each root and targets key with another person, away from this machine")


@app.command(short_help="Add a release; it waits to be signed.")
def add(
    repository: RepositoryArgument,
    kind: Kind,
    source: Annotated[Path, typer.Argument(help="Folder of models, wheel of code, or TOML of a configuration.")],
    release: Annotated[str, typer.Option(help="Name of the release, e.g. 2026.11.22.")],
    channel: Annotated[str, typer.Option(help="Channel, or ORGANISATION.GATEWAY for one gateway's config.")] = "stable",
    needs: NeedsOption = None,
) -> None:
    """Cut a release into blocks, lay it into the repository, and stage a list that names it.

    Models get their known answers to drawn pictures, and to the photos in SOURCE/golden, by running them here.

    Example: seguia release add releases models ./models --release 2026.11.22
    """
    from models.release import bundles  # noqa: PLC0415 -- onnxruntime only for who runs models

    wanted = dict(_need(text) for text in needs or [])
    if kind is Kind.MODELS:
        bundle = bundles.models_bundle(source, release, wanted)
    elif kind is Kind.CODE:
        bundle = bundles.code_bundle(source, release, wanted)
    else:
        bundle = bundles.config_bundle(source, release, wanted)
    path = _open(repository).add(bundle, channel)
    manifest = bundle.manifest
    typer.echo(
        f"{path}: {release}, {len(manifest.files)} files, {manifest.total_bytes} bytes, packed {manifest.pack_bytes},"
        f" list {len(bundle.listed)}; next: seguia release sign {repository} --key TARGETS-KEY"
    )


@app.command(short_help="Sign what is staged with one key.")
def sign(
    repository: RepositoryArgument,
    key: Annotated[list[Path], typer.Option("--key", help="File of a root or targets key; may be repeated.")],
) -> None:
    """Sign whatever is staged and this key may sign; needs no network.

    Example: seguia release sign releases --key release-keys/targets-1.pem
    """
    from models.release.keys import is_locked, read_key  # noqa: PLC0415

    word = _passphrase() if any(is_locked(path) for path in key) else None
    place = _open(repository)
    for path in key:
        signed = place.sign(read_key(path, word))
        if not signed:
            raise ConfigurationError(
                f"{path}: expected something staged that this key may sign, got nothing; see status"
            )
        typer.echo(f"{path.name}: signed {', '.join(signed)}")
    for line in place.lacking():
        typer.echo(f"still lacking: {line}")


@app.command(short_help="Change the keys of a role.")
def rotate(
    repository: RepositoryArgument,
    role: RoleOfKeys,
    new_key: Annotated[list[Path] | None, typer.Option("--new-key", help="File for a new key; made here.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="Key id that counts no longer.")] = None,
    threshold: Annotated[int | None, typer.Option(min=1, max=9, help="How many keys must sign.")] = None,
) -> None:
    """Stage a root in which a role has other keys: a lost or stolen key counts no longer at any gateway.

    Example: seguia release rotate releases targets --new-key release-keys/targets-2.pem --remove 3f2a...
    """
    from models.release.keys import make_key  # noqa: PLC0415

    place = _open(repository)
    gone = [_full_id(place.root().roles[role.value].keyids, start) for start in remove or []]
    word = _new_passphrase() if new_key and role.value in {"root", "targets"} else None
    keys = [make_key(path, word).public_key for path in new_key or []]
    place.rotate(role.value, keys, gone, threshold)
    for line in place.lacking():
        typer.echo(f"lacking: {line}")


@app.command(short_help="Make public what is signed; renew what runs out.")
def publish(
    repository: RepositoryArgument,
    keys: KeysOption = _KEYS,
    *,
    renew: Annotated[bool, typer.Option("--renew", help="Stage root and targets for another term, then stop.")] = False,
) -> None:
    """Make public what is staged and signed, and sign snapshot and timestamp anew; call it daily, staged or not.

    Without a call for 7 days gateways refuse the repository as held back; root and targets hold 365 and 180 days.

    Example: seguia release publish releases --keys release-keys
    """
    from models.release.keys import read_key  # noqa: PLC0415

    place = _open(repository)
    if renew:
        place.renew("root")
        place.renew("targets")
        typer.echo("staged: root and targets for another term; next: seguia release sign")
        return
    online = {
        role: [read_key(path, None) for path in sorted(keys.glob(f"{role}-*.pem"))]
        for role in ("snapshot", "timestamp")
    }
    place.publish(online["snapshot"], online["timestamp"])
    typer.echo(f"{place.public}: published, targets {place.targets().version}, root {place.root().version}")


@app.command(short_help="What is public, staged, lacking and running out.")
def status(repository: RepositoryArgument) -> None:
    """What is public, which keys count, what is staged and lacks signatures, and what runs out when.

    Example: seguia release status releases
    """
    place = _open(repository)
    root, targets = place.root(staged=False), place.targets(staged=False)
    typer.echo(
        f"root {root.version} until {root.expires:%Y-%m-%d}, targets {targets.version} until {targets.expires:%Y-%m-%d}"
    )
    for role, each in sorted(root.roles.items()):
        typer.echo(f"{role}: {each.threshold} of {', '.join(keyid[:12] for keyid in each.keyids)}")
    for path, target in sorted(targets.targets.items()):
        typer.echo(f"public: {path} {target.hashes['sha256'][:12]}")
    for path, target in sorted(place.targets().targets.items()):
        if targets.targets.get(path) != target:
            typer.echo(f"staged: {path} {target.hashes['sha256'][:12]}")
    for line in place.lacking():
        typer.echo(f"lacking: {line}")


def _open(folder: Path) -> "ReleaseRepository":
    try:
        from models.release.repository import ReleaseRepository  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"release: expected the package {error.name}, got none; try: pip install '.[edge,updates]' in a checkout"
        ) from error
    return ReleaseRepository(folder, datetime.now(UTC))


def _need(text: str) -> tuple[str, str]:
    name, sign, version = text.partition("=")
    if not sign or not name or not version:
        raise ConfigurationError(f"--needs: expected PACKAGE=VERSION, got {text!r}")
    return name, version


def _full_id(known: list[str], start: str) -> str:
    found = [keyid for keyid in known if keyid.startswith(start)]
    if len(found) != 1:
        raise ConfigurationError(
            f"--remove: expected the beginning of one key id of this role, got {start!r}; see status"
        )
    return found[0]


def _passphrase() -> str:
    said = os.environ.get(PASSPHRASE)
    if said is None and not sys.stdin.isatty():
        raise ConfigurationError(f"passphrase: expected it in {PASSPHRASE} or typed at a terminal, got neither")
    return str(typer.prompt("Passphrase of the keys", hide_input=True)) if said is None else said


def _new_passphrase() -> str:
    if PASSPHRASE in os.environ or not sys.stdin.isatty():
        return _passphrase()
    return str(typer.prompt("Passphrase for the new keys", hide_input=True, confirmation_prompt=True))
