"""The account at a network camera: its password comes from a file, and never stands in a log."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from edge.errors import CaptureError


def read_password(path: Path) -> str:
    """First line of a password file; CaptureError when there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CaptureError(
            f"{path}: expected a file that holds the camera's password, got {error}; correct password_file",
            trouble="refused",
        ) from error
    if not lines or not lines[0].strip():
        raise CaptureError(f"{path}: expected a password in the first line, got none", trouble="refused")
    return lines[0].strip()


def with_account(url: str, username: str | None, password: str | None) -> str:
    """Address of a stream with its account, as the player wants it."""
    if username is None or password is None:
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=f"{quote(username, safe='')}:{quote(password, safe='')}@{parts.netloc}").geturl()


def place_of(url: str) -> str:
    """Address of a stream without its account: fit for a log."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
