"""What starts a gateway: chooses the code to run, and comes back by itself from code that does not start.

It lives in the installed package, which no release touches, and imports nothing of it: whatever a release broke, this
still runs, and the code that came with the device is always there to fall back to.

Example: python -P -m edge.updates.launcher /var/lib/seguia/updates gateway run --config /etc/seguia/gateway.toml
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

CURRENT: Final = "current"
"""Link to the slot that runs; without it what came with the device runs."""
TRIAL: Final = "trial.json"
REFUSED: Final = "refused.json"
STARTS: Final = "starts"
COMPLETE: Final = ".manifest"
"""File written last into a slot: without it the slot is not whole."""
SLOTS: Final = ("a", "b")
STARTS_ALLOWED: Final = 3
"""A slot that was started so often without one healthy minute is not started again."""
FALLS_ALLOWED: Final = 5
"""A slot on trial that was started anew so often on a machine that ran on is taken back, well as it may be between."""
REFUSED_KEPT: Final = 50
CODE_SLOT: Final = "SEGUIA_CODE_SLOT"
"""Environment variable that tells the daemon which slot it came from; "installed" where from none."""
ON_TRIAL: Final = """
import runpy, sys
sys.argv[0] = "seguia"
try:
    runpy.run_module("seguia", run_name="__main__", alter_sys=True)
except SystemExit as end:
    raise SystemExit(1 if end.code == 2 else end.code) from None
"""
"""How a trial is run: 2 says that starting again is no use, yet on trial it is, since the third start goes back."""
LAUNCHED: Final = "launched"
"""Mark that the daemon is started from here: without it released code would never run."""


def put(path: Path, content: bytes, at: Callable[[str], None] = lambda _: None, mode: int = 0o644) -> None:
    """Put a file in its place whole and durably: a power cut leaves the old one or the new one."""
    at(f"write {path.name}")
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    at(f"move {path.name}")
    fresh.replace(path)
    sync_folder(path.parent)
    at(f"wrote {path.name}")


def point(link: Path, target: str | None, at: Callable[[str], None] = lambda _: None) -> None:
    """Let a link point elsewhere, or nowhere, in one durable step."""
    at(f"point {link.name} to {target}")
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    if target is None:
        link.unlink(missing_ok=True)
    else:
        fresh.symlink_to(target)
        at(f"swap {link.name} to {target}")
        fresh.replace(link)
    sync_folder(link.parent)
    at(f"pointed {link.name} to {target}")


def drop(path: Path, at: Callable[[str], None] = lambda _: None) -> None:
    """Remove a file durably; nothing happens where there is none."""
    at(f"remove {path.name}")
    if path.exists():
        path.unlink()
        sync_folder(path.parent)
    at(f"removed {path.name}")


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries to the medium."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def current_slot(folder: Path) -> str | None:
    """Name of the slot in use; None where what came with the device is, or where the slot is not whole."""
    try:
        name = str((folder / CURRENT).readlink())
    except OSError:
        return None
    return name if name in SLOTS and (folder / name / COMPLETE).is_file() else None


def read_json(path: Path) -> Any:  # noqa: ANN401 -- what a file holds is looked at by who reads it
    """What a small file of ours holds; None when it is absent or not readable."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def trial_of(folder: Path) -> dict[str, Any] | None:
    """The trial that the slot in use is on; None when it is on none."""
    trial = read_json(folder / TRIAL)
    whole = isinstance(trial, dict) and trial.get("slot") == current_slot(folder) is not None
    return trial if whole and isinstance(trial.get("boots"), int) else None


