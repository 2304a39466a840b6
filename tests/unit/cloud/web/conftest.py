"""A real store with an invented farm, and a client of the web service over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.store.store import Store
from cloud.web.app import WebSettings, create_app
from tests.web_farm import farm_store, now


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with farm_store(tmp_path_factory.mktemp("farm")) as store:
        yield store


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built map as small as one can be."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Seguia</title>", encoding="utf-8")
    (folder / "assets" / "index-abc.js").write_text("export {};", encoding="utf-8")
    return folder


@pytest.fixture
def client(farm: Store, page: Path) -> Iterator[TestClient]:
    app = create_app(farm, WebSettings(ui_dir=page), now)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client
