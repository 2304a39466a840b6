"""``seguia detect`` as a user runs it: one line for each file, masks, exit codes and one clear line per trouble."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from edge.commands import inspection
from edge.commands.detect import app
from edge.errors import EdgeError

KEYS = [
    "path",
    "sha256",
    "taken_at",
    "camera_id",
    "model",
    "opinion",
    "reasons",
    "canopy_cover_fraction",
    "wilting_score",
    "wilting_probability",
    "stress_index",
    "stress_sigma",
    "canopy_temperature_c",
    "cwsi",
    "cwsi_method",
    "basis",
    "quality",
    "elapsed_ms",
    "clock_quality",
    "looks_down",
    "parcel_id",
    "wilting_low",
    "wilting_high",
    "wilting_since_dawn",
    "ndvi",
    "ndre",
    "osavi",
]
WEATHER = {
    "air_temperature_c": 30,
    "relative_humidity_percent": 40,
    "wind_speed_m_s": 2,
    "radiation_w_m2": 800,
    "station": "x",
}


class Run:
    """A finished run of the command, its errors told as the front door tells them."""

    def __init__(self, repository: Path, *arguments: str | Path, models: Path | None = None) -> None:
        chosen = models or repository / "tests" / "fixtures" / "models"
        done = CliRunner().invoke(app, [*map(str, arguments), "--models", str(chosen)])
        self.errors = done.stderr.splitlines()
        self.exit_code = done.exit_code
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            assert isinstance(done.exception, EdgeError), done.exception
            self.errors.append(f"seguia: {done.exception}")
            self.exit_code = done.exception.exit_code
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]


def shell(repository: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, str(repository / "seguia.py"), "detect", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def field() -> NDArray[np.uint8]:
    """Synthetic: textured soil, green on its left half (blue first, as OpenCV writes)."""
    tone: NDArray[np.float64] = 120 + np.random.default_rng(1).normal(0, 42, (240, 320, 1))
    image: NDArray[np.float64] = tone * np.array([0.75, 0.95, 1.1])
    image[:, :160] = (tone * np.array([0.55, 1.3, 0.7]))[:, :160]
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def thermal() -> NDArray[np.float32]:
    """Synthetic: canopy of 29 deg C beside soil of 44."""
    scene = np.full((60, 80), 44.0, np.float32)
    scene[:, :40] = 29.0
    return scene


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    cv2.imwrite(str(path), field())
    return path


def test_each_file_gets_one_line_in_input_order_with_all_keys(repository: Path, tmp_path: Path, photo: Path) -> None:
    scene, dark = tmp_path / "a scene.tif", tmp_path / "dark.png"
    cv2.imwrite(str(scene), thermal())
    cv2.imwrite(str(dark), (field() * 0.2).astype(np.uint8))
    run = Run(repository, scene, photo, dark, "--crop", "soybean", "--mask-dir", tmp_path / "masks")
    assert (run.exit_code, run.errors) == (0, [])
    assert [line["path"] for line in run.lines] == [str(scene), str(photo), str(dark)]
    assert all(list(line) == KEYS for line in run.lines)
    heat, green, night = run.lines
    assert heat["canopy_temperature_c"] == pytest.approx(29.0, abs=0.01)
    assert (heat["basis"], heat["wilting_score"], heat["cwsi"]) == (["thermal"], None, None)
    assert {"no_weather", "no_radiometric_calibration"} <= set(heat["reasons"])
    assert (green["opinion"], green["basis"]) == (True, ["rgb"])
    assert green["model"]["name"] == "wilting"
    assert 0 <= green["wilting_probability"] <= 1
    assert green["stress_index"] is None
    assert (night["opinion"], night["canopy_cover_fraction"]) == (False, None)
    assert "dark" in night["reasons"]
    assert all(line["elapsed_ms"] > 0 for line in run.lines)
    for name, shape in (("a scene", (60, 80)), ("photo", (240, 320)), ("dark", (240, 320))):
        mask = cv2.imread(str(tmp_path / "masks" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert mask is not None
        assert mask.shape == shape
        assert set(np.unique(mask)) <= {0, 255}
    left = cv2.imread(str(tmp_path / "masks" / "photo.png"), cv2.IMREAD_UNCHANGED)
    assert left is not None
    assert np.mean(np.asarray(left)[:, :140] == 255) > 0.95
    assert np.mean(np.asarray(left)[:, 180:] == 255) < 0.05


def test_bad_files_are_named_and_the_others_answered(repository: Path, tmp_path: Path, photo: Path) -> None:
    cut, empty, text, counts = (tmp_path / name for name in ("cut.jpg", "empty.jpg", "text.jpg", "counts.tif"))
    cut.write_bytes(photo.read_bytes()[:9000])
    empty.write_bytes(b"")
    text.write_text("not a picture")
    cv2.imwrite(str(counts), np.full((20, 20), 21_000, np.uint16))
    absent = tmp_path / "absent.jpg"
    bad = [cut, empty, text, counts, absent]
    run = Run(repository, *bad, photo, "--mask-dir", tmp_path / "masks")
    assert run.exit_code == 1
    assert len(run.errors) == len(bad)
    for path, error in zip(bad, run.errors, strict=True):
        assert error.startswith(f"seguia detect: {path}: expected ")
    assert [line["path"] for line in run.lines] == [str(path) for path in (*bad, photo)]
    assert all(list(line) == KEYS for line in run.lines)
    assert [line["opinion"] for line in run.lines] == [False] * len(bad) + [True]
    assert [line["reasons"] for line in run.lines[:5]] == [["unreadable"]] * 3 + [["bands_unknown"]] + [["unreadable"]]
    assert run.lines[4]["sha256"] is None
    assert len(run.lines[1]["sha256"]) == 64
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["photo.png"]


def test_a_camera_file_a_weather_file_and_a_table_are_used(repository: Path, tmp_path: Path) -> None:
    scene = tmp_path / "scene.tif"
    cv2.imwrite(str(scene), (thermal() * 1000).astype(np.uint16))
    (tmp_path / "camera.toml").write_text(
        'temperature_unit = "milli_deg_c"\nradiometric_calibration = true\nparcel_id = "P7"\n'
    )
    (tmp_path / "W.json").write_text(json.dumps(WEATHER))
    (tmp_path / "M.csv").write_text("path,taken_at,camera_id\nscene.tif,2024-07-01T13:00:00+01:00,mast-2\n")
    run = Run(
        repository,
        scene,
        *("--crop", "soybean"),
        *("--camera", tmp_path / "camera.toml"),
        *("--weather", tmp_path / "W.json"),
        *("--metadata", tmp_path / "M.csv"),
    )
    assert run.exit_code == 0
    assert run.errors == [f"seguia detect: {tmp_path / 'W.json'}: ignored fields: station"]
    (line,) = run.lines
    assert (line["taken_at"], line["camera_id"], line["clock_quality"]) == (
        "2024-07-01T12:00:00Z",
        "mast-2",
        "metadata",
    )
    assert line["parcel_id"] == "P7"
    assert line["cwsi_method"] == "empirical"
    assert 0 <= line["cwsi"] <= 1


def test_a_sidecar_speaks_and_a_damaged_one_is_named(repository: Path, photo: Path) -> None:
    photo.with_suffix(".json").write_text('{"taken_at": "2024-07-01T12:00:00Z", "camera_id": "c"}')
    (line,) = Run(repository, photo).lines
    assert (line["taken_at"], line["clock_quality"], line["camera_id"]) == ("2024-07-01T12:00:00Z", "sidecar", "c")
    photo.with_suffix(".json").write_text("{")
    run = Run(repository, photo)
    assert run.exit_code == 1
    assert "photo.json: expected a sidecar" in run.errors[0]


def test_a_folder_stands_for_its_pictures_sorted(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "day"
    folder.mkdir()
    for name in ("b.png", "a.jpg"):
        cv2.imwrite(str(folder / name), field())
    (folder / "notes.txt").write_text("windy")
    (tmp_path / "none").mkdir()
    run = Run(repository, folder, tmp_path / "none")
    assert [Path(line["path"]).name for line in run.lines] == ["a.jpg", "b.png"]
    assert run.exit_code == 1
    assert len(run.errors) == 1
    assert f"{tmp_path / 'none'}: expected pictures" in run.errors[0]


def test_a_folder_that_cannot_be_listed_is_named(
    repository: Path, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    run = Run(repository, tmp_path, photo)
    assert run.exit_code == 1
    assert len(run.lines) == 1
    assert run.errors == [f"seguia detect: {tmp_path}: expected a folder that can be listed, got Permission denied"]


def test_grids_stand_beside_no_photo_and_say_what_is_unknown(repository: Path, tmp_path: Path, photo: Path) -> None:
    scene = tmp_path / "scene.tif"
    cv2.imwrite(str(scene), thermal())
    run = Run(repository, scene, photo, "--grid-dir", tmp_path / "grids")
    assert run.exit_code == 0
    grid, plain = (json.loads((tmp_path / "grids" / f"{name}.json").read_text()) for name in ("scene", "photo"))
    assert (grid["rows"], grid["columns"], grid["cell_m"]) == (len(grid["stress"]), len(grid["stress"][0]), None)
    assert (grid["stress"][0][0], grid["stress"][0][-1]) == (0.0, None)
    assert (grid["rows_found"], grid["dry_rows"], grid["note"]) == (None, [], "no rows found")
    assert plain["stress"] is None
    beside = Run(repository, scene, "--grid-dir", tmp_path)
    assert beside.exit_code == 1
    assert "choose another --grid-dir" in beside.errors[0]
    assert not (tmp_path / "scene.json").exists()


def test_masks_replace_neither_each_other_nor_an_input(repository: Path, tmp_path: Path, photo: Path) -> None:
    twin = tmp_path / "twin" / "photo.jpg"
    twin.parent.mkdir()
    shutil.copy(photo, twin)
    plain = tmp_path / "plain.png"
    cv2.imwrite(str(plain), field())
    before = plain.read_bytes()
    run = Run(repository, photo, twin, plain, "--mask-dir", tmp_path)
    assert run.exit_code == 1
    assert len(run.lines) == 3
    assert "photo.jpg: mask not written:" in run.errors[0]
    assert "is an input; choose another --mask-dir" in run.errors[1]
    assert plain.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "content", "says"),
    [
        ("--camera", 'lens = "wide"', "lens: "),
        ("--weather", '{"air_temperature_c": 303, "relative_humidity_percent": 40}', "air_temperature_c: "),
        ("--weather", '{"air_temperature_c": 30}', "relative_humidity_percent: Field required"),
        ("--weather", "[1]", "file: "),
        ("--weather", "{", "expected a JSON object"),
        ("--weather", "[" * 100_000, "expected a JSON object"),
        ("--metadata", "when\n", "expected the columns path"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    repository: Path, tmp_path: Path, photo: Path, option: str, content: str, says: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(content)
    run = Run(repository, photo, option, wrong)
    assert run.exit_code == 2
    assert run.lines == []
    assert len(run.errors) == 1
    assert run.errors[0].startswith(f"seguia: {wrong}: ")
    assert says in run.errors[0]


def test_absent_options_models_and_folders_are_told(repository: Path, tmp_path: Path, photo: Path) -> None:
    absent = tmp_path / "absent"
    for option in ("--camera", "--weather", "--metadata"):
        run = Run(repository, photo, option, absent)
        assert run.exit_code == 2
        assert str(absent) in run.errors[0]
    run = Run(repository, photo, "--mask-dir", photo)
    assert run.exit_code == 2
    assert "expected a folder for masks" in run.errors[0]
    run = Run(repository, photo, models=absent)
    assert (run.exit_code, len(run.errors)) == (1, 1)
    assert "name its folder with --models" in run.errors[0]
    assert Run(repository).exit_code == 2


def test_as_a_process_it_helps_answers_and_refuses(repository: Path, photo: Path) -> None:
    helped = shell(repository, "--help")
    assert helped.returncode == 0
    assert "Example: seguia detect" in helped.stdout
    answered = shell(repository, photo, "/nowhere.jpg", "--models", repository / "tests" / "fixtures" / "models")
    assert answered.returncode == 1
    assert [json.loads(line)["opinion"] for line in answered.stdout.splitlines()] == [True, False]
    (line,) = answered.stderr.splitlines()
    assert line == "seguia detect: /nowhere.jpg: expected a picture file, got nothing there; check the path"
    refused = shell(repository, photo, "--camera", photo)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"seguia: {photo}: expected TOML, got ")
    assert len(refused.stderr.splitlines()) == 1


def test_a_mask_that_cannot_be_written_is_named(
    repository: Path, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, __: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    run = Run(repository, photo, "--mask-dir", tmp_path / "masks")
    assert run.exit_code == 1
    assert "photo.png: expected to write a mask, got No space left on device" in run.errors[0]
    assert len(run.lines) == 1


def test_a_reader_that_closes_early_is_no_error_to_look_at(repository: Path, photo: Path) -> None:
    models = repository / "tests" / "fixtures" / "models"
    command = f"'{sys.executable}' '{repository / 'seguia.py'}' detect {' '.join([str(photo)] * 4)} --models '{models}'"
    done = subprocess.run(["bash", "-c", f"{command} | true"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.shared_data
def test_the_vineyard_scene_and_a_field_photo_through_the_installed_models(
    repository: Path, shared_data: Path, tmp_path: Path
) -> None:
    imagery = shared_data / "imagery"
    scene = imagery / "vineyard_rgbn_thermal" / "vineyard_A_2015-06-02_T_degC_0.6m.tif"
    leaves = imagery / "soybean_wilting" / "fullres_sample" / "000941.jpg"
    run = Run(repository, scene, leaves, "--mask-dir", tmp_path, models=repository / "models")
    assert (run.exit_code, run.errors) == (0, [])
    assert run.lines[0]["canopy_temperature_c"] == pytest.approx(30.5, abs=0.5)
    assert run.lines[0]["basis"] == ["thermal"]
    assert run.lines[1]["taken_at"] == "2019-08-22T06:45:55Z"
    assert run.lines[1]["clock_quality"] == "exif"
    assert 0 <= run.lines[1]["wilting_score"] <= 4
    assert "crop_unknown" in run.lines[1]["reasons"]
    mask = cv2.imread(str(tmp_path / "000941.png"), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert mask.shape == (480, 640)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six photos, each with its own grain."""
    place = tmp_path / "photos"
    place.mkdir()
    for number in range(6):
        cv2.imwrite(str(place / f"{number}.jpg"), np.roll(field(), number, axis=0))
    return place


