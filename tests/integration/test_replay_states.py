"""Replays of nights whose weather alone does not say what was before: older trees, and seasons that taught the next."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from cloud.adapters.replay_folder import FOLDER
from cloud.adapters.state_ladder import FOLDER as STATES
from tests.integration.test_audit_replay import manifest, part, replayed
from tests.office import cloud, feature, furnish, new_office, write_farm
from tests.synthetic_season import write_ahead, write_past

FIRST = date(2026, 6, 4)
LAND = (
    feature("tree", -6.4, crop="olive", planted_on=None),
    feature("sown", -6.39),
)


def import_farm(data: Path, *features: dict[str, object]) -> None:
    farm = write_farm(data / "farm.geojson", *features)
    assert cloud("import", "--data", data, "--parcels", farm).exit_code == 0


def rolling_night(data: Path, number: int) -> date:
    """A night whose file of weather begins 45 days later than that of the eve."""
    day = FIRST + timedelta(days=number)
    path = write_past(data / "past.csv", day - timedelta(days=1))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join((*lines[:5], *lines[5 + 45 * number :])))
    write_ahead(data / "ahead.csv", day)
    done = cloud("nightly", "--data", data, "--day", day)
    assert done.exit_code == 0, done.output
    return day


@pytest.fixture(scope="module")
def orchard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four nights: a tree, and maize that makes way for a later sowing before the third."""
    data = new_office(tmp_path_factory.mktemp("orchard"))
    furnish(data)
    import_farm(data, *LAND)
    for number in range(2):
        rolling_night(data, number)
    import_farm(data, LAND[0], feature("sown", -6.39, planted_on="2026-06-05"))
    for number in range(2, 4):
        rolling_night(data, number)
    return data


@pytest.fixture
def office(orchard: Path, tmp_path: Path) -> Path:
    shutil.copytree(orchard, tmp_path / "data")
    return tmp_path / "data"


def states(data: Path, day: date) -> list[tuple[str, str]]:
    return [(one["shelf"], one["day"]) for one in json.loads(manifest(data, day).read_text())["states"]]


def test_nights_keep_the_states_that_they_could_not_do_without(orchard: Path) -> None:
    days = [FIRST + timedelta(days=number) for number in range(4)]
    assert states(orchard, days[0]) == []
    assert states(orchard, days[1]) == [("checkpoints", "2026-06-03")]
    # The maize that ended taught the next sowing: its state is kept with every night since.
    assert [states(orchard, day) for day in days[2:]] == [
        [("checkpoints", "2026-06-04"), ("seasons", "2026-06-04")],
        [("checkpoints", "2026-06-05"), ("seasons", "2026-06-04")],
    ]


def test_every_night_replays_without_the_kept_states(office: Path) -> None:
    shutil.rmtree(office / STATES)
    for number in range(4):
        code, outcomes, err = replayed(office, FIRST + timedelta(days=number))
        assert (code, outcomes) == (0, dict.fromkeys(("one", "sown", "tree", "two"), "identical")), err


def test_a_state_that_is_gone_or_altered_is_named(office: Path) -> None:
    day = FIRST + timedelta(days=3)
    for state in json.loads(manifest(office, day).read_text())["states"]:
        path = part(office, state["sha256"])
        kept = path.read_bytes()
        path.unlink()
        code, outcomes, err = replayed(office, day)
        assert (code, outcomes) == (1, {})
        assert f"replay part {state['sha256'][:12]}: cannot be read" in err
        path.write_bytes(kept[:-9])
        assert "its content is not what its name says" in replayed(office, day)[2]
        path.write_bytes(kept)
    assert (office / FOLDER).is_dir()


def test_without_its_state_a_tree_would_be_told_something_else(office: Path) -> None:
    day = FIRST + timedelta(days=3)
    path = manifest(office, day)
    night_of = json.loads(path.read_text())
    night_of["states"] = [one for one in night_of["states"] if one["shelf"] != "checkpoints"]
    path.write_text(json.dumps(night_of))
    code, outcomes, err = replayed(office, day)
    assert (code, outcomes["tree"]) == (1, "DIFFERS")
    assert "parcel tree: DIFFERS in " in err
    assert "its states included, does not fit its seal: it was altered" in err


def test_a_night_kept_before_seals_replays_and_says_that_nothing_seals_its_states(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.replay.kept.SEALED", 3)
    day = FIRST + timedelta(days=3)
    path = manifest(office, day)
    path.write_text(json.dumps({**json.loads(path.read_text()), "seal": None}))
    code, outcomes, err = replayed(office, day)
    assert (code, set(outcomes.values())) == (0, {"identical"})
    assert "its states of the water were kept by an earlier version, which sealed them with no digest" in err
