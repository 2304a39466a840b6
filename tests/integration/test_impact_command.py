"""``seguia impact``: a trial drawn, registered, lived (SYNTHETIC) and measured."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import seguia
from tests.synthetic_trial import Trial, write_design, write_parcels, write_trial

TRIAL = Trial()


class Ran:
    """One run of the command."""

    def __init__(self, arguments: Sequence[str | Path]) -> None:
        result = CliRunner().invoke(seguia.app, ["impact", *map(str, arguments)])
        self.out, self.err, self.code, self.error = result.stdout, result.stderr, result.exit_code, result.exception

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def kit(place: Path, kind: str = "stepped", block: str = "group") -> Path:
    design, parcels = write_design(place, kind, block), write_parcels(place, TRIAL)
    ran = Ran(
        ["design", "--parcels", parcels, "--design", design, "--out", place / "kit", "--registered-on", "2025-03-01"]
    )
    assert ran.code == 0, ran.err
    return place / "kit"


def starts(made: Path) -> dict[str, str | None]:
    content = json.loads((made / "registration.json").read_text(encoding="utf-8"))["content"]
    return {one["parcel_id"]: one["starts"] for one in content["assignment"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit(tmp_path_factory.mktemp("trial"))


@pytest.fixture(scope="module")
def data(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_trial(folder, TRIAL, starts(made))
    return folder


def test_the_kit_has_what_another_district_needs(made: Path) -> None:
    names = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    assert {
        "protocol.en.md",
        "protocol.fr.md",
        "checklist.fr.md",
        "form_meter.en-fr.md",
        "report.en-fr.md",
        "assignment.csv",
        "registration.json",
        "promise.json",
        "design.toml",
        "data/parcels.geojson",
        "data/readings.csv",
        "data/weather.csv",
    } <= names
    sha256 = json.loads((made / "registration.json").read_text(encoding="utf-8"))["sha256"]
    for name in ("protocol.en.md", "protocol.fr.md"):
        text = (made / name).read_text(encoding="utf-8")
        assert sha256 in text
        assert "$" not in text
    header, first = (made / "data/seasons.csv").read_text(encoding="utf-8").splitlines()[:2]
    assert header == "parcel_id,season,crop,starts_on,ends_on,area_ha"
    assert first == "g0p0,2023,potato,,,"


def test_a_trial_is_drawn_once(made: Path) -> None:
    parcels, design = made.parent / "parcels.geojson", made.parent / "design.toml"
    ran = Ran(["design", "--parcels", parcels, "--design", design, "--out", made])
    assert ran.error is not None
    assert "a trial is drawn once" in str(ran.error)


def test_the_same_seed_draws_the_same_trial(made: Path, tmp_path: Path) -> None:
    again = kit(tmp_path)
    assert (again / "registration.json").read_bytes() == (made / "registration.json").read_bytes()


def test_a_true_saving_is_found(made: Path, data: Path, tmp_path: Path) -> None:
    sha256 = json.loads((made / "registration.json").read_text(encoding="utf-8"))["sha256"]
    ran = Ran([data, "--design", made / "design.toml", "--sha256", sha256, "--out", tmp_path / "report"])
    assert ran.code == 0, ran.err
    report = ran.report
    assert report["saved"] is True
    assert report["registered"] is True
    assert 0.25 < float(str(report["saved_fraction"])) < 0.35
    assert float(str(report["saved_low_fraction"])) < 0.3 < float(str(report["saved_high_fraction"]))
    assert str(report["verdict"]) in ran.err
    assert json.loads((tmp_path / "report/report.json").read_text(encoding="utf-8")) == report
    page = (tmp_path / "report/report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert str(report["verdict"]) in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_long_form_says_the_same(made: Path, data: Path) -> None:
    short, long = (Ran([*word, data, "--design", made / "design.toml"]) for word in ([], ["measure"]))
    assert short.out == long.out
    options_first = Ran(["--design", made / "design.toml", data])
    assert options_first.out == long.out


def test_no_saving_is_not_proven(made: Path, tmp_path: Path) -> None:
    write_trial(tmp_path, Trial(saving=0.0), starts(made))
    report = Ran([tmp_path, "--design", made / "design.toml"]).report
    assert report["saved"] is False
    assert str(report["verdict"]).startswith("not proven: ")


def test_an_altered_registration_and_an_altered_design_are_told(made: Path, data: Path, tmp_path: Path) -> None:
    altered = (made / "registration.json").read_text(encoding="utf-8").replace('"seed": 7', '"seed": 8')
    (tmp_path / "registration.json").write_text(altered, encoding="utf-8")
    given: list[str | Path] = ["--design", made / "design.toml", "--registration", tmp_path / "registration.json"]
    ran = Ran([data, *given])
    assert ran.code == 1
    assert ran.report["saved"] is False
    assert "the registration was altered" in ran.err
    ran = Ran([data, "--design", made / "design.toml", "--sha256", "0" * 64])
    assert ran.code == 1
    assert "not the deposited one" in ran.err
    softer = (made / "design.toml").read_text(encoding="utf-8") + "yield_margin_percent = 20\n"
    (tmp_path / "design.toml").write_text(softer, encoding="utf-8")
    ran = Ran([data, "--design", tmp_path / "design.toml", "--registration", made / "registration.json"])
    assert ran.report["changes"] == ["yield_margin_percent: registered 2.0, now 20.0; the registered one counts"]
    assert ran.report["design"]["yield_margin_percent"] == 2.0


def test_a_drawn_trial_needs_its_registration(data: Path, tmp_path: Path) -> None:
    ran = Ran([data, "--design", write_design(tmp_path)])
    assert "--registration: expected the registration of a stepped trial" in str(ran.error)


@pytest.mark.parametrize(("there", "got"), [(False, "nothing there"), (True, "a file")])
def test_a_missing_folder_is_missed_before_anything_in_it(
    made: Path,
    tmp_path: Path,
    there: bool,  # noqa: FBT001 -- a test parameter
    got: str,
) -> None:
    place = tmp_path / "trial"
    if there:
        place.touch()
    ran = Ran([place, "--design", made.parent / "nowhere.toml"])
    assert f"{place}: expected the folder of a trial, got {got}; give the folder with parcels.geojson" in str(ran.error)


def test_where_nobody_was_drawn_the_advised_are_taken_as_they_are(made: Path, data: Path, tmp_path: Path) -> None:
    ran = Ran([data, "--design", write_design(tmp_path, "observed")])
    assert ran.code == 0, ran.err
    assert ran.report["saved"] is True
    assert ran.report["chance"] is None
    assert ran.report["registered"] is False


def test_pairs_are_drawn_and_measured(tmp_path: Path) -> None:
    made = kit(tmp_path, "pairs", "pair")
    write_trial(tmp_path / "data", TRIAL, starts(made))
    report = Ran([tmp_path / "data", "--design", made / "design.toml"]).report
    assert report["saved"] is True, report["verdict"]


def test_lost_parcels_are_named_and_the_rest_goes_on(made: Path, tmp_path: Path) -> None:
    lost = ("g0p0", "g3p1")
    write_trial(tmp_path, Trial(lost=lost), starts(made))
    ran = Ran([tmp_path, "--design", made / "design.toml"])
    assert ran.code == 1
    for name in lost:
        assert f"parcel {name} season 2025: expected a meter that saw 75 % of the season" in ran.err
    assert ran.report["saved_fraction"] is not None


def test_a_folder_without_weather_is_refused(made: Path, data: Path, tmp_path: Path) -> None:
    for path in data.iterdir():
        if path.name != "weather.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    ran = Ran([tmp_path, "--design", made / "design.toml"])
    assert "expected one of weather.csv" in str(ran.error)


def test_a_wrong_design_is_named(data: Path, tmp_path: Path) -> None:
    for more, words in (("colour = 1\n", "colour"), ("power = 3\n", "power"), ("x = [\n", "expected TOML")):
        ran = Ran([data, "--design", write_design(tmp_path, more=more)])
        assert words in str(ran.error)


def test_past_metering_tells_scatter_and_past_use(made: Path, data: Path, tmp_path: Path) -> None:
    arguments: list[str | Path] = [
        "--parcels",
        data / "parcels.geojson",
        "--design",
        write_design(tmp_path),
        "--past",
        data,
    ]
    ran = Ran(["design", *arguments, "--out", tmp_path / "kit"])
    assert ran.code == 0, ran.err
    assert "past metering:" in ran.err
    # The true scatter is 0.05.
    assert ran.report["scatter"]["parcel_season_sigma"] == pytest.approx(0.05 / 0.7**0.5, abs=0.02)