def roll_back(folder: Path, trial: Mapping[str, Any], why: str, at: Callable[[str], None] = lambda _: None) -> None:
    """Put what ran before back in its place and write down why; interrupted anywhere, it is done again whole."""
    kept = read_json(folder / REFUSED)
    kept = [each for each in kept if isinstance(each, dict)] if isinstance(kept, list) else []
    told = {"digest": trial.get("digest"), "release": trial.get("release"), "why": why}
    kept = [*(each for each in kept if each.get("digest") != told["digest"]), told][-REFUSED_KEPT:]
    put(folder / REFUSED, json.dumps(kept).encode(), at)
    before = trial.get("before")
    whole = before in SLOTS and (folder / str(before) / COMPLETE).is_file()
    point(folder / CURRENT, str(before) if whole else None, at)
    drop(folder / TRIAL, at)
    drop(folder / STARTS, at)


def machine_boot() -> str:
    """Name of this start of the machine; empty where the system gives none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def begun_again(trial: Mapping[str, Any], boot: str) -> dict[str, Any]:
    """A trial with one more start: a power cut goes on with its minutes, a fall on a machine that ran on does not."""
    fell = boot != "" and trial.get("machine") == boot
    falls, good = int(trial.get("falls", 0)) + fell, 0 if fell else int(trial.get("good", 0))
    return {**trial, "boots": trial["boots"] + 1, "machine": boot, "falls": falls, "good": good}


def begin(folder: Path, at: Callable[[str], None] = lambda _: None) -> str | None:
    """The slot to use from this start on; one on trial that was started too often is taken back."""
    trial = trial_of(folder)
    if trial is None:
        return current_slot(folder)
    try:
        again = begun_again(trial, machine_boot())
        if again["boots"] > STARTS_ALLOWED:
            roll_back(folder, trial, f"started {trial['boots']} times without one healthy minute", at)
        elif again["falls"] > FALLS_ALLOWED:
            roll_back(folder, trial, f"fell {again['falls']} times on a machine that ran on", at)
        else:
            put(folder / TRIAL, json.dumps(again).encode(), at)
    except (OSError, ValueError, TypeError):  # what cannot be counted is not tried: this start is with what ran before
        before = trial.get("before")
        return before if before in SLOTS and (folder / str(before) / COMPLETE).is_file() else None
    return current_slot(folder)


def begin_code(folder: Path) -> str | None:
    """The slot of code to start now: one that keeps failing gives way to the other, and both to what was installed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LAUNCHED).touch()
    except OSError as error:
        sys.stderr.write(f"seguia launcher: {folder}: {error.strerror}\n")
    slot = begin(folder)
    if slot is None:
        return None
    try:
        starts = int((folder / STARTS).read_text(encoding="ascii"))
    except (OSError, ValueError):
        starts = 0
    try:
        (folder / STARTS).write_text(str(starts + 1), encoding="ascii")
    except OSError:
        return slot
    other = next((name for name in SLOTS if name != slot and (folder / name / COMPLETE).is_file()), None)
    order = [slot, None] if other is None or trial_of(folder) else [slot, other, None]
    return order[starts // STARTS_ALLOWED % len(order)]


def stays(arguments: list[str]) -> bool:
    """Whether a command is the daemon, whose starts count; others come and go as they like."""
    once = any(word.startswith(("--once", "--until-empty", "--help")) for word in arguments)
    return arguments[:2] == ["gateway", "run"] and not once


def main(arguments: list[str]) -> None:
    """Become the chosen code; never returns."""
    environment = dict(os.environ)
    environment[CODE_SLOT] = "installed"
    command = [sys.executable, "-P", "-m", "seguia"]
    try:
        folder = Path(arguments[0]).absolute() / "code"
        slot = begin_code(folder) if stays(arguments[1:]) else current_slot(folder)
        if slot is not None:
            environment |= {"PYTHONPATH": str(folder / slot), CODE_SLOT: slot}
        if any(trial_of(folder.parent / kind) for kind in ("code", "config")):
            command = [sys.executable, "-P", "-c", ON_TRIAL]
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with releases, the gateway starts
        sys.stderr.write(f"seguia launcher: {error!r}; the installed code is started\n")
    os.execve(sys.executable, [*command, *arguments[1:]], environment)  # noqa: S606 -- itself


if __name__ == "__main__":
    main(sys.argv[1:])
