from collections.abc import Callable, Sequence
from typing import Any

class SMSService:
    _username: str
    _baseUrl: str
    _contentUrl: str
    _headers: dict[str, str]
    def __init__(self, username: str, api_key: str) -> None: ...
    def _init_service(self) -> None: ...
    def _make_request(self, url: str, method: str, **request: Any) -> object: ...
    def send(
        self,
        message: str,
        recipients: Sequence[str],
        sender_id: str | None = ...,
        enqueue: bool = ...,
        callback: Callable[..., object] | None = ...,
        timeout: tuple[float, float] = ...,
    ) -> object: ...
    def fetch_messages(
        self,
        last_received_id: int | None = ...,
        callback: Callable[..., object] | None = ...,
        timeout: tuple[float, float] = ...,
    ) -> object: ...