def test_a_stopped_run_goes_on_and_ends_as_if_it_had_not_been_stopped(
    repository: Path, tmp_path: Path, folder: Path
) -> None:
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    assert Run(repository, folder, "--out", whole).exit_code == 0
    expected = [line.partition('"elapsed_ms"')[0] for line in whole.read_text().splitlines()]
    cut = "\n".join(whole.read_text().splitlines()[:3]) + '\n{"path": "' + str(folder)
    out.write_text(cut)
    cv2.imwrite(str(folder / "0.jpg"), np.roll(field(), 9, axis=1))  # another content: to be looked at again
    run = Run(repository, folder, "--out", out, "--resume")
    assert (run.exit_code, run.errors, run.lines) == (0, [], [])
    lines = out.read_text().splitlines()
    assert [Path(json.loads(line)["path"]).name for line in lines] == [f"{number}.jpg" for number in range(6)]
    assert [line.partition('"elapsed_ms"')[0] for line in lines][1:] == expected[1:]
    assert lines[1:3] == whole.read_text().splitlines()[1:3], "not looked at again: the very same time"
    assert json.loads(lines[0])["sha256"] != json.loads(whole.read_text().splitlines()[0])["sha256"]


def test_ctrl_c_keeps_what_is_done_and_tells_the_way_on(
    repository: Path, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []

    def stop_at_the_third(path: Path, task: inspection.Task) -> Any:  # noqa: ANN401 -- as the function it stands for
        looked.append(path)
        if len(looked) == 3:
            raise KeyboardInterrupt
        return original(path, task)

    original = inspection._look
    monkeypatch.setattr(inspection, "_look", stop_at_the_third)
    out = tmp_path / "out.jsonl"
    run = Run(repository, folder, "--out", out)
    assert run.exit_code == 130
    assert run.errors[-1].startswith(f"seguia detect: stopped; what is done stands in {out}")
    assert len(out.read_text().splitlines()) == 2


def test_an_earlier_file_is_neither_overwritten_nor_misread(repository: Path, tmp_path: Path, photo: Path) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("dear diary\nmore\n")
    first = Run(repository, photo, "--out", out)
    assert first.exit_code == 2
    assert "add --resume to go on with it" in first.errors[0]
    second = Run(repository, photo, "--out", out, "--resume")
    assert second.exit_code == 2
    assert "line 1: expected what seguia detect writes" in second.errors[0]
    assert out.read_text() == "dear diary\nmore\n"
    third = Run(repository, photo, "--resume")
    assert third.exit_code == 2
    assert "expected --out FILE" in third.errors[0]


def test_resuming_writes_the_masks_that_are_missing(repository: Path, tmp_path: Path, folder: Path) -> None:
    out, masks = tmp_path / "out.jsonl", tmp_path / "masks"
    assert Run(repository, folder, "--out", out, "--mask-dir", masks).exit_code == 0
    (masks / "2.png").unlink()
    assert Run(repository, folder, "--out", out, "--mask-dir", masks, "--resume").exit_code == 0
    assert sorted(path.name for path in masks.iterdir()) == [f"{number}.png" for number in range(6)]
    assert len(out.read_text().splitlines()) == 6


def fixed_camera(folder: Path, minutes: list[int], moved_at: int) -> Path:
    """Synthetic photos of one camera, each with some wind; from a moment on it looks elsewhere. Their table."""
    rows = ["path,taken_at,camera_id"]
    for minute in minutes:
        picture = np.roll(field(), 90, axis=0)[:, ::-1] if minute >= moved_at else field()
        noise = cv2.resize(np.random.default_rng(minute).normal(0, 8, (40, 40)), (320, 240))[..., None]
        path = folder / f"at{minute}.png"
        cv2.imwrite(str(path), np.clip(picture + noise, 0, 255).astype(np.uint8))
        rows.append(f"{path.name},2026-07-01T{6 + minute // 60:02d}:{minute % 60:02d}:00Z,C1")
    table = folder / "m.csv"
    table.write_text("\n".join(rows) + "\n")
    return table


def test_with_a_table_earlier_photos_of_the_same_camera_serve_as_its_reference(
    repository: Path, tmp_path: Path
) -> None:
    minutes = [90, 0, 15, 30, 45, 60, 75]  # the order of the inputs, not of time
    table = fixed_camera(tmp_path, minutes, moved_at=75)
    files = [tmp_path / f"at{minute}.png" for minute in minutes]
    alone = Run(repository, *files, "--crop", "soybean")
    run = Run(repository, *files, "--crop", "soybean", "--metadata", table)
    assert [line["path"] for line in run.lines] == [str(file) for file in files]
    by_minute = dict(zip(minutes, run.lines, strict=True))
    assert ["moved_camera" in by_minute[minute]["reasons"] for minute in sorted(minutes)] == [False] * 5 + [True] * 2
    assert by_minute[90]["opinion"] is False
    assert by_minute[60]["wilting_since_dawn"] == pytest.approx(
        by_minute[60]["wilting_score"] - by_minute[0]["wilting_score"], abs=2e-4
    )
    assert all("moved_camera" not in line["reasons"] for line in alone.lines)
    assert {line["wilting_since_dawn"] for line in alone.lines} == {None}
