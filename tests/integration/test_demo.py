"""The whole system on one machine, as a newcomer starts it."""

import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    repository = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "seguia", "demo", "--data", str(folder), "--until-sms", *options],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )


@dataclass(frozen=True, kw_only=True)
class Made:
    """A demo that ran to its first SMS, and its folder, which nobody changes."""

    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made") / "demo"
    done = demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return Made(folder=folder, done=done)


def seguia_of(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "seguia", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_from_a_rendered_scene_to_a_delivered_sms(made: Made) -> None:
    done = made.done
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SYNTHETIC scenes" in done.stdout
    assert "photo dates were replaced" in done.stdout
    stored = re.search(r"(\d+) detections stored and acknowledged; (\d+) with an opinion", done.stdout)
    assert stored is not None
    assert stored.group(1) == stored.group(2) == "4"
    assert re.search(r"canopy \d+ to \d+ % of the picture", done.stdout)
    assert "4 without a wilting score: unlike_training" in done.stdout, "drawn scenes are told to be no photos"
    assert "[delivered]" in done.stdout
    assert "irrigate (release)" in done.stdout
    assert "not_planted" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_operators_commands_live_on_the_evening_of_the_demo(made: Made) -> None:
    """Else whatever waits would have expired months ago, or not come yet."""
    listed = seguia_of("cloud", "review", "list", "--data", made.folder / "cloud")
    assert listed.returncode == 0, listed.stderr
    assert re.match(r"[0-9a-f]{12}  2026-08-31  waits  .* h left: ", listed.stdout)
    shown = seguia_of("cloud", "review", "show", listed.stdout[:6], "--data", made.folder / "cloud")
    assert shown.returncode == 0, shown.stderr
    assert "2026-08-31" in shown.stdout


def test_a_demo_can_be_started_again_and_its_ledger_verified(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(made.folder, folder)
    again = demo(folder)
    assert again.returncode == 0, again.stdout + again.stderr
    audit = seguia_of("cloud", "audit", "verify", "--data", folder / "cloud")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_real_photos_go_the_same_way_and_a_broken_one_does_not_stop_them(tmp_path: Path, shared_data: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for source in sorted((shared_data / "imagery" / "soybean_wilting" / "img").glob("*.jpg"))[:5]:
        (photos / source.name).write_bytes(source.read_bytes())
    (photos / "zz-truncated.jpg").write_bytes(next(photos.glob("*.jpg")).read_bytes()[:4000])
    done = demo(tmp_path / "demo", "--photos", str(photos))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 photos of photos" in done.stdout
    assert "zz-truncated.jpg" in done.stdout
    assert "5 detections stored and acknowledged" in done.stdout


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = demo(tmp_path / "demo", "--port", str(port))
    assert done.returncode == 3
    assert f"web port {port}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--photos", "/nowhere"), "expected a folder of JPEG or PNG photos"), (("--photos", "."), "got none")],
)
def test_photos_that_are_not_there_are_wrong_use(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    done = demo(tmp_path / "demo", *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "thesis.txt").write_text("three years of work")
    done = demo(folder)
    assert done.returncode == 2
    assert "choose another" in done.stderr
    assert (folder / "thesis.txt").read_text() == "three years of work"


def test_a_read_only_place_is_one_clear_line() -> None:
    done = demo(Path("/proc/seguia-demo"))
    assert done.returncode == 2
    assert "expected a folder that can be written" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_sample_farm_can_be_read_by_the_public_command(made: Made, tmp_path: Path) -> None:
    inputs = made.folder / "inputs"
    files = {
        "parcels": "parcels.geojson",
        **{name: f"{name}.csv" for name in ("weather", "forecast", "events", "turns", "pumps")},
    }
    given = [word for option, name in files.items() for word in (f"--{option}", inputs / name)]
    done = seguia_of("advise", "--day", "2026-08-30", *given, "--out", tmp_path / "V.jsonl")
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "V.jsonl").read_text(encoding="utf-8").splitlines()) == 12
