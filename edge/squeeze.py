"""Larger messages made smaller on the wire: a zlib stream in the place of their JSON. Part of the field's contract.

Small messages gain too little: 270 bytes of a detection become 186, and 30 bytes of TLS and 40 of TCP stay as they are.
"""

import zlib
from typing import Final

from edge.errors import ContractError

WORTH_BYTES: Final = 1024
"""A shorter message goes as it is."""
_MARK: Final = b"\x78"
"""A zlib stream begins with it, and no JSON object does."""


def squeezed(payload: bytes, *, wanted: bool = True) -> bytes:
    """The payload as it goes on the wire: smaller where that is wanted and helps, else as it is."""
    if not wanted or len(payload) < WORTH_BYTES:
        return payload
    small = zlib.compress(payload, 9)
    return small if len(small) < len(payload) else payload


def plain(payload: bytes, limit_bytes: int) -> bytes:
    """The payload as it was before; ContractError where it is no whole stream, or one of more than the limit."""
    if payload[:1] != _MARK:
        return payload
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(payload, limit_bytes + 1)
    except zlib.error as error:
        raise ContractError(f"message of {len(payload)} bytes: expected JSON or a zlib stream, got {error}") from None
    if len(content) > limit_bytes or not stream.eof or stream.unused_data:
        raise ContractError(f"message: expected one whole zlib stream of at most {limit_bytes} bytes, got another")
    return content
