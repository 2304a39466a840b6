"""An installer's noon in a real browser: at phone width, in three languages, from the code to the last step."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.camera import read_camera
from edge.clock import Clock
from edge.commissioning.founding import Wishes, found
from edge.commissioning.sights import Sight, canopy_drawer
from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.page.desk import Desk, DeskTools
from edge.page.guard import Guard
from edge.page.routes import Routes
from edge.page.server import Door, PageServer
from edge.toml_text import with_values

pytestmark = [pytest.mark.system("chromium"), pytest.mark.timeout(180)]

CODE = "12345678"
PHONE = {"width": 360, "height": 740}


def field_at(roll_deg: float) -> np.ndarray:
    """A synthetic field under a plain sky, by a camera that leans."""
    chance = np.random.default_rng(1)
    shade = cv2.GaussianBlur(chance.normal(0, 1, (288, 384)), (0, 0), 6)[..., None] * 700
    leaves = cv2.GaussianBlur(chance.normal(0, 1, (288, 384)), (0, 0), 3) > 0
    colours = np.where(leaves[..., None], np.array([80, 135, 55]), np.array([150, 115, 80]))
    photo = np.clip(colours + chance.normal(0, 24, (288, 384, 1)) + shade, 0, 255).astype(np.uint8)
    edge = 0.2 * 288 - np.tan(np.radians(roll_deg)) * (np.arange(384) - 191.5)
    photo[np.arange(288)[:, None] < edge[None, :]] = (110, 160, 230)
    return photo


def heat() -> np.ndarray:
    """A synthetic thermal picture with a wet cloth at the left and a dry board at the right."""
    celsius = np.full((60, 80), 42.0, np.float32)
    celsius[25:] = 29.0
    celsius[6:16, 6:16], celsius[6:16, 66:76] = 24.0, 38.0
    return celsius


@dataclass
class Noon:
    """A gateway, its page in a browser, and everything that must not happen there."""

    file: Path
    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def enter(self) -> None:
        self.page.locator("#code").fill(f"{CODE[:4]} {CODE[4:]}")
        self.page.click("#enter")
        self.settled()

    def settled(self) -> None:
        self.page.wait_for_selector("#step-done[data-state]", timeout=60_000)

    def open(self, step: str) -> None:
        self.page.click(f"#step-{step} .head button")
        self.page.wait_for_selector(f"#step-{step} .acts")


@pytest.fixture
def noon(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Noon]:
    """The page of a new gateway; ``request.param`` is the telephone's language, en-GB otherwise."""
    file = tmp_path / "gateway.toml"
    config = found(file, Wishes(organisation="o", gateway_id="gw-01", parcel_id="P1", crop="soybean")).config
    cv2.imwrite(str(config.watch[0].folder / "a.jpg"), field_at(9.0)[..., ::-1])
    clock = Clock()
    desk = Desk(file, DeskTools(clock=clock, tell=lambda _: None, draw=canopy_drawer(read_config(file))))
    with PageServer(Door(port=0), Guard(CODE, clock.monotonic_s), Routes(desk)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        locale = getattr(request, "param", "en-GB")
        context = browser.new_context(locale=locale, viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
        page = context.new_page()
        seen = Noon(file=file, page=page, address=server.address)
        page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.complaints.append(f"error: {error}"))
        page.on("request", lambda made: seen.requests.append(made.url))
        page.goto(server.address)
        page.wait_for_selector("#door:not([hidden])")
        yield seen
        context.close()
        server.shutdown()
        thread.join(10)


def test_a_code_opens_the_list_and_nothing_is_asked_of_another_host(noon: Noon) -> None:
    expect(noon.page.locator("#steps")).to_be_hidden()
    noon.enter()
    states = {
        row.get_attribute("id"): row.get_attribute("data-state") for row in noon.page.locator("#steps > li").all()
    }
    assert states == {
        "step-aim": "bad", "step-outline": "open", "step-references": "idle", "step-sim": "idle",
        "step-clock": "good", "step-broker": "bad", "step-message": "open", "step-done": "open",
    }  # fmt: skip
    assert noon.complaints == []
    assert noon.requests
    assert all(url.startswith(noon.address) for url in noon.requests)
    noon.page.reload()
    noon.settled()
    expect(noon.page.locator("#door")).to_be_hidden()


def test_a_wrong_code_is_told(noon: Noon) -> None:
    noon.page.locator("#code").fill("00000000")
    noon.page.click("#enter")
    expect(noon.page.locator("#trouble")).to_have_text("Wrong code. Wait, then try again.")
    expect(noon.page.locator("#steps")).to_be_hidden()


def test_the_aim_is_shown_with_canopy_horizon_and_remedy(noon: Noon) -> None:
    noon.enter()
    noon.open("aim")
    panel = noon.page.locator("#panel-aim")
    expect(panel.locator(".said")).to_contain_text("leans by")
    expect(panel.locator(".remedy")).to_contain_text("until the horizon is level")
    expect(panel.locator(".cause").nth(1)).to_contain_text("roll +9°")
    expect(panel.locator(".cause").first).to_contain_text("Picture of")
    noon.page.wait_for_function(
        "() => [...document.querySelectorAll('#panel-aim img')].every((each) => each.complete && each.naturalWidth > 0)"
    )
    assert panel.locator("img").count() == 2
    line = panel.locator("line")
    left, right = (float(line.get_attribute(name) or "nan") for name in ("y1", "y2"))
    assert left == pytest.approx(100 * (0.2 + np.tan(np.radians(9)) * 191.5 / 288), abs=3)
    assert right == pytest.approx(100 * (0.2 - np.tan(np.radians(9)) * 191.5 / 288), abs=3)
    assert noon.complaints == []


@pytest.mark.parametrize("noon", ["en-GB", "ar-MA"], indirect=True)
def test_the_outline_is_dragged_with_a_finger_moved_by_keys_and_kept(noon: Noon) -> None:
    noon.enter()
    noon.open("outline")
    panel, page = noon.page.locator("#panel-outline"), noon.page
    page.wait_for_function("() => document.querySelector('#panel-outline img').naturalWidth > 0")
    figure = panel.locator("figure")
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    assert box is not None
    handle = panel.locator(".handle").first
    held = handle.bounding_box()
    assert held is not None
    assert held["width"] >= 44, "a finger is broad"
    page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.mouse.up()
    panel.locator(".handle").nth(1).focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    inputs = panel.locator("input")
    inputs.nth(0).fill("60")
    inputs.nth(1).fill("25.5")
    panel.locator("#rows").select_option("left")
    panel.locator("button.first").click()
    expect(noon.page.locator("#step-outline[data-state=good]")).to_be_visible()
    view = read_camera(noon.file.parent / "cameras" / "P1.toml").parcel_view
    assert view is not None
    assert np.allclose(np.array(view.image_points[0]) / (384, 288), (0.25, 0.5), atol=0.012)
    assert np.allclose(np.array(view.image_points[1]) / (384, 288), (0.83, 0.30), atol=0.002)
    assert view.parcel_points_m == ((0, 0), (60, 0), (60, 25.5), (0, 25.5))
    assert view.rows_from == "left"
    expect(panel.locator("input").nth(1)).to_have_value("25.5")
    assert noon.complaints == []


def test_references_are_marked_in_a_thermal_picture(noon: Noon) -> None:
    config = read_config(noon.file)
    np.savez(config.watch[0].folder / "t.npz", image=heat()[..., None])
    noon.enter()
    noon.open("references")
    panel, page = noon.page.locator("#panel-references"), noon.page
    page.wait_for_function("() => document.querySelector('#panel-references img').naturalWidth > 0")
    panel.locator("figure").scroll_into_view_if_needed()
    for handle, place in ((0, (0.1375, 0.183)), (1, (0.8875, 0.183))):
        figure, held = panel.locator("figure").bounding_box(), panel.locator(".handle").nth(handle).bounding_box()
        assert figure is not None
        assert held is not None
        page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
        page.mouse.down()
        page.mouse.move(figure["x"] + place[0] * figure["width"], figure["y"] + place[1] * figure["height"], steps=3)
        page.mouse.up()
    panel.locator("button.first").click()
    expect(noon.page.locator("#step-references[data-state=good]")).to_be_visible()
    expect(panel.locator(".said")).to_contain_text("38")
    points = read_camera(noon.file.parent / "cameras" / "P1.toml").references
    assert points is not None
    assert points.wet_point == pytest.approx((11, 11), abs=1.5)


def test_live_shows_the_camera_come_level_while_its_screw_is_turned(
    noon: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = noon.file.read_text()
    camera = '[[camera]]\ncamera_id = "mast-1"\nkind = "csi"\nparcel_id = "P1"\n'
    noon.file.write_text(tables[: tables.index("[[watch]]")].rpartition("# Watched folders")[0] + camera)
    rolls = [12.0, 9.0, 7.0, 2.0]

    def turned(config: GatewayConfig, sight: Sight, now: datetime) -> None:
        sight.watch.folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(
            str(sight.watch.folder / f"{now:%H%M%S%f}.jpg"), field_at(rolls.pop(0) if rolls else 2.0)[..., ::-1]
        )

    monkeypatch.setattr("edge.page.desk.take_picture", turned)
    noon.enter()
    noon.open("aim")
    expect(noon.page.locator("#step-aim[data-state=open], #step-aim[data-state=bad]")).to_be_visible()
    noon.page.click("#live")
    expect(noon.page.locator("#panel-aim .said")).to_contain_text("leans by")
    expect(noon.page.locator("#step-aim[data-state=good]")).to_be_visible(timeout=30_000)
    expect(noon.page.locator("#live")).to_have_attribute("aria-pressed", "true")
    noon.page.click("#live")
    expect(noon.page.locator("#live")).to_have_attribute("aria-pressed", "false")
    assert noon.complaints == []


def test_a_trouble_is_told_with_its_cause_and_the_page_goes_on(noon: Noon) -> None:
    noon.file.write_text(with_values(noon.file.read_text(), ["modem"], {"device": "/dev/does-not-exist"}))
    noon.enter()
    noon.open("sim")
    panel = noon.page.locator("#panel-sim")
    expect(panel.locator(".remedy")).to_contain_text("Check SIM, PIN, antenna and credit")
    expect(panel.locator(".cause bdi")).to_contain_text("does-not-exist")
    noon.open("done")
    noon.page.locator("#panel-done button.first").click()
    expect(noon.page.locator("#panel-done .care li")).to_have_count(5)
    noon.page.locator("#panel-done .care li button").first.click()
    expect(noon.page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize(
    ("noon", "direction", "title"),
    [
        ("ar-MA", "rtl", "تشغيل البوابة لأول مرة"),
        ("fr-MA", "ltr", "Mettre en service la passerelle"),
        ("en-GB", "ltr", "Set up the gateway"),
        ("de-DE", "ltr", "Set up the gateway"),
    ],
    indirect=["noon"],
)
def test_it_speaks_the_telephones_language_in_its_direction(noon: Noon, direction: str, title: str) -> None:
    page = noon.page
    expect(page.locator("h1")).to_have_text(title)
    noon.enter()
    assert page.evaluate("() => getComputedStyle(document.body).direction") == direction
    noon.open("outline")
    assert page.evaluate("() => getComputedStyle(document.querySelector('figure')).direction") == "ltr"
    sign, name = (page.locator(f"#step-aim .{part}").bounding_box() for part in ("sign", "name"))
    assert sign is not None
    assert name is not None
    assert (sign["x"] > name["x"]) == (direction == "rtl")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), "it is wider than a phone"
    small = page.evaluate(
        "() => [...document.querySelectorAll('button, select, input')].filter((each) => each.offsetParent"
        " && each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"
    )
    assert small == [], "too small for a finger in the field"
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('button, select, input')].filter((each) => each.offsetParent"
        " && !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length)).length"
    )
    assert unnamed == 0


def test_another_language_is_chosen_on_the_way(noon: Noon) -> None:
    noon.enter()
    noon.open("broker")
    noon.page.locator("#language").select_option("ar")
    expect(noon.page.locator("#step-broker .name")).to_have_text("الخادم")
    expect(noon.page.locator("#panel-broker .remedy")).to_contain_text("افحص الإنترنت")
    assert noon.page.evaluate("() => document.documentElement.dir") == "rtl"


def test_the_policy_holds_in_the_browser(noon: Noon) -> None:
    noon.enter()
    refused = noon.page.evaluate(
        """async () => {
            const tries = [];
            try { tries.push((await fetch("http://127.0.0.1:1/")).status); } catch { tries.push("fetch"); }
            try { document.createElement("script").text = "1"; tries.push("ran"); } catch { tries.push("script"); }
            try { document.body.innerHTML = "<p>x</p>"; tries.push("written"); } catch { tries.push("html"); }
            return tries;
        }"""
    )
    assert refused == ["fetch", "script", "html"]
