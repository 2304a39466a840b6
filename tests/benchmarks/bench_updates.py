"""What a release costs on the wire and on the gateway: bytes in full, changed only, broken off; time and memory."""

import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.card import packaged_models
from edge.errors import RepositoryUnavailableError
from edge.updates.bundle import Kind, bundle_of
from tests.benchmarks.figure import Figure
from tests.release_server import Served, release_server
from tests.release_world import Follower, Maker

MODELS: Final = ("canopy", "scene", "wilting")
CHANGED_FILES: Final = 20
_NOTE: Final = "weights as if trained anew: each byte changed, as compressible as before"


@dataclass(frozen=True)
class _World:
    maker: Maker
    served: Served
    follower: Follower

    def cost(self, kind: Kind, release: str, files: Mapping[str, bytes]) -> tuple[int, float]:
        """Publish and take a release; bytes spent, requests with 300 bytes each, and seconds."""
        self.maker.publish(bundle_of(kind, release, files))
        return self.take()

    def take(self) -> tuple[int, float]:
        check = self.follower.check()
        begun_s = time.perf_counter()
        try:
            check.run()
        finally:
            took_s = time.perf_counter() - begun_s
        self.follower.settle()
        return check.spent, took_s


def figures() -> Iterator[Figure]:
    """Releases of the installed models and of this checkout's gateway code, over HTTP on loopback."""
    yield from _models()
    yield from _code()
    yield from _process()


@contextlib.contextmanager
def _world() -> Iterator[_World]:
    with tempfile.TemporaryDirectory() as folder:
        maker = Maker(Path(folder) / "repository").begin()
        with release_server(maker.public) as served:
            yield _World(maker, served, Follower(Path(folder) / "gateway", served.url, maker.metadata("1.root.json")))


def _models() -> Iterator[Figure]:
    first, second = _weights(0x55), {**_weights(0x55), **_weights(0x33, ("wilting",))}
    with _world() as world:
        full, took_s = world.cost("models", "1", first)
        yield Figure(
            name="release of three models, in full", value=full / 1e3, unit="kB", note=f"{took_s:.2f} s; {_NOTE}"
        )
        cost, took_s = world.cost("models", "2", second)
        yield Figure(name="release of three models, one changed", value=cost / 1e3, unit="kB", note=f"{took_s:.2f} s")
        cost, took_s = world.take()
        yield Figure(name="look without anything new", value=cost / 1e3, unit="kB", note=f"{took_s:.2f} s")
    with _world() as world:
        world.served.mischief.cut_after = full // 2
        world.maker.publish(bundle_of("models", "1", first))
        before = world.follower.check()
        with contextlib.suppress(RepositoryUnavailableError):
            before.run()
        world.served.mischief.cut_after = None
        rest, took_s = world.take()
        yield Figure(
            name="release of three models, cut at half and taken up again",
            value=(before.spent + rest) / 1e3,
            unit="kB",
            note=f"{before.spent / 1e3:.0f} kB before, {rest / 1e3:.0f} kB after; {took_s:.2f} s",
        )


def _code() -> Iterator[Figure]:
    room = packaged_models().parent
    files = {str(path.relative_to(room)): path.read_bytes() for path in sorted((room / "edge").rglob("*.py"))}
    files["seguia.py"] = (room / "seguia.py").read_bytes()
    fresh = {name: b"# of another release\n" + content for name, content in files.items()}
    chosen = sorted(files)[:: max(1, len(files) // CHANGED_FILES)][:CHANGED_FILES]
    with _world() as world:
        cost, took_s = world.cost("code", "1", fresh)
        note = f"{len(files)} files, {sum(map(len, files.values())) / 1e3:.0f} kB of Python; {took_s:.2f} s"
        yield Figure(name="release of the gateway's code, in full", value=cost / 1e3, unit="kB", note=note)
        changed = {name: content + b"# changed\n" if name in chosen else content for name, content in fresh.items()}
        cost, took_s = world.cost("code", "2", changed)
        name = f"release of the gateway's code, {len(chosen)} files changed"
        yield Figure(name=name, value=cost / 1e3, unit="kB", note=f"{took_s:.2f} s")


def _process() -> Iterator[Figure]:
    """What a gateway pays beside its daemon while a release is tried out."""
    begun_s = time.perf_counter()
    before_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(
        [sys.executable, "-P", "-m", "edge.updates.selftest"],
        input=json.dumps({"models": str(packaged_models())}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    took_s = time.perf_counter() - begun_s
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    said = (
        "or less" if peak_kb == before_kb else f"{json.loads(done.stdout)['slowest_s']:.2f} s for the slowest picture"
    )
    yield Figure(name="trial run, peak memory of its process", value=peak_kb / 1024, unit="MB", note=said)
    yield Figure(name="trial run of models and code", value=took_s, unit="s")


def _weights(key: int, names: tuple[str, ...] = MODELS) -> dict[str, bytes]:
    return {
        f"{name}/{path.name}": bytes(byte ^ key for byte in path.read_bytes())
        if path.suffix == ".onnx"
        else path.read_bytes()
        for name in names
        for path in sorted((packaged_models() / name).iterdir())
        if path.suffix == ".onnx" or path.name == "card.toml"
    }
