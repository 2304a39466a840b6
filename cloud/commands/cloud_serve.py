"""``seguia cloud serve``: the map and the carrier's callbacks, on this machine only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING

import typer
import uvicorn

from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.telephone_line import door_of
from cloud.config import CloudConfig, Secrets
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.review.order import Order
from cloud.web.app import WebSettings, create_app

if TYPE_CHECKING:
    from cloud.review.outcome import Outcome

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def serve(data: DataOption = None, config: ConfigOption = None) -> None:
    """Serve the map and the carrier's callbacks until stopped with Ctrl-C.

    Example: seguia cloud serve --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        listener = listen(settings)
        typer.echo(f"map: {address(listener)}", err=True)
        server(store, settings, clock=clock_of(settings)).run(sockets=[listener])


def listen(config: CloudConfig) -> socket.socket:
    """Take the configured port; a port that somebody else holds is named."""
    host, port = config.web.host, config.web.port
    if not _is_loopback(host):
        raise ConfigurationError(
            f"web.host: expected an address of this machine alone such as 127.0.0.1, got {host}; the map has no"
            " accounts yet: put a proxy with authentication in front of it"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # from here on a browser is answered, if only once the server has started
    except OSError as error:
        listener.close()
        raise ServiceUnavailableError(
            f"web port {port} on {host}: expected a free port, got {error.strerror}; choose another port"
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """Address of the map for a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def server(store: Store, config: CloudConfig, *, clock: Callable[[], datetime]) -> uvicorn.Server:
    """Web server of an installation, not yet started."""
    secret = Secrets(config).callback_secret() if config.sms.callback_secret_file is not None else None
    web = WebSettings(
        callback_secret=secret,
        aggregator=None if config.sms.aggregator is None else config.sms.aggregator.reports,
        telephone=door_of(store, config, clock),
        price_per_segment=config.sms.price_per_segment,
        allowed_hosts=config.web.allowed_hosts,
        review_proofs=Secrets(config).proofs(),
        review_decide=lambda order: _decide(store, config, order, clock()),
    )
    application = create_app(store, web, clock)
    return uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False, server_header=False))


def _decide(store: Store, config: CloudConfig, order: Order, now: datetime) -> Outcome:
    from cloud.commands.review_office import alone, office_of  # noqa: PLC0415 -- heavy; only a decision waits for it
    from cloud.review.desk import decide  # noqa: PLC0415 -- as above

    with alone(config):
        return decide(store, order, office_of(store, config, now=now))


@contextmanager
def serving(store: Store, config: CloudConfig, listener: socket.socket, clock: Callable[[], datetime]) -> Iterator[str]:
    """Serve beside other work; yields the map's address."""
    web = server(store, config, clock=clock)
    thread = Thread(target=web.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        yield address(listener)
    finally:
        web.should_exit = True
        thread.join(timeout=5.0)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
