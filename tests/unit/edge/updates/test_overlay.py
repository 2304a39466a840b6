from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.errors import ModelRefusedError, UpdateRefusedError
from edge.settings.updates import UpdatesConfig
from edge.updates import launcher
from edge.updates.bundle import Kind, bundle_of
from edge.updates.overlay import configured, overlaid_file, overlay_in_use, trusted_looker, with_models
from edge.updates.requirements import installed, must_have
from edge.updates.slots import Slots

OWN = """
organisation = "demo"
gateway_id = "gw-01"
[delivery]
daily_budget_kb = 100.0
[[watch]]
folder = "photos"
parcel_id = "P1"
"""
UPDATES = '[updates]\nurl = "https://updates.example.org/"\nroot_file = "root.json"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(OWN + UPDATES, encoding="utf-8")
    return path


def given(tmp_path: Path, text: str) -> Path:
    overlay = tmp_path / "given.toml"
    overlay.write_text(text, encoding="utf-8")
    return overlay


def placed(config: GatewayConfig, kind: Kind, files: dict[str, bytes], slot: str = "a") -> Slots:
    slots = Slots(config.data_dir / "updates", kind)
    folder = slots.folder / slot
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / launcher.COMPLETE).write_bytes(bundle_of(kind, "1", files).listed)
    slots.put_on_trial(slot, heard_before=False)
    return slots


def test_what_is_given_anew_replaces_key_by_key(path: Path, tmp_path: Path) -> None:
    config = overlaid_file(path, given(tmp_path, "poll_interval_s = 7.0\n[delivery]\nack_timeout_s = 5.0\n"))
    assert (config.poll_interval_s, config.delivery.ack_timeout_s, config.delivery.daily_budget_kb) == (7.0, 5.0, 100.0)
    assert config.watch[0].folder == tmp_path / "photos"
    assert overlaid_file(path, None) == read_config(path)


@pytest.mark.parametrize("key", ["organisation = 'x'", "gateway_id = 'x'", "data_dir = 'x'", "[updates]\nurl = 'x'"])
def test_who_a_gateway_is_never_comes_by_air(key: str, path: Path, tmp_path: Path) -> None:
    with pytest.raises(UpdateRefusedError, match="only the gateway's own file may say this"):
        overlaid_file(path, given(tmp_path, key + "\n"))


@pytest.mark.parametrize(
    "text",
    [
        "command_key_file = 'a/other.key'",
        "[broker]\nhost = 'other.example'\nca_file = 'a/other.pem'",
        "[broker]\nkey_file = 'a/other.pem'",
        "[fallback]\nplan_key_file = 'a/other.pub'",
    ],
)
def test_whom_a_gateway_believes_never_comes_by_air(text: str, path: Path, tmp_path: Path) -> None:
    with pytest.raises(UpdateRefusedError, match="_file: only the gateway's own file may say this"):
        overlaid_file(path, given(tmp_path, text + "\n"))


@pytest.mark.parametrize(
    ("text", "word"),
    [("poll_interval_s = -1\n", "poll_interval_s"), ("[delivery]\nwheels = 4\n", "wheels"), ("x = \n", "TOML")],
)
def test_what_does_not_fit_is_named(text: str, word: str, path: Path, tmp_path: Path) -> None:
    with pytest.raises(UpdateRefusedError, match=word):
        overlaid_file(path, given(tmp_path, text))


def test_a_gateway_starts_with_what_is_in_place_and_without_it_where_it_does_not_fit(path: Path) -> None:
    told: list[str] = []
    config = read_config(path)
    assert configured(path, told.append) == config
    assert overlay_in_use(config) is None
    slots = placed(config, "config", {"gateway.toml": b"poll_interval_s = 7.0\n"})
    assert configured(path, told.append).poll_interval_s == 7.0
    assert overlay_in_use(config) == slots.folder / "a" / "gateway.toml"
    trial = slots.trial()
    assert trial is not None
    assert trial.boots == 1, "the start was counted"
    assert configured(path, told.append, counted=False).poll_interval_s == 7.0
    assert slots.trial() == trial, "a single run is no start of the daemon"
    (slots.folder / "a" / "gateway.toml").write_text("gateway_id = 'other'\n", encoding="utf-8")
    assert configured(path, told.append) == config
    assert len(told) == 1
    assert told[0].endswith("the gateway's own file is used alone")
    assert slots.current is None, "on trial, it is taken back"
    assert "only the gateway's own file" in slots.refused()[0].why


