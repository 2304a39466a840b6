"""The web service: the map's page, the API under ``/api/v1``, OGC features under ``/ogc``.

Everything comes from this service: no request leaves for another host, and the content security policy
of every answer says so to the browser.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from cloud.adapters.store.store import Store
from cloud.errors import CloudError, ServiceUnavailableError
from cloud.review.proof import Proofs
from cloud.sending_config import AggregatorReports
from cloud.web.api import (
    aggregator_reports,
    callbacks,
    features,
    gateways,
    measures,
    messages,
    parcels,
    review,
    telephony,
)
from cloud.web.views import Problem

BUILT_MAP: Final = Path(__file__).parent / "static"
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]", "::1")
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Names of built assets hold a hash of their content; everything else is asked for again each time.
ASSETS: Final = "/assets/"
NOT_BUILT: Final = (
    "<!doctype html><html lang='en'><title>Seguia</title><h1>The map is not installed</h1>"
    "<p>This copy of Seguia was installed without its map (SEGUIA_SKIP_UI). Install it again without that"
    " setting: <code>pip install --force-reinstall --no-deps .</code> The API answers under"
    " <a href='/api/v1/parcels'>/api/v1</a>.</p></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """What an operator chooses about the web service."""

    callback_secret: str | None = None
    """Secret part of the path where the SMS carrier reports; None: no such path."""
    aggregator: AggregatorReports | None = None
    """How the aggregator's delivery reports read; None: no such path."""
    telephone: telephony.TelephoneDoor | None = None
    """Where the carrier posts menus and calls; None: no such path."""
    allowed_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    """Names the service answers to; any other Host header is refused."""
    ui_dir: Path = BUILT_MAP
    """Folder of the built map."""
    price_per_segment: float | None = None
    """What one part of a message costs, for the measures."""
    review_proofs: Proofs = field(default_factory=Proofs)
    """Secrets of which a decision of the review must carry one; none: the service only reads."""
    review_decide: review.Decide | None = None
    """What carries a decision out."""


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as problem JSON."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump_json()
    return Response(body, status, dict(headers or {}), media_type="application/problem+json")


def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), error.headers)


def _on_bad_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}" for entry in error.errors())
    return problem(422, told)


def _on_cloud_error(_request: Request, error: Exception) -> Response:
    return problem(503 if isinstance(error, ServiceUnavailableError) else 500, str(error))


def _on_surprise(_request: Request, _error: Exception) -> Response:
    # Answered outside the middleware that adds them elsewhere.
    return problem(500, "the service failed on this request; its log says where", SECURITY_HEADERS)


async def _with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    lasting = request.url.path.startswith(ASSETS) and response.status_code == HTTPStatus.OK
    response.headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if lasting else "no-cache")
    return response


def _page(ui_dir: Path) -> Any:  # noqa: ANN401 -- an ASGI application
    if (ui_dir / "index.html").is_file():
        return StaticFiles(directory=ui_dir, html=True)
    return HTMLResponse(NOT_BUILT, status_code=503)


def create_app(store: Store, settings: WebSettings, clock: Callable[[], datetime]) -> FastAPI:
    """The web service over a store; ``clock`` tells the moment, aware, in UTC."""
    app = FastAPI(
        title="Seguia",
        version="1",
        summary="Parcels, their water, the photo behind the advice, and the messages sent.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    api = APIRouter(prefix="/api/v1")
    api.include_router(messages.router(store))
    api.include_router(parcels.router(store, clock))
    api.include_router(parcels.panel_router(store, clock))
    api.include_router(gateways.router(store, clock))
    api.include_router(measures.router(store, clock, price=settings.price_per_segment))
    api.include_router(review.router(store, clock, proofs=settings.review_proofs, decide=settings.review_decide))
    app.include_router(api)
    app.include_router(features.router(store, clock))
    if settings.callback_secret is not None:
        if settings.aggregator is not None:
            reports = aggregator_reports.router(
                store, settings.aggregator, secret=settings.callback_secret, clock=clock
            )
            app.include_router(reports)
        app.include_router(callbacks.router(store, secret=settings.callback_secret, clock=clock))
    if settings.telephone is not None:
        app.include_router(telephony.router(store, settings.telephone))
    app.mount("/", _page(settings.ui_dir), name="map")
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.add_exception_handler(CloudError, _on_cloud_error)
    app.add_exception_handler(Exception, _on_surprise)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts), www_redirect=False)
    app.middleware("http")(_with_headers)
    return app
