from pathlib import Path

import pytest

from cloud.adapters.files.recordings import read_recordings
from cloud.errors import ConfigurationError


def record(folder: Path, name: str, content: bytes = b"RIFF") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def sign(folder: Path, tongue: str, sha256: str) -> None:
    text = f'[{tongue}]\nreviewed_by = "Invented Reader"\nreviewed_on = 2026-05-01\nsha256 = "{sha256}"\n'
    (folder / "recordings.toml").write_text(text)


def test_clips_are_sound_files_of_known_tongues(tmp_path: Path) -> None:
    for name in ("tachelhit/irrigate.mp3", "tachelhit/n-7.wav", "klingon/irrigate.mp3", "tachelhit/notes.txt"):
        record(tmp_path, name)
    record(tmp_path, "tachelhit/empty.mp3", b"")
    (found,) = read_recordings(tmp_path)
    assert (found.tongue, sorted(found.files), found.signed) == ("tachelhit", ["irrigate", "n-7"], False)
    assert "n-7" not in found.missing
    assert "hours-3" in found.missing


def test_a_signature_holds_for_the_very_files_that_were_heard(tmp_path: Path) -> None:
    record(tmp_path, "darija/irrigate.mp3")
    (before,) = read_recordings(tmp_path)
    sign(tmp_path, "darija", before.sha256)
    assert read_recordings(tmp_path)[0].signed
    record(tmp_path, "darija/irrigate.mp3", b"something else")
    assert not read_recordings(tmp_path)[0].signed
    record(tmp_path, "darija/irrigate.mp3")
    record(tmp_path, "darija/wait.mp3")
    assert not read_recordings(tmp_path)[0].signed


def test_an_empty_or_absent_folder_has_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "french").mkdir()
    assert read_recordings(tmp_path) == ()
    assert read_recordings(tmp_path / "nowhere") == ()


def test_a_file_in_a_folders_place_is_named(tmp_path: Path) -> None:
    record(tmp_path, "arabic")
    with pytest.raises(ConfigurationError, match=r"telephone\.audio_dir .*arabic: cannot be read"):
        read_recordings(tmp_path)


@pytest.mark.parametrize(
    "text", ["[darija", '[klingon]\nreviewed_by = "x"', '[darija]\nreviewed_by = "x"\nreviewed_on = 2026-05-01\n']
)
def test_signatures_that_cannot_be_read_are_named(tmp_path: Path, text: str) -> None:
    record(tmp_path, "darija/irrigate.mp3")
    (tmp_path / "recordings.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"recordings\.toml: expected a table with reviewed_by"):
        read_recordings(tmp_path)