def test_without_a_repository_the_file_is_all(tmp_path: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(OWN, encoding="utf-8")
    config = read_config(path)
    placed(config, "config", {"gateway.toml": b"poll_interval_s = 7.0\n"})
    assert configured(path, print) == config


def test_released_models_are_used_unless_the_operator_named_others(path: Path, tmp_path: Path) -> None:
    config = read_config(path)
    slots = placed(config, "models", {"golden.json": b"{}"})
    assert configured(path, print).models_dir == slots.active
    assert with_models(config, None) == config
    own = config.model_copy(update={"models_dir": tmp_path})
    assert with_models(own, "a") == own
    assert config.updates is not None
    others = config.updates.model_copy(update={"kinds": ("code",)})
    assert with_models(config.model_copy(update={"updates": others}), "a").models_dir is None


def looker(bad: tuple[Path | None, ...]) -> Callable[[GatewayConfig], Path | None]:
    def look(config: GatewayConfig) -> Path | None:
        if config.models_dir in bad:
            raise ModelRefusedError("model canopy: expected its card, got none")
        return config.models_dir

    return look


def test_released_models_that_cannot_be_used_give_way_to_those_before(path: Path) -> None:
    told: list[str] = []
    slots = placed(read_config(path), "models", {"golden.json": b"{}"})
    config = configured(path, told.append)
    assert trusted_looker(config, looker(()), told.append) == slots.active
    assert trusted_looker(config, looker((config.models_dir,)), told.append) is None
    assert slots.current is None
    assert slots.refused()[0].why == "model canopy: expected its card, got none"
    assert told == ["model canopy: expected its card, got none; the release of models is taken back"]


def test_released_models_that_rotted_after_their_trial_give_way_too(path: Path) -> None:
    slots = placed(read_config(path), "models", {"golden.json": b"{}"})
    slots.keep()
    config = configured(path, print)
    assert trusted_looker(config, looker((config.models_dir,)), lambda _: None) is None
    assert slots.current == "a", "out of its trial nothing is taken back"


def test_models_of_the_operator_are_refused_as_ever(path: Path, tmp_path: Path) -> None:
    config = read_config(path).model_copy(update={"models_dir": tmp_path})
    with pytest.raises(ModelRefusedError):
        trusted_looker(config, looker((tmp_path,)), lambda _: None)


@pytest.mark.parametrize(
    ("needs", "have", "fits"),
    [
        ("1.22", "1.31.1", True),
        ("1.22", "1.22", True),
        ("1.22", "1.9", False),
        ("2", "2.0rc1", True),
        ("1.22", None, False),
        ("5.0.0.93", "5.0.0.94.post1", True),
    ],
)
def test_versions_compare_by_their_numbers(needs: str, have: str | None, fits: bool) -> None:  # noqa: FBT001 -- a table
    manifest = bundle_of("code", "1", {"a": b""}, {"onnxruntime": needs}).manifest
    if fits:
        must_have(manifest, lambda _: have)
    else:
        with pytest.raises(UpdateRefusedError, match=f"expected onnxruntime {needs} or later, got {have or 'none'}"):
            must_have(manifest, lambda _: have)


def test_what_is_installed_is_known() -> None:
    assert installed("numpy") is not None
    assert installed("no-such-package-at-all") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ftp://example.org/"},
        {"url": "https:///nowhere"},
        {"url": "http://example.org/", "ca_file": "ca.pem"},
        {"channel": "../x"},
        {"kinds": ()},
        {"kinds": ("wheels",)},
        {"trial_minutes": 0},
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        UpdatesConfig.model_validate({"url": "https://example.org/", "root_file": "root.json", **changes})
