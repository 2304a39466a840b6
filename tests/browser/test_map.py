"""An agronomist's morning in a real browser: the parcels are drawn, and a click tells why."""

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watched

pytestmark = [pytest.mark.system("chromium"), pytest.mark.timeout(180)]

# Classes of the layer "soil water" and how many of the farm's parcels fall into each (see RATIOS of the farm).
EXPECTED = {"#2b6a99": 2, "#86b8d1": 2, "#f3e3b2": 2, "#e59a3c": 2, "#8a3a0e": 2}


def pixels(page: Page) -> np.ndarray:
    """What the map shows now, as an array of red, green and blue."""
    page.wait_for_timeout(300)
    shot = np.frombuffer(page.locator("#map canvas.maplibregl-canvas").screenshot(), np.uint8)
    image = cv2.imdecode(shot, cv2.IMREAD_COLOR)
    assert image is not None
    return image[..., ::-1].astype(int)


def count_of(image: np.ndarray, colour: str) -> int:
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return int((np.abs(image - wanted).max(axis=2) <= 4).sum())


def drawn_classes(page: Page) -> dict[str, int]:
    """Class of each parcel that the map says it has drawn."""
    found: dict[str, int] = page.evaluate(
        """() => Object.fromEntries(window.seguiaMap
            .queryRenderedFeatures({ layers: ["parcel-fill", "parcel-hatch", "parcel-point"] })
            .map((each) => [each.properties.id, each.properties.class]))"""
    )
    return found


def test_every_parcel_is_drawn_in_the_colour_of_its_state(drawn: Page) -> None:
    classes = drawn_classes(drawn)
    assert classes == {
        "P01": 4, "P02": 3, "P03": 2, "P04": 1, "P05": 0, "P06": 4,
        "P07": 3, "P08": 2, "P09": 1, "P10": 0, "P11": -1, "P12": -1,
    }  # fmt: skip
    image = pixels(drawn)
    areas = {colour: count_of(image, colour) for colour in EXPECTED}
    assert min(areas.values()) > 2000, f"a class is not drawn: {areas}"
    # Two equal squares of each colour: no colour may hide another.
    assert max(areas.values()) < 2.5 * min(areas.values())
    assert count_of(image, "#788287") > 200, "the parcel without fresh data is not hatched"


def test_another_layer_colours_the_same_parcels_anew(drawn: Page) -> None:
    drawn.click("[data-layer=camera]")
    expect(drawn.locator("#legend")).to_contain_text("Probability of wilting")
    expect(drawn.locator("thead th").nth(1)).to_have_text("Wilting seen")
    expect(drawn.locator("tr[data-parcel=P01] .value")).to_have_text("71%")
    drawn.wait_for_function("() => window.seguiaMap.areTilesLoaded() && window.seguiaMap.loaded()")
    classes = drawn_classes(drawn)
    # Only the first parcel was seen with an opinion; the second camera's abstention is no value.
    assert {name: kind for name, kind in classes.items() if kind >= 0} == {"P01": 3}
    assert len(classes) == 12
    expect(drawn.locator("[data-layer=camera]")).to_have_attribute("aria-pressed", "true")


