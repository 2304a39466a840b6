"""The desk over real files: a synthetic photo and a synthetic thermal picture, no broker, no modem."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import read_camera
from edge.clock import Clock
from edge.commissioning.founding import Wishes, found
from edge.config import GatewayConfig
from edge.data_folder import OUTBOX_FILE, DataFolder
from edge.doctor import Finding as Examined
from edge.errors import CaptureError, ConfigurationError, EdgeError, UnreadableFrameError, UplinkUnavailableError
from edge.outbox import Outbox
from edge.page.desk import Desk, DeskTools
from edge.page.orders import Look, Outline, References
from edge.toml_text import with_values

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CORNERS = ((0.1, 0.2), (0.9, 0.2), (0.95, 0.8), (0.05, 0.8))


def field() -> np.ndarray:
    """A synthetic field in daylight, textured finely."""
    chance = np.random.default_rng(1)
    shade = cv2.GaussianBlur(chance.normal(0, 1, (288, 384)), (0, 0), 6)[..., None] * 700
    leaves = cv2.GaussianBlur(chance.normal(0, 1, (288, 384)), (0, 0), 3) > 0
    noise = chance.normal(0, 24, (288, 384, 1)) + shade
    colours = np.where(leaves[..., None], np.array([80, 135, 55]), np.array([150, 115, 80]))
    return np.clip(colours + noise, 0, 255).astype(np.uint8)


def heat() -> np.ndarray:
    """A synthetic thermal picture: leaves of 29, soil of 42, a wet cloth of 24 and a dry board of 38 degrees."""
    celsius = np.full((60, 80), 42.0, np.float32)
    celsius[25:] = 29.0
    celsius[6:16, 6:16], celsius[6:16, 66:76] = 24.0, 38.0
    return celsius


class Office:
    """A gateway's folder, its desk, and what was asked of the world."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "gateway.toml"
        self.now = NOON
        self.delivered: list[str] = []
        self.texts: list[str] = []
        self.refuses: EdgeError | None = None
        found(self.file, Wishes(organisation="o", gateway_id="gw-01", parcel_id="P1", crop="soybean"))
        self.photos = folder / "photos" / "P1"
        self.desk = Desk(
            self.file,
            DeskTools(
                clock=Clock(now=lambda: self.now),
                tell=lambda _: None,
                draw=lambda rgb: (rgb[..., 1] > rgb[..., 0]).astype(np.uint8) * np.uint8(255),
                deliver=self.deliver,
                test_sms=lambda _, text: self.texts.append(text),
                broker=lambda _: Examined(part="broker", well=True, text="b lets this gateway in"),
            ),
        )

    def deliver(self, config: GatewayConfig) -> None:
        self.delivered.append(config.gateway_id)
        if self.refuses is not None:
            raise self.refuses

    def shoot(self) -> None:
        cv2.imwrite(str(self.photos / "a.png"), field()[..., ::-1])

    def see_heat(self) -> None:
        np.savez(self.photos / "t.npz", image=heat()[..., None])

    def look(self, step: str, **more: object) -> dict[str, object]:
        return self.desk.look(Look.model_validate({"step": step, **more}))

    def change(self, table: list[str], **values: object) -> None:
        self.file.write_text(with_values(self.file.read_text(), table, values))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_an_overview_names_steps_and_cameras(office: Office) -> None:
    shown = office.desk.overview("fr")
    assert shown["gateway"] == "gw-01"
    assert shown["cameras"] == ["P1"]
    assert shown["steps"][0] == {"step": "aim", "name": "Viser avec la caméra"}
    assert len(shown["steps"]) == 8
    assert (shown["sms"], shown["takes"]) == (False, False)


def test_the_aim_comes_with_figures_and_what_is_drawn_over_it(office: Office) -> None:
    office.shoot()
    found = office.look("aim", language="en")
    assert (found["state"], found["code"], found["canopy"]) == ("good", "well", True)
    assert "Canopy" in str(found["said"])
    assert str(found["figures"]).startswith("Sharpness ")
    preview = cv2.imdecode(np.frombuffer(office.desk.picture(0), np.uint8), cv2.IMREAD_COLOR)
    canopy = cv2.imdecode(np.frombuffer(office.desk.canopy(0), np.uint8), cv2.IMREAD_UNCHANGED)
    assert preview is not None
    assert canopy is not None
    assert preview.shape[:2] == canopy.shape[:2] == (288, 384)
    assert 0.3 < float((canopy[..., 3] > 0).mean()) < 0.7


def test_without_a_picture_the_step_says_so_and_nothing_is_shown(office: Office) -> None:
    assert office.look("aim")["code"] == "no_picture"
    with pytest.raises(UnreadableFrameError, match="take one"):
        office.desk.picture(0)
    (office.photos / "a.jpg").write_bytes(b"no picture")
    found = office.look("aim")
    assert (found["state"], found["code"]) == ("bad", "unreadable")
    assert "a.jpg" in str(found["detail"])


