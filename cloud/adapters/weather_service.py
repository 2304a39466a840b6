"""Weather services over HTTPS: bounded, patient, counted; an answer that cannot be had is replaced by the one kept.

Nothing that a service sends is followed or trusted: no redirects, a limit for size (after unpacking) and for time, and
an answer is kept only when it could be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import requests
import urllib3.exceptions

from cloud.adapters.weather_cache import AnswerShelf, KeptAnswer
from cloud.errors import AbsentError, CloudError, ConfigurationError, InputError, ServiceUnavailableError
from cloud.weather.services.request import Request, Told

T = TypeVar("T")

KEYED_HOSTS: Final = ".open-meteo.com"
"""Hosts to which an account's key goes, under ``customer-`` names."""
LOOPBACK_PREFIXES: Final = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")

_TRY_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_BLOCK: Final = 65536
_OK: Final = 200
_PART: Final = 206
_NOT_THERE: Final = 404
_NO_SUCH_PART: Final = 416
_REDIRECTS: Final = range(300, 400)
_CLOCKS_APART: Final = timedelta(minutes=5)
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """How services are asked."""

    api_key: str | None = None
    base_url: str | None = None
    """A stand-in on this machine; None: the services themselves."""
    offline: bool = False
    """Only kept answers, whatever their age; nothing is contacted."""
    refresh: timedelta = timedelta(hours=3)
    calls_per_day: int = 5000
    tries: int = 4
    timeout_s: float = 20.0
    """To connect, and between two pieces of an answer."""
    whole_answer_s: float = 120.0
    longest_wait_s: float = 90.0
    largest_answer: int = 32_000_000
    """Bytes after unpacking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Clock, patience and chance, replaced in tests."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = lambda: 0.5
    steady_s: Callable[[], float] = time.monotonic


class _LaterError(Exception):
    """The service may answer later; ``wait_s`` when it said how much."""

    def __init__(self, text: str, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.wait_s = wait_s


class WeatherService:
    """Answers of weather services, fresh where possible, kept ones where not."""

    def __init__(self, settings: ServiceSettings, shelf: AnswerShelf, around: Surroundings) -> None:
        if settings.base_url is not None and not settings.base_url.startswith(LOOPBACK_PREFIXES):
            raise ConfigurationError(
                f"weather.fetch.base_url: expected a stand-in on this machine (http://127.0.0.1:PORT), got"
                f" {settings.base_url[:60]!r}; leave it out to use the services themselves"
            )
        self._settings = settings
        self._shelf = shelf
        self._around = around
        self._given_up: dict[str, str] = {}

    def ask(self, request: Request, read: Callable[[bytes], T]) -> Told[T]:
        """The answer, read; an older one, with the reason, when the service does not give one that can be read."""
        kept = self._kept(request, read)
        if kept is not None and (self._settings.offline or self._fresh(kept.fetched_at, request)):
            return kept
        try:
            return self._asked(request, read)
        except CloudError as error:
            if kept is None:
                raise
            age_h = (self._around.now() - kept.fetched_at).total_seconds() / 3600.0
            return replace(kept, problem=f"{error}; the answer of {age_h:.0f} h ago is used")

    def _kept(self, request: Request, read: Callable[[bytes], T]) -> Told[T] | None:
        answer = self._shelf.get(request.key)
        if answer is None:
            return None
        try:
            return Told(value=read(answer.body), fetched_at=answer.fetched_at)
        except InputError:
            return None

    def _fresh(self, fetched_at: datetime, request: Request) -> bool:
        age = self._around.now() - fetched_at
        if age < -_CLOCKS_APART:
            return False
        return age < self._settings.refresh or (request.settled_at is not None and fetched_at > request.settled_at)

    def _asked(self, request: Request, read: Callable[[bytes], T]) -> Told[T]:
        if self._settings.offline:
            raise ServiceUnavailableError(f"{request.key}: no kept answer; fetch once with a network")
        host = self._host(request)
        if host in self._given_up:
            raise ServiceUnavailableError(self._given_up[host])
        fetched_at = self._around.now()
        try:
            body = self._whole(request, host)
        except ServiceUnavailableError as error:
            # The next place would only wait as long again.
            self._given_up[host] = str(error)
            raise
        value = read(body)
        self._shelf.put(KeptAnswer(key=request.key, fetched_at=fetched_at, body=body))
        return Told(value=value, fetched_at=fetched_at)

    def _whole(self, request: Request, host: str) -> bytes:
        """The answer, or the wanted parts of a file one after the other, shortened where it is wanted so."""
        spans = request.ranges or (None,)
        parts = (self._patiently(request, host, span) for span in spans)
        return b"".join(part if request.shortened is None else request.shortened(part) for part in parts)

    def _patiently(self, request: Request, host: str, span: tuple[int, int] | None) -> bytes:
        reason = ""
        got = bytearray()
        for attempt in range(self._settings.tries):
            self._spend(request, host)
            if span is None:
                got.clear()  # only a part of a file is taken up where it broke off
            try:
                return self._once(request, host, span, got)
            except _LaterError as error:
                reason = str(error)
                wait_s = 2.0**attempt * (0.5 + self._around.chance()) if error.wait_s is None else error.wait_s
            if wait_s > self._settings.longest_wait_s:
                raise ServiceUnavailableError(f"{host}: {reason} and asks to wait {wait_s:.0f} s; try again then")
            if attempt + 1 < self._settings.tries:
                self._around.sleep(wait_s)
        raise ServiceUnavailableError(f"{host}: {reason} ({self._settings.tries} tries); try again later")

    def _spend(self, request: Request, host: str) -> None:
        limit = self._settings.calls_per_day
        if not self._shelf.spend(host, self._around.now().astimezone(UTC).date(), request.calls, limit):
            raise ServiceUnavailableError(
                f"{host}: the {limit} calls of this day (weather.fetch.calls_per_day) are used up; wait for the next"
            )

    def _once(self, request: Request, host: str, span: tuple[int, int] | None, got: bytearray) -> bytes:
        base, key = self._settings.base_url, self._settings.api_key
        address = f"{base.rstrip('/') if base else f'https://{host}'}{request.path}"
        query = [*request.query, *([("apikey", key)] if key and host.endswith(KEYED_HOSTS) else [])]
        headers = {"Accept": "application/json", "User-Agent": "seguia"}
        if span is not None:
            headers |= {
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Range": f"bytes={span[0] + len(got)}-{span[1]}",
            }
        try:
            with requests.Session() as session:
                session.trust_env = base is None  # a proxy never sees a local stand-in
                with session.get(
                    address,
                    params=query,
                    headers=headers,
                    timeout=self._settings.timeout_s,
                    allow_redirects=False,
                    stream=True,
                ) as reply:
                    return self._body(reply, host, span, got)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # Only the kind of the error is told: its text may hold the address with the key.
            raise _LaterError(f"no answer ({type(error).__name__})") from None

    def _body(self, reply: requests.Response, host: str, span: tuple[int, int] | None, got: bytearray) -> bytes:
        if reply.status_code in _REDIRECTS:
            raise InputError(f"{host}: expected an answer, got a redirect elsewhere; it is not followed")
        if reply.status_code in _TRY_AGAIN:
            raise _LaterError(f"answers with status {reply.status_code}", self._asked_wait_s(reply))
        if span is not None:
            check_part(reply, host, span, len(got))
        said = got if reply.status_code in {_OK, _PART} else bytearray()
        self._bounded(reply, host, said)
        if said is not got:
            text = " ".join(bytes(said[:_SHOWN]).decode("utf-8", errors="replace").split())
            text = text.replace(self._settings.api_key, "***") if self._settings.api_key else text
            kind = AbsentError if reply.status_code == _NOT_THERE else InputError
            raise kind(f"{host}: expected status 200, got {reply.status_code}: {text}; correct the request")
        if span is not None and len(got) != span[1] - span[0] + 1:
            raise _LaterError(f"gave {len(got)} of {span[1] - span[0] + 1} bytes")
        return bytes(got)

    def _bounded(self, reply: requests.Response, host: str, into: bytearray) -> None:
        deadline_s = self._around.steady_s() + self._settings.whole_answer_s
        for piece in reply.iter_content(_BLOCK):
            into += piece
            if len(into) > self._settings.largest_answer:
                raise InputError(f"{host}: expected at most {self._settings.largest_answer} bytes, got more; not used")
            if self._around.steady_s() > deadline_s:
                raise _LaterError(f"takes longer than {self._settings.whole_answer_s:.0f} s")

    def _asked_wait_s(self, reply: requests.Response) -> float | None:
        """Seconds that a service asks to wait, from a number or a date."""
        text = reply.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return max(0.0, (until - self._around.now()).total_seconds())

    def _host(self, request: Request) -> str:
        keyed = self._settings.api_key is not None and request.host.endswith(KEYED_HOSTS)
        return f"customer-{request.host}" if keyed else request.host


def check_part(reply: requests.Response, host: str, span: tuple[int, int], had: int) -> None:
    """Refuse an answer that is not the asked part of a file: a whole file may be gigabytes."""
    if reply.status_code == _NO_SUCH_PART:
        raise InputError(f"{host}: expected bytes {span[0]} to {span[1]} of a file, got none there; its index is wrong")
    if reply.status_code == _OK:
        raise InputError(f"{host}: expected a part of a file, got all of it; use a mirror that serves parts")
    if reply.status_code == _PART:
        told = reply.headers.get("Content-Range", "")
        if not told.startswith(f"bytes {span[0] + had}-{span[1]}/"):
            raise InputError(f"{host}: expected bytes {span[0] + had} to {span[1]}, got {told[:_SHOWN]!r}; not used")