def test_a_click_on_the_map_opens_the_parcel_with_photo_chart_and_advice(drawn: Page) -> None:
    place = drawn.evaluate("() => window.seguiaMap.project([-6.42 + 0.0004, 32.33 + 0.0004])")
    box = drawn.locator("#map").bounding_box()
    assert box is not None
    drawn.mouse.click(box["x"] + place["x"], box["y"] + place["y"])
    panel = drawn.locator("#panel[data-state=shown]")
    expect(panel.locator("h2")).to_have_text("Soja nord")
    expect(panel.locator(".sentence")).to_contain_text("Irrigate 60")
    expect(panel.locator(".sentence")).to_contain_text("2400")
    expect(panel.locator(".advice")).to_contain_text("Start between Fri 3 Jul, 20:00 and 23:00")
    expect(panel.locator(".advice")).to_contain_text("The advisor proposed 83")
    expect(panel.locator(".explanation")).to_have_text("The dose was cut to what the soil can hold.")
    expect(panel.locator(".decision-shrink")).to_have_text("reduced")
    expect(panel.locator(".badge")).to_have_text("Synthetic scene")
    expect(panel.locator("figcaption")).to_contain_text("Fri 3 Jul, 03:30")
    width = panel.locator(".frame img").evaluate("(image) => image.naturalWidth")
    assert width == 480
    inks = panel.locator(".plot canvas").evaluate_all(
        """(plots) => plots.map((plot) => {
            const data = plot.getContext("2d").getImageData(0, 0, plot.width, plot.height).data;
            let inked = 0;
            for (let at = 3; at < data.length; at += 4) if (data[at] > 0) inked += 1;
            return inked;
        })"""
    )
    assert len(inks) == 2
    assert min(inks) > 300, f"a chart is empty: {inks}"
    expect(panel.locator(".thread li")).to_have_count(2)
    expect(panel.locator(".state-delivered")).to_have_text("delivered")
    assert panel.locator("[lang=ar]").get_attribute("dir") == "auto"
    assert panel.locator("[lang=ar]").evaluate("(text) => getComputedStyle(text).direction") == "rtl"


def test_the_canopy_found_lies_over_the_photo(page: Page) -> None:
    page.click("button[data-parcel=P01]")
    mask = page.locator("canvas.mask")
    expect(mask).to_be_hidden()
    page.check("#mask-toggle")
    expect(mask).to_be_visible()
    page.wait_for_function("() => document.querySelector('canvas.mask').width === 480")
    share = mask.evaluate(
        """(canvas) => {
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let covered = 0;
            for (let at = 3; at < data.length; at += 4) if (data[at] > 0) covered += 1;
            return covered / (data.length / 4);
        }"""
    )
    assert 0.05 < share < 0.9


def test_the_keyboard_alone_reaches_a_parcel_and_comes_back(page: Page) -> None:
    first = page.locator("tbody button").first
    assert first.inner_text() == "Soja nord", "the worst parcel is not first"
    first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("Betterave 6")
    expect(page.locator("#panel[data-state=shown] .sentence")).to_have_text("Held: an agronomist must look first.")
    expect(page.locator("tr[data-chosen]")).to_have_attribute("data-parcel", "P06")
    assert page.evaluate("() => document.activeElement.id") == "panel"
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("() => document.activeElement.dataset.parcel") == "P06"


def test_what_is_not_known_is_said(page: Page) -> None:
    expect(page.locator("tr[data-parcel=P11] .value")).to_have_text("\N{EN DASH}")
    assert [row.get_attribute("data-parcel") for row in page.locator("tbody tr").all()][-2:] == ["P12", "P11"]
    page.click("button[data-parcel=P11]")
    panel = page.locator("#panel[data-state=shown]")
    expect(panel).to_contain_text("No soil water state yet")
    expect(panel).to_contain_text("No advice yet")
    expect(panel).to_contain_text("No photo of this parcel yet")
    expect(panel).to_contain_text("No water balance yet")
    page.click("button[data-parcel=P12]")
    expect(page.locator("#panel header .warning")).to_contain_text("too old to be shown as today's")
    page.click("button[data-parcel=P02]")
    expect(page.locator("#panel[data-state=shown] .seen")).to_contain_text(
        "The detector gives no opinion: the photo is blurred, the photo is too dark."
    )


def test_the_search_narrows_the_list(page: Page) -> None:
    page.fill("input[type=search]", "sugar")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.fill("input[type=search]", "nowhere")
    expect(page.locator("tbody")).to_have_text("No parcel matches.")


