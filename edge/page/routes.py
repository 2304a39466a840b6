"""Which path of the page is answered how: its own files, the desk's answers, and plain refusals."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from pydantic import ValidationError

from edge.commissioning.catalogue import LANGUAGES, catalogue
from edge.errors import EdgeError
from edge.page.desk import Desk
from edge.page.orders import Look, Order, Outline, References, Speak, Take, Ticked
from edge.settings.installer import Language

_ASSETS: Final = Path(__file__).parent / "assets"
_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/picture.js": ("picture.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_OPEN: Final = frozenset({*_FILES, "/words", "/enter"})
"""What is answered before the code: nothing of this gateway."""
_MOST_CAMERAS: Final = 80
_Kind = TypeVar("_Kind", bound=Order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    content: bytes
    kind: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, answer: Any, headers: Mapping[str, str] | None = None, status: int = 200) -> Self:  # noqa: ANN401 -- any record
        """A record as JSON."""
        content = json.dumps(answer, ensure_ascii=False).encode()
        return cls(content=content, kind="application/json", status=status, headers=headers or {})


class Refusal(Exception):  # noqa: N818 -- an answer, told in few words; no fault of the gateway
    """A request that is not answered, with its status and why."""

    def __init__(self, status: int, why: str, detail: str | None = None) -> None:
        super().__init__(why)
        self.reply = Reply.json({"refused": why, "detail": detail}, status=status)


class Routes:
    """The paths of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._orders: Mapping[str, Callable[[dict[str, Any]], object]] = {
            "/look": lambda sent: desk.look(_read(Look, sent)),
            "/take": lambda sent: desk.take(_read(Take, sent).camera),
            "/outline": lambda sent: _file(desk.keep_outline(_read(Outline, sent))),
            "/references": lambda sent: _file(desk.keep_references(_read(References, sent))),
            "/send": lambda sent: _nothing(_read(Speak, sent), desk.send),
            "/sms": lambda sent: desk.send_sms(_read(Speak, sent).language),
            "/tick": lambda sent: desk.tick(_read(Ticked, sent).chore),
            "/finish": lambda sent: _nothing(_read(Speak, sent), desk.finish),
        }

    @staticmethod
    def is_open(path: str) -> bool:
        """Whether a path is answered to who has not entered yet."""
        return path in _OPEN

    def get(self, path: str, asked: Mapping[str, str]) -> Reply:
        """What is shown; Refusal otherwise."""
        if path in _FILES:
            name, kind = _FILES[path]
            return Reply(content=(_ASSETS / name).read_bytes(), kind=kind)
        if path == "/words":
            words = catalogue(_language(asked))
            return Reply.json({key: words[key] for key in ("language", "direction", "page")})
        shown: Mapping[str, Callable[[], Reply]] = {
            "/overview": lambda: Reply.json(self._desk.overview(_language(asked))),
            "/picture.jpg": lambda: Reply(content=self._desk.picture(_camera(asked)), kind="image/jpeg"),
            "/canopy.png": lambda: Reply(content=self._desk.canopy(_camera(asked)), kind="image/png"),
        }
        if path not in shown:
            raise Refusal(404, "path")
        try:
            return shown[path]()
        except EdgeError as error:
            raise Refusal(409, "trouble", str(error)) from None

    def post(self, path: str, sent: dict[str, Any]) -> Reply:
        """What is ordered; Refusal otherwise."""
        if path not in self._orders:
            raise Refusal(404, "path")
        try:
            done = self._orders[path](sent)
        except EdgeError as error:
            raise Refusal(409, "trouble", str(error)) from None
        return Reply.json({} if done is None else done)


def _read(kind: type[_Kind], sent: dict[str, Any]) -> _Kind:
    try:
        # As JSON: a list is a row of values there, and nothing else is turned into anything.
        return kind.model_validate_json(json.dumps(sent))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "order"
        raise Refusal(400, "order", f"{key}: {first['msg']}") from None


def _file(file: Path) -> dict[str, str]:
    return {"file": file.name}


def _nothing(_: Order, act: Callable[[], None]) -> None:
    act()


def _language(asked: Mapping[str, str]) -> Language:
    wanted = asked.get("language", "")
    return next((language for language in LANGUAGES if language == wanted), "en")


def _camera(asked: Mapping[str, str]) -> int:
    number = asked.get("camera", "0")
    return int(number) if number.isdecimal() and len(number) < 3 and int(number) < _MOST_CAMERAS else 0  # noqa: PLR2004 -- digits
