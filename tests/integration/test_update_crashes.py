"""A gateway killed at every step of an update: it boots with a whole release, and the next look ends what was begun."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.slots import Slots
from tests.command_line import REPOSITORY
from tests.release_server import Served, release_server
from tests.release_world import Follower, Maker

OLD = {"canopy/weights": b"old weights " * 4000, "canopy/card.toml": b"old", "same": b"s" * 50_000}
NEW = {"canopy/weights": b"new weights " * 4000, "canopy/card.toml": b"new", "same": b"s" * 50_000, "more/x": b""}

WORKER = """
import json, os, signal, sys
from pathlib import Path
from edge.updates.durable import Disk
from edge.updates.slots import Slots
from tests.release_world import Follower

def work(order, say):
    count = 0
    def at(step):
        nonlocal count
        count += 1
        if count == order["fatal"]:
            os.write(say, step.encode())
            os.kill(os.getpid(), signal.SIGKILL)
    follower = Follower(Path(order["folder"]), order["url"], Path(order["root"]))
    slots = Slots(follower.updates, "models", Disk(at))
    if order["what"] == "update":
        follower.check(at=at).run()
    elif order["what"] == "roll back":
        slots.roll_back("it did not do")
    else:
        slots.keep()
    os.write(say, b"done")

for line in sys.stdin:
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        work(json.loads(line), say)
        os._exit(0)
    os.close(say)
    _, status = os.waitpid(child, 0)
    name = os.read(hear, 200).decode()
    os.close(hear)
    print(json.dumps([os.waitstatus_to_exitcode(status), name]), flush=True)
"""


@pytest.fixture(scope="module")
def workshop() -> Iterator[subprocess.Popen[str]]:
    """A process that has imported everything, and for each order begins another one, which is killed."""
    command = [sys.executable, "-c", WORKER]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def killed_at(workshop: subprocess.Popen[str], follower: Follower, step: int, what: str = "update") -> str:
    """Name of the step at which the process was killed; "done" where it got to its end."""
    assert workshop.stdin is not None
    assert workshop.stdout is not None
    order = {"folder": str(follower.folder), "url": follower.url, "root": str(follower.root)}
    workshop.stdin.write(json.dumps({**order, "fatal": step, "what": what}) + "\n")
    workshop.stdin.flush()
    code, name = json.loads(workshop.stdout.readline())
    assert code == (0 if name == "done" else -signal.SIGKILL), name
    return str(name)


def what_boots(follower: Follower) -> dict[str, bytes] | None:
    """The release that the next start runs, read file by file; None where it is what came with the device."""
    slot = launcher.begin(follower.updates / "models")
    if slot is None:
        return None
    folder = follower.updates / "models" / slot
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != launcher.COMPLETE
    }


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    maker = Maker(tmp_path / "repository").begin()
    maker.publish(bundle_of("models", "1", OLD))
    return maker


@pytest.fixture
def served(maker: Maker) -> Iterator[Served]:
    with release_server(maker.public) as server:
        yield server


@pytest.fixture
def settled(tmp_path: Path, maker: Maker, served: Served) -> Follower:
    """A gateway on which the old release passed its trial, and the new one is public."""
    root = tmp_path / "root.json"
    shutil.copy(maker.metadata("1.root.json"), root)
    follower = Follower(tmp_path / "gateway", served.url, root)
    assert follower.look()["models"].state == "placed"
    follower.settle()
    maker.publish(bundle_of("models", "2", NEW))
    return follower


def copied(follower: Follower, folder: Path) -> Follower:
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(follower.folder, folder, symlinks=True)
    return Follower(folder, follower.url, follower.root)


def test_killed_at_every_step_of_an_update_it_boots_and_the_next_look_ends_it(
    settled: Follower, tmp_path: Path, workshop: subprocess.Popen[str]
) -> None:
    seen = []
    step = 0
    while True:
        step += 1
        gateway = copied(settled, tmp_path / "try")
        name = killed_at(workshop, gateway, step)
        booted = what_boots(gateway)
        if name == "done":
            break
        seen.append(name)
        assert booted in (OLD, NEW), f"killed at {name}: neither release is whole"
        outcome = gateway.look()["models"]
        assert outcome.state in {"placed", "newest"}, f"killed at {name}: {outcome.text}"
        assert what_boots(gateway) == NEW, f"killed at {name}"
        assert gateway.slots("models").trial() is not None, f"killed at {name}: never without a trial"
    assert len(seen) > 30
    kinds = {name.split()[0] for name in seen}
    assert kinds >= {"write", "move", "wrote", "point", "swap", "pointed", "clear", "fill", "keep", "try", "list"}


def test_killed_at_every_step_of_going_back_it_boots_and_goes_back(
    settled: Follower, tmp_path: Path, workshop: subprocess.Popen[str]
) -> None:
    settled.look()
    assert what_boots(settled) == NEW
    steps = 0
    while True:
        steps += 1
        gateway = copied(settled, tmp_path / "try")
        name = killed_at(workshop, gateway, steps, "roll back")
        booted = what_boots(gateway)
        assert booted in (OLD, NEW), name
        if name == "done":
            assert booted == OLD
            break
        slots = gateway.slots("models")
        slots.roll_back("it did not do")
        assert what_boots(gateway) == OLD, name
        assert gateway.look()["models"].state == "refused", f"killed at {name}: what went is not taken again"
    assert steps > 5


def test_killed_while_a_trial_ends_well_the_release_stays(
    settled: Follower, tmp_path: Path, workshop: subprocess.Popen[str]
) -> None:
    settled.look()
    for step in (1, 2):
        gateway = copied(settled, tmp_path / "try")
        assert killed_at(workshop, gateway, step, "keep").startswith("remove")
        assert what_boots(gateway) == NEW


@pytest.mark.parametrize("damage", ["link", "manifest", "trial", "refused"])
def test_a_damaged_mark_never_keeps_a_gateway_from_starting(damage: str, settled: Follower) -> None:
    settled.look()
    folder = settled.updates / "models"
    if damage == "link":
        (folder / launcher.CURRENT).unlink()
        (folder / launcher.CURRENT).symlink_to("nowhere")
    elif damage == "manifest":
        (folder / "b" / launcher.COMPLETE).unlink()
    else:
        (folder / f"{damage}.json").write_bytes(b"\x00{half")
    assert what_boots(settled) in (None, NEW)
    assert settled.look()["models"].state in {"placed", "newest"}
    assert what_boots(settled) == NEW


def test_every_move_is_of_a_file_that_is_on_the_medium_and_is_itself_brought_there(
    settled: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill cannot show: the order that a power cut asks for."""
    log: list[tuple[str, str]] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        log.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        real_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        log.append(("move", f"{self}>{target}"))
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    settled.look()
    marks = 0
    for place, (what, name) in enumerate(log):
        source, _, target = name.partition(">")
        if what != "move" or "/blocks/" in name:  # a block is known by its hash: a lost one is fetched again
            continue
        marks += 1
        if not Path(target).is_symlink():
            assert ("sync", source) in log[:place], f"{target} was moved before it was on the medium"
        assert ("sync", str(Path(target).parent)) in log[place:], f"{target} may be lost"
    assert marks >= 6
    slot = settled.slots("models").active
    assert slot is not None
    whole = next(
        place for place, (what, name) in enumerate(log) if what == "move" and name.endswith(f"/{launcher.COMPLETE}")
    )
    for path in slot.rglob("*"):
        if path.is_file() and path.name != launcher.COMPLETE:
            assert ("sync", str(path)) in log[:whole], f"{path} was not on the medium when the slot was called whole"


