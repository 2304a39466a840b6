"""What is rendered for a gateway, held to the tools that will read it: systemd, ESPHome, the kernel."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.rendering.folder import rendered, write
from edge.rendering.units import Installation
from edge.settings.profile import PROFILE_NAMES
from tests.conftest import system_part
from tests.whole_site import whole_site

WORST_EXPOSURE = 2.5


def tool(name: str) -> str:
    path = system_part(name)
    assert path is not None
    return path


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    programs = tmp_path / "opt" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "seguia"):
        shutil.copy("/bin/true", programs / name)
    return Installation(prefix=tmp_path / "opt", config=tmp_path / "gateway.toml")


@pytest.mark.system("systemd-analyze")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("equipped", [True, False])
def test_units_are_understood_and_little_exposed(
    tmp_path: Path, installed: Installation, profile: str, *, equipped: bool
) -> None:
    config = whole_site(profile=profile) if equipped else whole_site(profile=profile, modem=None, camera=())
    write(rendered(config, installed), tmp_path)
    for name in ("seguia-gateway.service", "seguia-page.service"):
        path = tmp_path / "systemd" / name
        verified = subprocess.run(
            [tool("systemd-analyze"), "verify", "--man=no", path], capture_output=True, text=True, check=False
        )
        assert (verified.returncode, verified.stderr) == (0, "")
        judged = subprocess.run(
            [tool("systemd-analyze"), "security", "--offline=true", "--no-pager", path],
            capture_output=True,
            text=True,
            check=True,
        )
        (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", judged.stdout)
        assert float(exposure) <= WORST_EXPOSURE


@pytest.mark.system("systemd-analyze")
def test_a_unit_with_a_fault_is_found_out(tmp_path: Path, installed: Installation) -> None:
    text = rendered(whole_site(), installed)["systemd/seguia-gateway.service"].replace(
        "WatchdogSec=180", "WatchdogSec=x"
    )
    (tmp_path / "seguia-gateway.service").write_text(text, encoding="utf-8")
    verified = subprocess.run(
        [tool("systemd-analyze"), "verify", "--man=no", tmp_path / "seguia-gateway.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Failed to parse sec value" in verified.stderr


def test_opinions_are_formed_under_memory_deny_write_execute(repository: Path, tmp_path: Path) -> None:
    program = (
        "import ctypes, mmap, sys\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.prctl(65, 1, 0, 0, 0):\n"  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: what the unit asks the kernel for
        "    sys.exit(77)\n"
        "try:\n"
        "    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "    sys.exit('memory to write and run was allowed')\n"
        "except PermissionError:\n"
        "    pass\n"
        "sys.argv = ['seguia', 'detect', *sys.argv[1:]]\n"
        "import seguia\n"
        "seguia.main()\n"
    )
    photo = tmp_path / "photo.png"
    _crop_photo(photo)
    looked = subprocess.run(
        [sys.executable, "-c", program, str(photo)], cwd=repository, capture_output=True, text=True, check=False
    )
    if looked.returncode == 77:
        pytest.skip("needs Linux 6.3 or later for PR_SET_MDWE")
    assert looked.returncode in {0, 1}, looked.stderr
    assert '"model":{"name"' in looked.stdout.replace(" ", "")


def _crop_photo(path: Path) -> None:
    """A synthetic picture: green discs on brown ground."""
    import cv2  # noqa: PLC0415 -- only this test paints
    import numpy as np  # noqa: PLC0415

    chance = np.random.default_rng(7)
    picture = np.full((600, 800, 3), (60, 90, 120), np.uint8) + chance.integers(0, 30, (600, 800, 3), np.uint8)
    for _ in range(250):
        x, y = int(chance.integers(800)), int(chance.integers(600))
        cv2.circle(picture, (x, y), 20, (40, int(chance.integers(120, 190)), 50), -1)
    cv2.imwrite(str(path), picture)


@pytest.mark.system("esphome")
def test_sensor_nodes_are_understood_by_esphome(tmp_path: Path) -> None:
    write(rendered(whole_site()), tmp_path)
    folder = tmp_path / "esphome"
    shutil.copy(folder / "secrets.yaml.example", folder / "secrets.yaml")
    nodes = sorted(folder.glob("*-p01.yaml"))
    assert len(nodes) == 3
    (folder / "wrong.yaml").write_text(
        nodes[0].read_text(encoding="utf-8").replace("platform: mlx90614", "platform: mlx")
    )
    for path in nodes:
        checked = subprocess.run([tool("esphome"), "-q", "config", path], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    wrong = subprocess.run(
        [tool("esphome"), "-q", "config", folder / "wrong.yaml"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode != 0


def test_the_recipe_of_an_image_is_a_sound_script_that_refuses_wrong_use(tmp_path: Path) -> None:
    write(rendered(whole_site(profile="x86")), tmp_path)
    script = tmp_path / "image" / "build.sh"
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    used = subprocess.run([script], capture_output=True, text=True, check=False)
    assert (used.returncode, used.stderr.startswith("usage:")) == (2, True)
    without = subprocess.run(
        [script, tmp_path / "no.whl", tmp_path, "x.tar"], capture_output=True, text=True, check=False
    )
    assert "expected a wheel of seguia, got no file" in without.stderr
