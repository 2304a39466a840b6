"""A small RTSP server on loopback for the tests: JPEG pictures as RTP over TCP (RFC 7826 in part, RFC 2435).

It is a server of the tests' own, so that a test may let it hang, ask for a password or end inside a picture; the
client is the real one.
"""

import base64
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Final, Literal, Self

import cv2
import numpy as np

Conduct = Literal["well", "hangs", "cuts"]
_PAYLOAD: Final = 1200
_RATE: Final = 90_000
_CODEC: Final = 26  # JPEG


def moving_picture(number: int, width: int, height: int) -> bytes:
    """A colour picture with a moving bar, as baseline JPEG with halved colours, as RFC 2435 wants it."""
    rows, columns = np.mgrid[0:height, 0:width]
    rgb = np.stack([columns % 256, rows % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)
    rgb[:, 10 * number % width :][:, :10] = 255
    flags = [cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    return bytes(cv2.imencode(".jpg", rgb, flags)[1])


def packets(jpeg: bytes) -> Iterator[tuple[bytes, bool]]:
    """RTP payloads of one JPEG and whether each is its last (RFC 2435, section 3.1)."""
    tables, scan, width, height = _parts(jpeg)
    offset = 0
    while offset < len(scan):
        head = struct.pack(">B", 0) + offset.to_bytes(3, "big") + bytes([1, 255, width // 8, height // 8])
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        part = scan[offset : offset + _PAYLOAD]
        offset += len(part)
        yield head + part, offset >= len(scan)


def _parts(jpeg: bytes) -> tuple[bytes, bytes, int, int]:
    place, tables, width, height = 2, b"", 0, 0
    while True:
        mark, length = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4], "big")
        body = jpeg[place + 4 : place + 2 + length]
        if mark == 0xDB:
            while body:
                tables, body = tables + body[1:65], body[65:]
        elif mark == 0xC0:
            height, width = struct.unpack(">HH", body[1:5])
        place += 2 + length
        if mark == 0xDA:
            return tables, jpeg[place:].removesuffix(b"\xff\xd9"), width, height


class RtspServer:
    """Serves one endless stream; use it as a context. ``account`` is user:password where one is asked."""

    def __init__(self, conduct: Conduct = "well", account: str | None = None) -> None:
        self.conduct = conduct
        self.served = 0
        """Sessions that began to play."""
        self._account = account
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._connections: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/field"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for one in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            stream = connection.makefile("rb")
            while request := self._request(stream):
                method, headers = request
                if self.conduct == "hangs":
                    self._stop.wait()
                    return
                connection.sendall(self._answer(method, headers))
                if method == "PLAY":
                    self.served += 1
                    self._play(connection)
                    return
        except OSError:
            return
        finally:
            connection.close()

    def _request(self, stream: BinaryIO) -> tuple[str, dict[str, str]] | None:
        first = stream.readline().decode()
        if not first:
            return None
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return first.split()[0], headers

    def _answer(self, method: str, headers: dict[str, str]) -> bytes:
        lines = ["RTSP/1.0 200 OK", f"CSeq: {headers.get('cseq', '0')}"]
        body = ""
        if self._account is not None and method != "OPTIONS" and not self._lets_in(headers):
            lines[0] = "RTSP/1.0 401 Unauthorized"
            lines.append('WWW-Authenticate: Basic realm="field"')
        elif method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif method == "DESCRIBE":
            body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=field\r\nt=0 0\r\n"
            body += f"m=video 0 RTP/AVP {_CODEC}\r\na=rtpmap:{_CODEC} JPEG/{_RATE}\r\na=control:track\r\n"
            lines += [f"Content-Base: {self.url}/", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            lines += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 12345678"]
        else:
            lines.append("Session: 12345678")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _lets_in(self, headers: dict[str, str]) -> bool:
        wanted = "Basic " + base64.b64encode((self._account or "").encode()).decode()
        return headers.get("authorization") == wanted

    def _play(self, connection: socket.socket) -> None:
        sequence, number = 0, 0
        while not self._stop.is_set():
            for payload, last in packets(moving_picture(number, 320, 240)):
                if self.conduct == "cuts" and sequence > 2:
                    return
                mark = (0x80 if last else 0) | _CODEC
                stamp = number * _RATE // 10
                packet = struct.pack(">BBHII", 0x80, mark, sequence % 65536, stamp, 7) + payload
                connection.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                sequence += 1
            number += 1
            time.sleep(0.03)
