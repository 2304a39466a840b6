from pathlib import Path

import pytest

from edge.errors import StoreUnavailableError
from edge.history import CameraMemory, Place
from edge.history_file import MAX_MEMORY_BYTES, CameraMemories


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_memory_comes_back_and_each_camera_has_its_own(tmp_path: Path) -> None:
    told: list[str] = []
    memories = CameraMemories(tmp_path / "cameras", told.append)
    one = CameraMemory(camera_id="north / 1", place=Place(away=2))
    memories.keep(one)
    memories.keep(CameraMemory(camera_id="south"))
    assert CameraMemories(tmp_path / "cameras", told.append).of("north / 1") == one
    assert memories.of("unknown") == CameraMemory(camera_id="unknown")
    assert len(list((tmp_path / "cameras").iterdir())) == 2
    assert told == []


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff" * 40,
        b'{"version": 2, "camera_id": "C"}',
        b'{"camera_id": "D"}',
        b" " * (MAX_MEMORY_BYTES + 1),
    ],
)
def test_a_damaged_memory_is_kept_aside_told_and_begun_anew(tmp_path: Path, damage: bytes) -> None:
    told: list[str] = []
    memories = CameraMemories(tmp_path, told.append)
    memories.keep(CameraMemory(camera_id="C", place=Place(away=1)))
    path = only_file(tmp_path)
    for number in (1, 2):
        path.write_bytes(damage)
        assert memories.of("C") == CameraMemory(camera_id="C")
        assert path.with_name(f"{path.name}.corrupt-{number}").read_bytes() == damage
        assert not path.exists()
    assert len(told) == 2
    assert "memory of camera C" in told[0]
    assert "begun anew" in told[0]


def test_a_memory_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memories = CameraMemories(tmp_path, print)
    memories.keep(CameraMemory(camera_id="C", place=Place(away=1)))

    def cut(self: Path, target: Path) -> Path:
        raise OSError(5, "power cut")

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(StoreUnavailableError, match="power cut"):
        memories.keep(CameraMemory(camera_id="C", place=Place(away=2)))
    assert memories.of("C").place.away == 1


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "cameras").write_text("in the way")
    memories = CameraMemories(tmp_path / "cameras", print)
    with pytest.raises(StoreUnavailableError, match="cameras"):
        memories.keep(CameraMemory(camera_id="C"))
    with pytest.raises(StoreUnavailableError, match="cameras"):
        memories.of("C")


def test_a_damaged_memory_that_cannot_be_set_aside_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memories = CameraMemories(tmp_path, print)
    memories.keep(CameraMemory(camera_id="C"))
    only_file(tmp_path).write_bytes(b"{")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreUnavailableError, match="read-only"):
        memories.of("C")
