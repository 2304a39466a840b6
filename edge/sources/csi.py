"""A ribbon camera of a Raspberry Pi, by the maker's own program rpicam-still (libcamera-still on older systems)."""

import subprocess
from typing import Final

from edge.errors import CaptureError
from edge.sources.shutter import Order, Shot, serve

PROGRAMS: Final = ("rpicam-still", "libcamera-still")
_SETTLE_MS: Final = 1500
_MARK: Final = 0xFF
_START_OF_SCAN: Final = 0xDA
_APP1: Final = 0xE1


def shoot(order: Order) -> Shot:
    """One picture of a ribbon camera; CaptureError says what the program said."""
    size: list[str] = []
    if order.width_px is not None and order.height_px is not None:
        size = ["--width", str(order.width_px), "--height", str(order.height_px)]
    camera = ["--camera", order.device] if order.device.isdigit() else []
    options = ["--nopreview", "--timeout", str(_SETTLE_MS), "--output", "-", *camera, *size]
    for program in PROGRAMS:
        try:
            done = subprocess.run(  # noqa: S603 -- the program's name is fixed, its options are numbers
                [program, *options], capture_output=True, check=False, timeout=order.timeout_s
            )
        except FileNotFoundError:
            continue
        if done.returncode != 0 or not done.stdout:
            said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["nothing"])[-1][:200]
            trouble = "absent" if "no cameras available" in done.stderr.decode("utf-8", "replace") else "refused"
            raise CaptureError(f"{program}: expected a picture, got: {said}; see the ribbon", trouble=trouble)
        return Shot(content=without_exif(done.stdout), suffix=".jpg")
    raise CaptureError(
        "csi: expected rpicam-still, got no such program; install it: apt install rpicam-apps-lite", trouble="refused"
    )


def without_exif(jpeg: bytes) -> bytes:
    """The JPEG without its EXIF block, whose clock is the machine's in an unstated zone; damage is left as it is."""
    place, kept = 2, [jpeg[:2]]
    while place + 4 <= len(jpeg) and jpeg[place] == _MARK and jpeg[place + 1] != _START_OF_SCAN:
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if jpeg[place + 1] != _APP1:
            kept.append(jpeg[place:end])
        place = end
    return b"".join((*kept, jpeg[place:]))


if __name__ == "__main__":
    serve(shoot)
