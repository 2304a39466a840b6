"""A sealed archive comes back whole, byte for byte, or not at all."""

import io
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.adapters.backup.archive import Piece, unpack, writing
from cloud.adapters.backup.manifest import NAME, Held, Manifest
from cloud.adapters.backup.seal import create_identity, opening, read_identity, read_recipients, sealing
from cloud.errors import CloudError, ConfigurationError, IntegrityError

MADE = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


def manifest(files: Sequence[Held], **changes: object) -> Manifest:
    values = {"made_at": MADE, "organisation": "office", "software": "seguia 1", "database": "sqlite", "entries": 0}
    return Manifest.model_validate({**values, "head": "0" * 64, "files": list(files), **changes})


def packed(folder: Path, contents: dict[str, bytes], **changes: object) -> bytes:
    stream = io.BytesIO()
    with writing(stream) as archive:
        for name, content in contents.items():
            path = folder / "piece"
            path.write_bytes(content)
            assert archive.took(Piece(name=name, path=path))
        archive.finish(manifest(archive.held, **changes))
    return stream.getvalue()


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


@given(content=st.binary(max_size=200_000))
@settings(max_examples=10, deadline=None)
def test_what_is_sealed_opens_to_the_same(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("seal")
    public = create_identity(folder / "key")
    with sealing(folder / "sealed", read_recipients([public])) as stream:
        stream.write(content)
    with opening(folder / "sealed", read_identity(folder / "key")) as stream:
        assert stream.read() == content
    assert (folder / "sealed").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    public = create_identity(tmp_path / "key")
    path = tmp_path / "sealed"
    with sealing(path, read_recipients([public])) as stream:
        stream.write(packed(tmp_path, {"a": b"one" * 50_000, "data/b": b""}))
    return path


def opened(path: Path, key: Path, folder: Path) -> Manifest:
    with opening(path, read_identity(key)) as stream:
        return unpack(stream, folder, subject="backup")


def test_an_archive_comes_back_with_its_manifest(sealed: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    found = opened(sealed, tmp_path / "key", room)
    assert [one.name for one in found.files] == ["a", "data/b"]
    assert (room / "a").read_bytes() == b"one" * 50_000
    assert (room / "data/b").read_bytes() == b""
    assert (room / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", [0.0, 0.05, 0.5, 0.99])
def test_a_file_cut_short_is_refused_wherever_it_is_cut(sealed: Path, tmp_path: Path, kept: float) -> None:
    content = sealed.read_bytes()
    sealed.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(IntegrityError, match="expected a whole backup sealed to this key"):
        opened(sealed, tmp_path / "key", tmp_path / "room")


@pytest.mark.parametrize("place", [0.3, 0.6, 0.999])
def test_a_changed_byte_is_refused(sealed: Path, tmp_path: Path, place: float) -> None:
    content = bytearray(sealed.read_bytes())
    content[int(place * len(content))] ^= 1
    sealed.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match="expected a whole backup"):
        opened(sealed, tmp_path / "key", tmp_path / "room")


def test_another_key_opens_nothing(sealed: Path, tmp_path: Path) -> None:
    create_identity(tmp_path / "other")
    with pytest.raises(IntegrityError, match="sealed to this key"):
        opened(sealed, tmp_path / "other", tmp_path / "room")


def look_and_stop(path: Path, key: Path) -> None:
    with opening(path, read_identity(key)) as stream:
        stream.read(1)
        raise ValueError("seen enough")


def test_who_stops_reading_is_told_his_own_reason(sealed: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seen enough"):
        look_and_stop(sealed, tmp_path / "key")


def write_and_stop(path: Path, public: str) -> None:
    with sealing(path, read_recipients([public])) as stream:
        stream.write(b"x" * 3_000_000)
        raise ValueError("half way")


def test_what_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    public = create_identity(tmp_path / "key")
    with pytest.raises(ValueError, match="half way"):
        write_and_stop(tmp_path / "s", public)
    assert not (tmp_path / "s").exists()


def test_a_sealed_file_is_never_written_over(sealed: Path) -> None:
    before = sealed.read_bytes()
    with pytest.raises(FileExistsError), sealing(sealed, []):
        pass
    assert sealed.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("nothing", 0o600, "expected one line"),
        ("AGE-SECRET-KEY-1QQQ\n", 0o600, "got a damaged one"),
        ("AGE-SECRET-KEY-1QQQ\n", 0o644, "expected 0600"),
    ],
)
def test_a_key_file_that_is_none_is_refused(tmp_path: Path, text: str, mode: int, said: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=said):
        read_identity(path)


def test_a_recipient_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected public keys age1"):
        read_recipients(["age1qqqq"])
    assert create_identity(tmp_path / "key").startswith("age1")
    with pytest.raises(CloudError, match="never overwritten"):
        create_identity(tmp_path / "key")


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "..", "data/../../x"])
def test_no_member_leaves_its_folder(tmp_path: Path, name: str) -> None:
    room = tmp_path / "room"
    with pytest.raises(IntegrityError, match="expected a place inside"):
        unpack(tar_of((tarfile.TarInfo(name), b"x")), room, subject="backup")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_only_plain_files_are_taken(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("a")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(IntegrityError, match=r"expected a plain file|expected a whole backup"):
        unpack(tar_of((member, b"")), tmp_path / "room", subject="backup")
    assert not (tmp_path / "room" / "a").exists()


def test_an_archive_without_a_manifest_is_none(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="expected a manifest at its end"):
        unpack(tar_of((tarfile.TarInfo("a"), b"x")), tmp_path / "room", subject="backup")


def test_a_manifest_that_names_other_files_is_not_believed(tmp_path: Path) -> None:
    said = manifest([Held(name="a", size=1, sha256="0" * 64)]).model_dump_json().encode()
    stream = tar_of((tarfile.TarInfo("a"), b"x"), (tarfile.TarInfo(NAME), said))
    with pytest.raises(IntegrityError, match="expected a as the manifest says"):
        unpack(stream, tmp_path / "room", subject="backup")


def test_a_later_layout_is_left_to_a_later_version(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="layout 2"):
        unpack(io.BytesIO(packed(tmp_path, {}, layout=2)), tmp_path / "room", subject="backup")


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    with writing(io.BytesIO()) as archive:
        assert not archive.took(Piece(name="a", path=tmp_path / "gone"))
        assert archive.held == []
