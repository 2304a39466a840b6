from collections.abc import Callable, Sequence
from typing import Any

class VoiceService:
    _username: str
    _baseUrl: str
    _headers: dict[str, str]
    def __init__(self, username: str, api_key: str) -> None: ...
    def _init_service(self) -> None: ...
    def _make_request(self, url: str, method: str, headers: Any, **request: Any) -> object: ...
    def call(
        self,
        callFrom: str,
        callTo: Sequence[str],
        callback: Callable[..., object] | None = ...,
        timeout: tuple[float, float] = ...,
    ) -> object: ...