CODE = """
import json, os, sys
print(json.dumps({"slot": os.environ.get("SEGUIA_CODE_SLOT"), "arguments": sys.argv[1:], "says": %r}))
sys.exit(%d)
"""


def start(updates: Path, *arguments: str) -> dict[str, object]:
    """Start by the launcher as a service manager does."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "edge.updates.launcher", str(updates), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    last = done.stdout.strip().splitlines()
    try:
        return {**json.loads(last[-1]), "code": done.returncode}
    except (ValueError, IndexError):
        installed = "Seguia" in done.stdout or "gateway.toml: no such file" in done.stderr
        return {"says": "installed" if installed else done.stderr, "code": done.returncode}


def code_slot(updates: Path, slot: str, says: str, code: int = 0) -> None:
    folder = updates / "code" / slot
    folder.mkdir(parents=True)
    (folder / "seguia.py").write_text(CODE % (says, code), encoding="utf-8")
    bundle = bundle_of("code", says, {"seguia.py": (folder / "seguia.py").read_bytes()})
    (folder / launcher.COMPLETE).write_bytes(bundle.listed)


def test_the_launcher_starts_what_is_in_place(tmp_path: Path) -> None:
    assert start(tmp_path, "--help")["says"] == "installed"
    code_slot(tmp_path, "a", "first")
    slots = Slots(tmp_path, "code")
    slots.put_on_trial("a", heard_before=False)
    assert start(tmp_path, "gateway", "run") == {
        "slot": "a",
        "arguments": ["gateway", "run"],
        "says": "first",
        "code": 0,
    }


def test_code_on_trial_that_does_not_start_is_taken_back(tmp_path: Path) -> None:
    code_slot(tmp_path, "a", "first")
    slots = Slots(tmp_path, "code")
    slots.put_on_trial("a", heard_before=False)
    slots.keep()
    code_slot(tmp_path, "b", "broken", 1)
    slots.put_on_trial("b", heard_before=False)
    assert [start(tmp_path, "gateway", "run")["says"] for _ in range(5)] == ["broken"] * 3 + ["first"] * 2
    (refusal,) = slots.refused()
    assert (refusal.release, refusal.why) == ("broken", "started 3 times without one healthy minute")


def test_code_that_rotted_long_after_its_trial_gives_way_to_the_other_and_to_what_was_installed(tmp_path: Path) -> None:
    code_slot(tmp_path, "a", "first", 1)
    code_slot(tmp_path, "b", "second", 1)
    slots = Slots(tmp_path, "code")
    slots.put_on_trial("b", heard_before=False)
    slots.keep()
    said = [start(tmp_path, "gateway", "run")["says"] for _ in range(10)]
    assert said == ["second"] * 3 + ["first"] * 3 + ["installed"] * 3 + ["second"]


@pytest.mark.parametrize("what", [b"", b"\x00\xff", b"[]", b'{"slot": "b", "boots": "many"}'])
def test_the_launcher_survives_any_mark(what: bytes, tmp_path: Path) -> None:
    code_slot(tmp_path, "a", "first")
    slots = Slots(tmp_path, "code")
    slots.put_on_trial("a", heard_before=False)
    for name in (launcher.TRIAL, launcher.REFUSED, launcher.STARTS):
        (tmp_path / "code" / name).write_bytes(what)
    assert start(tmp_path)["says"] == "first"
    assert start(tmp_path / "absent", "--help")["says"] == "installed"


def test_the_launcher_needs_nothing_of_ours(repository: Path) -> None:
    text = (repository / "edge" / "updates" / "launcher.py").read_text(encoding="utf-8")
    assert "edge." not in "".join(line for line in text.splitlines() if line.startswith(("import", "from")))
    assert len(text.splitlines()) < 250
