"""Files of proof on disk: the same content gives the same bytes, and what is none of ours is refused."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from cloud.adapters import bundle_file
from cloud.adapters.bundle_file import check_name, read_bundle, write_bundle
from cloud.errors import ConfigurationError, InputError

FILES = {"b.json": b"{}", "inputs/a.csv": "été".encode(), "empty": b""}


@pytest.mark.parametrize("name", ["p.zip", "p.tar", "P.ZIP"])
def test_files_come_back_and_are_the_same_bytes_each_time(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    check_name(path)
    write_bundle(path, FILES)
    assert read_bundle(path) == FILES
    first = path.read_bytes()
    write_bundle(path, dict(reversed(FILES.items())))
    assert path.read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_other_names_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ends in \.zip or \.tar"):
        check_name(tmp_path / "p.gz")
    with pytest.raises(InputError, match="expected a file that can be written"):
        write_bundle(tmp_path / "absent" / "p.zip", FILES)
    with pytest.raises(InputError, match="cannot be read"):
        read_bundle(tmp_path / "absent.zip")


def test_two_files_of_one_name_a_link_and_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice, link = tmp_path / "twice.tar", tmp_path / "link.tar"
    with tarfile.open(twice, "w") as file:
        for _ in range(2):
            file.addfile(tarfile.TarInfo("a"), io.BytesIO())
    with tarfile.open(link, "w") as file:
        one = tarfile.TarInfo("manifest.json")
        one.type, one.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(one)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as many:
        for number in range(201):
            many.writestr(str(number), b"")
    for name in ("twice.tar", "link.tar", "many.zip"):
        with pytest.raises(InputError, match="expected a file of proof"):
            read_bundle(tmp_path / name)
    write_bundle(tmp_path / "large.zip", {"a": b"0" * 5000})
    monkeypatch.setattr(bundle_file, "LARGEST_BYTES", 4000)
    with pytest.raises(InputError, match="more than it can hold"):
        read_bundle(tmp_path / "large.zip")


def test_damage_inside_a_compressed_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    write_bundle(path, {"a": b"seguia " * 500})
    content = bytearray(path.read_bytes())
    content[31:45] = b"\xff" * 14
    path.write_bytes(content)
    with pytest.raises(InputError, match="expected a file of proof"):
        read_bundle(path)
    with pytest.raises(InputError, match="no file"):
        read_bundle(Path("/dev/null"))


def test_nothing_stands_before_the_first_file(tmp_path: Path) -> None:
    """A TAR of other content with a true ZIP behind it would show one thing and prove another."""
    write_bundle(tmp_path / "true.zip", FILES)
    write_bundle(tmp_path / "false.tar", {"a": b"swapped"})
    both = tmp_path / "both.tar"
    both.write_bytes((tmp_path / "false.tar").read_bytes() + (tmp_path / "true.zip").read_bytes())
    with pytest.raises(InputError, match="before its first file"):
        read_bundle(both)


@pytest.mark.parametrize("size", ["-1", "-512", "-1024", "-1536"])
def test_a_size_below_nothing_ends_the_reading(size: str, tmp_path: Path) -> None:
    path = tmp_path / "p.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as file:
        one = tarfile.TarInfo("a")
        one.size, one.pax_headers = 3, {"size": size}
        file.addfile(one, io.BytesIO(b"abc"))
    with pytest.raises(InputError, match="a size below nothing"):
        read_bundle(path)


def test_a_link_that_waits_under_a_foreseen_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    (tmp_path / f"p.zip.{os.getpid()}.half").symlink_to(victim)
    write_bundle(tmp_path / "p.zip", FILES)
    assert victim.read_text(encoding="utf-8") == "mine"
