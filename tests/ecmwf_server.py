"""A stand-in for ECMWF's open data on this machine: files of a run, their indexes, parts of files, faults on request.

Two runs of a small ensemble on a grid of 0.25 degrees around Beni Mellal; all numbers are synthetic.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import eccodes
import numpy as np

FILE = re.compile(r"^/forecasts/(\d{8})/(\d\d)z/ifs/0p25/enfo/\d{14}-(\d+)h-enfo-ef\.(index|grib2)$")
MEMBERS = 3
NORTH, WEST, ROWS, COLUMNS = 35.0, 350.0, 21, 41
DAY_H = 24


def value(name: str, step_h: int, member: int, hour: int) -> float:
    """Synthetic weather: a warm afternoon, a steady wind, 0.1 mm of rain and 0.9 MJ m-2 an hour."""
    warm = 285.0 + 10.0 * max(0.0, np.sin((step_h + hour - 6) / 12.0 * np.pi)) + member
    return float({"2t": warm, "2d": 281.0, "10u": 3.0, "10v": 4.0, "tp": 1e-4 * step_h, "ssrd": 9e5 * step_h}[name])


@cache
def message(name: str, day: int, hour: int, step_h: int, member: int) -> bytes:
    """One field of edition 2, as a perturbed member of the ensemble."""
    summed = name in {"tp", "ssrd"}
    handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
    setting: dict[str, str | int | float] = {
        "dataDate": day,
        "dataTime": hour * 100,
        "Ni": COLUMNS,
        "Nj": ROWS,
        "latitudeOfFirstGridPointInDegrees": NORTH,
        "latitudeOfLastGridPointInDegrees": NORTH - 0.25 * (ROWS - 1),
        "longitudeOfFirstGridPointInDegrees": WEST,
        "longitudeOfLastGridPointInDegrees": WEST + 0.25 * (COLUMNS - 1) - (360.0 if WEST + 10.0 > 360.0 else 0.0),
        "iDirectionIncrementInDegrees": 0.25,
        "jDirectionIncrementInDegrees": 0.25,
        "productDefinitionTemplateNumber": 11 if summed else 1,
        "shortName": name,
        "number": member,
    }
    setting |= {"stepType": "accum", "stepRange": f"0-{step_h}"} if summed else {"step": step_h}
    for key, one in setting.items():
        eccodes.codes_set(handle, key, one)
    cells = np.full((ROWS, COLUMNS), value(name, step_h, member, hour))
    # Far from the parcels the field is as uneven as weather is, so that it packs to a real size.
    cells[:, 25:] *= np.random.default_rng(step_h).uniform(0.9, 1.0, (ROWS, COLUMNS - 25))
    eccodes.codes_set(handle, "bitsPerValue", 16)
    eccodes.codes_set_values(handle, cells.ravel())
    content = bytes(eccodes.codes_get_message(handle))
    eccodes.codes_release(handle)
    return content


@cache
def file_of(day: int, hour: int, step_h: int) -> tuple[bytes, bytes]:
    """A step's fields one after the other, and the index that says where each stands."""
    names = ["2t", "2d", "10u", "10v", *(["tp", "ssrd"] if step_h else [])]
    content, lines = b"", []
    for member in range(1, MEMBERS + 1):
        for name in names:
            one = message(name, day, hour, step_h, member)
            told = {"type": "pf", "levtype": "sfc", "param": name, "number": str(member), "step": str(step_h)}
            lines.append(json.dumps({**told, "_offset": len(content), "_length": len(one)}))
            # Other fields stand between ours in the real files.
            content += one + b"\0" * 70_000
    upper = {"type": "pf", "levtype": "pl", "param": "t", "number": "1", "_offset": len(content), "_length": 10}
    return content, "\n".join([*lines, json.dumps(upper)]).encode()


@dataclass
class Mirror:
    """The server's address, its runs, what it was asked, and what it is to do wrong."""

    runs: set[datetime]
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: int = 0
    statuses: list[int] = field(default_factory=list)
    """What the next parts are answered with instead."""
    cut_off_after: int | None = None
    """The next part breaks off after so many bytes."""
    whole_files: bool = False
    shift: int = 0
    """By how many bytes the parts that are sent lie beside those that are said."""
    index_edit: tuple[str, str] = ("", "")

    def content(self, path: str) -> bytes | None:
        """A file or an index; None for one that is not there."""
        found = FILE.match(path)
        if found is None:
            return None
        day, hour, step_h = (int(found[one]) for one in (1, 2, 3))
        if not any(int(f"{run:%Y%m%d}") == day and run.hour == hour for run in self.runs):
            return None
        content, index = file_of(day, hour, step_h)
        before, after = self.index_edit
        return content if found[4] == "grib2" else index.replace(before.encode(), after.encode())


class _Handler(BaseHTTPRequestHandler):
    mirror: Mirror

    def do_GET(self) -> None:
        mirror, span = self.mirror, self.headers.get("Range", "")
        mirror.asked.append((self.path, span))
        content = mirror.content(self.path.partition("?")[0])
        status = mirror.statuses.pop(0) if span and mirror.statuses else 0
        if content is None or status:
            self._answer(status or 404, b"no such file", {"Retry-After": "1"} if status == 429 else {})
        elif not span or mirror.whole_files:
            self._answer(200, content, {})
        else:
            first, last = (int(one) for one in span.removeprefix("bytes=").split("-"))
            if last >= len(content):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            else:
                part = content[first : last + 1]
                first, last = first + mirror.shift, last + mirror.shift
                self._answer(206, part, {"Content-Range": f"bytes {first}-{last}/{len(content)}"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, one in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, one)
        self.end_headers()
        cut = self.mirror.cut_off_after if status == 206 else None
        if cut is not None:
            self.mirror.cut_off_after, body = None, body[:cut]
        self.mirror.sent += len(body)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)
        self.close_connection = cut is not None

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def ecmwf_mirror(*runs: datetime) -> Iterator[Mirror]:
    """The stand-in, answering until the block ends."""
    mirror = Mirror(set(runs))
    handler = type("Handler", (_Handler,), {"mirror": mirror})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        mirror.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield mirror
        finally:
            server.shutdown()
            thread.join()
