"""HTTP from a field: bytes counted and capped, time bounded, parts of a file on request."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import urllib3
from tuf.api import exceptions
from tuf.ngclient.fetcher import FetcherInterface

from edge.errors import RepositoryUnavailableError

_CHUNK: Final = 4096
_SILENCE_S: Final = 30.0
_LEAST_BYTES_S: Final = 250
"""A server that gives less for long is left: slower than the slowest 2G, it only keeps the gateway busy."""
_OVERHEAD: Final = 300
"""Bytes of request and answer beside their content, so that budgets count what is paid for."""
_PARTIAL: Final = 206
_GONE: Final = 400


class Wire(FetcherInterface):
    """A connection to the repository; ``spent`` counts all bytes of this run.

    ``allowed`` says how many bytes may still be spent; what would pass it is not begun, or is broken off.
    """

    def __init__(
        self,
        ca_file: Path | None = None,
        *,
        allowed: int = 1 << 40,
        silence_s: float = _SILENCE_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.spent = 0
        self._allowed = allowed
        self._silence_s = silence_s
        self._monotonic_s = monotonic_s
        self._pool = urllib3.PoolManager(
            num_pools=2,
            retries=False,
            timeout=urllib3.Timeout(silence_s),
            ca_certs=None if ca_file is None else str(ca_file),
        )

    @property
    def left(self) -> int:
        """Bytes that may still be spent."""
        return max(0, self._allowed - self.spent)

    def close(self) -> None:
        """Hang up."""
        self._pool.clear()

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Content of an address, for metadata and lists; their lengths are capped by who asks."""
        if self.left == 0:
            raise exceptions.DownloadError(f"{url}: today's byte budget for updates is used up")
        response = self._open(url, {})
        if response.status >= _GONE:
            status = response.status
            response.close()
            raise exceptions.DownloadHTTPError(f"{url}: HTTP status {status}", status)
        if response.status != 200:  # noqa: PLR2004 -- a redirect is not followed: the address is the operator's word
            status = response.status
            response.close()
            raise exceptions.DownloadError(f"{url}: expected HTTP status 200, got {status}")
        return self._pieces(response, url)

    def part(self, url: str, start: int, length: int) -> Iterator[bytes]:
        """Bytes ``start`` to ``start + length`` of a file, in pieces; RepositoryUnavailableError when it breaks off.

        A server that knows no parts gives the whole file: what lies before is read over, what lies after is not read.
        """
        if self.left == 0:
            raise RepositoryUnavailableError("today's byte budget for updates is used up; the rest follows tomorrow")
        try:
            response = self._open(url, {"Range": f"bytes={start}-{start + length - 1}"})
            if response.status not in {200, _PARTIAL}:
                status = response.status
                response.close()
                raise RepositoryUnavailableError(f"{url}: expected bytes, got HTTP status {status}; try again later")
            skip = start if response.status != _PARTIAL else 0
            wanted = length
            for piece in self._pieces(response, url):
                useful = piece[skip:][:wanted]
                skip = max(0, skip - len(piece))
                wanted -= len(useful)
                if useful:
                    yield useful
                if wanted == 0:
                    response.close()
                    return
        except (exceptions.DownloadError, urllib3.exceptions.HTTPError, OSError) as error:
            raise RepositoryUnavailableError(f"{url}: broke off ({error}); what arrived is kept") from error
        raise RepositoryUnavailableError(f"{url}: expected {length} bytes from {start}, got {length - wanted}")

    def _open(self, url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        self.spent += _OVERHEAD
        return self._pool.request(
            "GET",
            url,
            headers={"Accept-Encoding": "identity", "User-Agent": "seguia-gateway", **headers},
            preload_content=False,
            decode_content=False,
            redirect=False,
        )

    def _pieces(self, response: urllib3.BaseHTTPResponse, url: str) -> Iterator[bytes]:
        begun_s, got = self._monotonic_s(), 0
        try:
            while piece := response.read1(_CHUNK):
                got += len(piece)
                self.spent += len(piece)
                yield piece
                if self.spent > self._allowed:
                    raise exceptions.DownloadError(f"{url}: today's byte budget for updates is used up")
                taken_s = self._monotonic_s() - begun_s
                if taken_s > self._silence_s and got < _LEAST_BYTES_S * taken_s:
                    raise exceptions.SlowRetrievalError(f"{url}: less than {_LEAST_BYTES_S} bytes a second")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise exceptions.DownloadError(f"{url}: broke off ({error})") from error
        finally:
            response.close()