def test_the_page_speaks_french_on_demand(page: Page) -> None:
    page.click("#languages [lang=fr]")
    assert page.locator("html").get_attribute("lang") == "fr"
    expect(page.locator("#list-title")).to_contain_text("Parcelles")
    page.click("button[data-parcel=P01]")
    expect(page.locator("#panel[data-state=shown] .sentence")).to_contain_text("Irriguer 60")
    expect(page.locator("#panel .advice")).to_contain_text("Prochain contrôle : lun. 6 juil.")
    expect(page.locator("#panel .badge")).to_have_text("Scène synthétique")
    page.reload()
    expect(page.locator("#list-title")).to_contain_text("Parcelles")


@pytest.mark.parametrize(
    "watched", [{"viewport": {"width": 390, "height": 844}, "locale": "fr-FR"}], indirect=True, ids=["phone"]
)
def test_a_phone_shows_map_list_and_panel(drawn: Page) -> None:
    assert len(drawn_classes(drawn)) == 12
    assert drawn.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    drawn.locator("button[data-parcel=P01]").click()
    expect(drawn.locator("#panel[data-state=shown] .sentence")).to_be_in_viewport()
    drawn.locator("#panel .close").click()
    expect(drawn.locator("#panel")).to_be_hidden()


def test_nothing_is_asked_of_another_host_and_nothing_complains(drawn: Page, watched: Watched, address: str) -> None:
    drawn.click("button[data-parcel=P01]")
    drawn.check("#mask-toggle")
    drawn.click("[data-layer=risk]")
    drawn.wait_for_timeout(800)
    foreign = [url for url in watched.requests if not url.startswith((address, "blob:", "data:"))]
    assert foreign == []
    assert len(watched.requests) > 8
    assert watched.complaints == []


def test_a_silent_service_is_told_and_old_data_stay(page: Page) -> None:
    page.route("**/api/v1/**", lambda route: route.abort())
    page.click("button[data-parcel=P03]")
    expect(page.locator("#panel[data-state=failed]")).to_contain_text("This parcel cannot be shown")
    expect(page.locator("tbody tr")).to_have_count(12)


def test_a_name_is_text_never_markup(page: Page) -> None:
    name = "<img src=x onerror='window.hit=1'>"

    def rename(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("Soja nord", name))

    page.route(re.compile(r"/api/v1/parcels(/P01)?$"), rename)
    page.reload()
    page.click("button[data-parcel=P01]")
    expect(page.locator("#panel[data-state=shown] h2")).to_have_text(name)
    assert page.evaluate("() => window.hit") is None


def test_what_waits_for_an_agronomist_is_shown_with_its_cause(page: Page) -> None:
    review = page.locator("#review")
    expect(review.locator("summary")).to_contain_text("Waits for an agronomist 1")
    card = review.locator("li")
    expect(card).to_be_hidden()
    review.locator("summary").click()
    expect(card).to_contain_text("at stake")
    expect(card).to_contain_text("Look at")
    expect(review).to_contain_text("seguia cloud review")
    expect(card.locator("button")).to_have_text("Betterave 6")
    name = card.locator("button").first.get_attribute("data-parcel")
    card.locator("button").first.click()
    expect(page.locator("#panel")).to_contain_text("agronomist")
    expect(page.locator(f"tr[data-parcel={name}]")).to_have_attribute("data-chosen", "")
    page.get_by_role("button", name="Français").click()
    expect(review.locator("summary")).to_contain_text("Attend un agronome")
    expect(card).to_be_visible()


def test_gateways_that_need_somebody_are_shown_in_their_own_words(page: Page) -> None:
    section = page.locator("#gateways")
    expect(section.locator("summary")).to_contain_text("Gateways that need a look 2")
    section.locator("summary").click()
    silent, gone = (section.locator(f"li[data-state={state}]") for state in ("silent", "offline"))
    expect(silent).to_contain_text("gw-2")
    expect(silent).to_contain_text("silent, last heard 5 hours ago")
    expect(silent).to_contain_text("modem: SIM without credit")
    expect(gone).to_contain_text("gw-3")
    expect(section.locator("li[data-gateway=gw-1]")).to_have_count(0)
    page.get_by_role("button", name="Français").click()
    expect(section.locator("summary")).to_contain_text("Passerelles à vérifier")
    expect(silent).to_contain_text("muette")
