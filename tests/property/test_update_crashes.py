"""However often and wherever an update is broken off: a whole release boots, and in the end the newest one runs."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.trial import Trial
from tests.release_server import release_server
from tests.release_world import Follower, Maker

OLD = {"canopy/weights": b"old weights " * 4000, "same": b"s" * 20_000}
NEW = {"canopy/weights": b"new weights " * 4000, "same": b"s" * 20_000, "more/x": b""}


class KilledError(BaseException):
    """The end of a process: nothing after it reaches the disk."""


class Fate:
    """Ends the process at one step; a dead one takes no further step."""

    def __init__(self, fatal: int) -> None:
        self.left = fatal

    def __call__(self, _step: str) -> None:
        self.left -= 1
        if self.left <= 0:
            raise KilledError


@pytest.fixture(scope="module")
def template() -> Iterator[Follower]:
    """A gateway that runs the old release, while the new one is public."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        maker = Maker(folder / "repository").begin()
        maker.publish(bundle_of("models", "1", OLD))
        with release_server(maker.public) as served:
            follower = Follower(folder / "gateway", served.url, maker.metadata("1.root.json"))
            follower.look()
            follower.settle()
            maker.publish(bundle_of("models", "2", NEW))
            yield follower


def booted(follower: Follower) -> dict[str, bytes]:
    slot = launcher.current_slot(follower.updates / "models")
    assert slot is not None
    folder = follower.updates / "models" / slot
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != launcher.COMPLETE]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=4))
def test_broken_off_again_and_again_the_newest_release_runs_in_the_end(template: Follower, fates: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(template.folder, Path(name) / "gateway", symlinks=True)
        follower = Follower(Path(name) / "gateway", template.url, template.root)
        for fate in fates:
            with suppress(KilledError):
                follower.check(at=Fate(fate)).run()
            assert booted(follower) in (OLD, NEW)
        assert follower.look()["models"].state in {"placed", "newest"}
        assert booted(follower) == NEW
        trial = follower.slots("models").trial()
        assert isinstance(trial, Trial)
        assert trial.before is not None
        follower.slots("models").roll_back("it did not do")
        assert booted(follower) == OLD
