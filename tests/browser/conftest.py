"""The map in real Chromium, over a real server and a real store."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as SlowError

from cloud.web.app import BUILT_MAP, WebSettings, create_app
from tests.conftest import system_part
from tests.web_farm import farm_store, now

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # On a busy machine a picture drawn without a graphics card may take longer than the watchdog waits.
    "--disable-gpu-watchdog",
)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the web service answers, on a free port."""
    if not (BUILT_MAP / "index.html").is_file():
        pytest.skip("needs the built map (pip install . builds it; SEGUIA_SKIP_UI leaves it out)")
    with farm_store(tmp_path_factory.mktemp("farm")) as store, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(store, WebSettings(), now)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the web service did not start"
            assert time.monotonic() < deadline, "the web service did not start in 20 s"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = system_part("chromium")
    if program is None:
        pytest.skip("needs chromium, which is not installed: make test installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page and everything that must not happen on it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def watched(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The map's page; ``request.param`` may say language and size of the window."""
    wanted = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **getattr(request, "param", {})}
    context = browser.new_context(**wanted)
    page = context.new_page()
    seen = Watched(page=page)
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.complaints.append(f"error: {error}"))
    page.on("request", lambda made: seen.requests.append(made.url))
    page.on("response", lambda got: seen.complaints.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    page.goto(address)
    page.wait_for_selector("tbody button", timeout=60_000)
    yield seen
    page.unroute_all(behavior="wait")
    context.close()


@pytest.fixture
def page(watched: Watched) -> Page:
    """The page with its list filled; the map may still be drawing."""
    return watched.page


@pytest.fixture
def drawn(watched: Watched) -> Page:
    """The page with its map drawn."""
    page = watched.page
    try:
        page.wait_for_selector("#map[data-state=drawn]", timeout=60_000)
    except SlowError:
        said = page.locator("#trouble").text_content()
        pytest.fail(f"the map was not drawn in 60 s; the page says {said!r}, its console {watched.complaints}")
    return page
