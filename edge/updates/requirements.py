"""Whether this machine has what a release needs besides itself."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from edge.errors import UpdateRefusedError
from edge.updates.bundle import Manifest


def installed(package: str) -> str | None:
    """Version of an installed package; None where it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def must_have(manifest: Manifest, version_of: Callable[[str], str | None] = installed) -> None:
    """Refuse a release that needs packages which this machine has not, or only older ones."""
    for package, least in manifest.needs.packages.items():
        found = version_of(package)
        if found is None or _numbers(found) < _numbers(least):
            raise UpdateRefusedError(
                f"release {manifest.release} of {manifest.kind}: expected {package} {least} or later, got"
                f" {found or 'none'}; renew what is installed on this machine first"
            )


def _numbers(text: str) -> tuple[int, ...]:
    numbers = []
    for part in text.split("."):
        digits = "".join(letter for letter in part if letter.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
