"""``seguia cloud recordings``: what can be played, what cannot, and what to say into the microphone."""

import csv
import io
import json
from pathlib import Path

import pytest

from cloud.errors import ConfigurationError
from cloud.telephone.clips import needed_clips
from tests.office import change, cloud, new_office


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = new_office(tmp_path)
    audio = folder / "audio"
    for clip in needed_clips():
        path = audio / "tachelhit" / f"{clip}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"ID3")
    (audio / "darija").mkdir()
    (audio / "darija" / "irrigate.wav").write_bytes(b"RIFF")
    change(folder, "[sms]", '[telephone]\naudio_dir = "audio"\naudio_url = "https://s.example/audio"\n\n[sms]')
    return folder


def test_each_tongue_says_what_it_lacks_until_somebody_signed(data: Path) -> None:
    done = cloud("recordings", "--data", data)
    darija, tachelhit = (json.loads(line) for line in done.stdout.splitlines())
    assert done.exit_code == 1
    assert (darija["tongue"], darija["clips"], "ask" in darija["missing"]) == ("darija", 1, True)
    assert (tachelhit["tongue"], tachelhit["missing"], tachelhit["signed"]) == ("tachelhit", [], False)
    assert "tachelhit: nobody signed these very files" in done.stderr
    signature = f'[tachelhit]\nreviewed_by = "Invented"\nreviewed_on = 2026-05-01\nsha256 = "{tachelhit["sha256"]}"\n'
    (data / "audio" / "recordings.toml").write_text(signature)
    (data / "audio" / "darija" / "irrigate.wav").unlink()
    done = cloud("recordings", "--data", data)
    assert (done.exit_code, json.loads(done.stdout)["signed"]) == (0, True)


def test_a_script_names_every_clip_in_the_words_of_a_language(data: Path) -> None:
    rows = list(csv.reader(io.StringIO(cloud("recordings", "--script", "ary", "--data", data).stdout)))
    assert rows[0] == ["clip", "says"]
    assert [row[0] for row in rows[1:]] == list(needed_clips())
    assert dict(rows)["hours-2"] == "ساعتين"


def test_a_language_nobody_knows_and_no_folder_are_refused(data: Path) -> None:
    unknown = cloud("recordings", "--script", "klingon", "--data", data)
    assert isinstance(unknown.exception, ConfigurationError)
    change(data, 'audio_dir = "audio"\naudio_url = "https://s.example/audio"\n', "")
    nowhere = cloud("recordings", "--data", data)
    assert isinstance(nowhere.exception, ConfigurationError)
    assert "expected the folder of recordings" in str(nowhere.exception)