def test_a_camera_that_gave_nothing_is_red_whatever_its_last_picture_shows(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.shoot()

    def gone(*_: object) -> None:
        raise CaptureError("camera P1: expected a picture, got none", trouble="absent")

    with monkeypatch.context() as patched:
        patched.setattr("edge.page.desk.take_picture", gone)
        office.desk.take(0)
    found = office.look("aim", language="en")
    assert (found["state"], found["code"]) == ("bad", "absent")
    assert "expected a picture" in str(found["detail"])
    office.desk.take(0)
    assert office.look("aim")["code"] == "well"
    assert "UTC" in str(office.look("aim", language="en")["taken"])


def test_a_gateway_without_any_camera_is_told_to_add_one(office: Office) -> None:
    text = office.file.read_text()
    office.file.write_text(text[: text.index("[[watch]]")])
    assert office.look("aim")["code"] == "no_camera"
    assert office.look("outline")["code"] == "no_camera"
    assert office.look("references")["code"] == "no_thermal"


def test_an_outline_is_kept_shown_again_and_turns_the_step_green(office: Office) -> None:
    office.shoot()
    assert office.look("outline")["state"] == "open"
    file = office.desk.keep_outline(Outline(corners=CORNERS, width_m=60.0, depth_m=25.0, rows_from="left"))
    view = read_camera(file).parcel_view
    assert view is not None
    assert view.image_points[0] == (38.4, 57.6)
    found = office.look("outline")
    assert (found["state"], found["sides"], found["rows_from"]) == ("good", [60.0, 25.0], "left")
    assert np.allclose(np.array(found["corners"]), CORNERS, atol=1e-3)
    assert "60" in str(found["said"])


def test_references_are_kept_read_and_judged_by_their_distance(office: Office) -> None:
    office.see_heat()
    assert office.look("aim")["code"] == "thermal"
    assert (office.look("references")["code"], office.look("references")["thermal"]) == ("missing", True)
    office.desk.keep_references(References(wet=(0.13, 0.18), dry=(0.88, 0.18)))
    found = office.look("references", language="en")
    assert (found["state"], found["code"]) == ("good", "kept")
    assert "24.0" in str(found["said"])
    assert "38.0" in str(found["said"])
    office.desk.keep_references(References(wet=(0.13, 0.18), dry=(0.15, 0.2)))
    assert office.look("references")["code"] == "near"


def test_references_are_refused_in_a_photo_that_knows_no_heat(office: Office) -> None:
    office.shoot()
    assert office.look("references")["state"] == "idle"
    with pytest.raises(ConfigurationError, match="expected a thermal picture"):
        office.desk.keep_references(References(wet=(0.1, 0.1), dry=(0.9, 0.1)))


@pytest.mark.parametrize(("minutes", "code"), [(0, "right"), (1, "right"), (5, "apart"), (-90, "apart")])
def test_the_clock_is_held_against_the_telephones(office: Office, minutes: int, code: str) -> None:
    telephone_at = (NOON + timedelta(minutes=minutes)).isoformat()
    assert office.look("clock", telephone_at=telephone_at)["code"] == code


def test_a_clock_of_before_this_software_is_red(office: Office) -> None:
    office.now = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    found = office.look("clock", language="ar")
    assert (found["state"], found["code"]) == ("bad", "doubtful")
    with pytest.raises(ConfigurationError, match="clock"):
        office.desk.finish()


def test_a_message_is_sent_by_the_page_where_no_gateway_works_and_by_that_otherwise(office: Office) -> None:
    office.desk.send()
    assert office.delivered == ["gw-01"]
    held = DataFolder(office.file.parent / "data")
    office.desk.send()
    office.desk.take(0)
    held.release()
    assert office.delivered == ["gw-01"]
    office.refuses = UplinkUnavailableError("1 messages wait")
    with pytest.raises(UplinkUnavailableError):
        office.desk.send()


def test_messages_that_wait_turn_red_after_ten_minutes(office: Office) -> None:
    assert office.look("message")["code"] == "none"
    outbox = Outbox(office.file.parent / "data" / OUTBOX_FILE, boot="b1", now=lambda: NOON - timedelta(minutes=9))
    outbox.put("detection", lambda *_: b"{}")
    outbox.close()
    assert office.look("message")["code"] == "underway"
    office.now += timedelta(minutes=2)
    found = office.look("message", language="en")
    assert (found["state"], found["code"]) == ("bad", "waiting")
    assert "11" in str(found["said"])


def test_the_last_step_shows_the_calendar_and_ticks_it(office: Office) -> None:
    office.shoot()
    office.desk.keep_outline(Outline(corners=CORNERS, width_m=60.0, depth_m=25.0))
    assert office.look("done")["code"] == "left"
    office.desk.finish()
    found = office.look("done", language="en")
    assert found["finished_on"] == "2026-05-01"
    assert isinstance(found["care"], list)
    assert found["care"][0] == {"chore": "lens", "name": "clean lens", "due_on": "2026-05-15", "due": False}
    office.now += timedelta(days=20)
    assert [each["due"] for each in office.look("done")["care"]] == [True, False, False, False, False]  # type: ignore[attr-defined]
    office.desk.tick("lens")
    assert not any(each["due"] for each in office.look("done")["care"])  # type: ignore[attr-defined]


def test_a_test_sms_needs_a_modem_and_an_installer(office: Office) -> None:
    with pytest.raises(ConfigurationError, match=r"expected \[modem\] and \[installer\]"):
        office.desk.send_sms("en")
    office.change(["modem"], device="/dev/null")
    office.change(["installer"], language="fr")
    office.desk.send_sms("fr")
    assert office.texts == ["gw-01 : SMS d'essai. Le modem marche."]


def test_sim_and_broker_are_steps_of_their_own(office: Office) -> None:
    assert office.look("sim")["state"] == "idle"
    assert office.look("broker")["state"] == "good"
    office.change(["modem"], device="/dev/does-not-exist")
    found = office.look("sim")
    assert (found["state"], found["code"]) == ("bad", "trouble")
    assert "does-not-exist" in str(found["detail"])


def test_no_canopy_is_shown_where_none_was_drawn(office: Office) -> None:
    office.see_heat()
    with pytest.raises(UnreadableFrameError, match="no canopy"):
        office.desk.canopy(0)
