"""``seguia gateway page``: the installer's page, on the gateway itself."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from edge.config_file import read_config
from edge.errors import ConfigurationError


def page(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")] = Path("gateway.toml"),
    listen: Annotated[str, typer.Option(help="Address to listen at.", metavar="HOST:PORT")] = "127.0.0.1:8377",
    certificate: Annotated[Path | None, typer.Option(help="PEM certificate of the page, for TLS.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM key of that certificate.")] = None,
    *,
    access_point: Annotated[
        bool, typer.Option("--access-point", help="The address is that of the gateway's own wireless network.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0.01, max=1440, help="The page closes itself after so long.")] = 120.0,
) -> None:
    """Show a telephone's browser the steps of setting up, each with its remedy; a one-time code guards it.

    It listens on this machine alone unless told otherwise. From a telephone: ssh -L 8377:127.0.0.1:8377 USER@GATEWAY,
    or --listen 10.42.0.1:8377 --access-point on the gateway's own wireless network, or TLS by --certificate and --key.

    Example: seguia gateway page --config gateway.toml
    """
    from edge.page.guard import Guard, new_code  # noqa: PLC0415 -- cv2 takes 0.2 s: help is instant
    from edge.page.opening import open_desk  # noqa: PLC0415 -- as above
    from edge.page.routes import Routes  # noqa: PLC0415 -- as above
    from edge.page.server import Door, PageServer  # noqa: PLC0415 -- as above

    read_config(config)
    host, port = _place(listen)
    door = Door(host=host, port=port, certificate_file=certificate, key_file=key, access_point=access_point)
    door.must_be_private()
    code = new_code()
    desk, clock = open_desk(config)
    with PageServer(door, Guard(code, clock.monotonic_s), Routes(desk)) as server:
        typer.echo(f"page  {server.address}")
        typer.echo(f"code  {code[:4]} {code[4:]} (good once)")
        if access_point and not door.tls:
            typer.echo("note  plain HTTP: what protects it is the password of the wireless network")
        closing = threading.Timer(minutes * 60, server.shutdown)
        closing.daemon = True
        closing.start()
        for name in (signal.SIGINT, signal.SIGTERM):
            # Not by an exception, which may strike anywhere and be swallowed there.
            signal.signal(name, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
        try:
            server.serve_forever()
            typer.echo("closed")
        finally:
            closing.cancel()


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    bare = host.strip("[]")
    if not bare or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 -- the highest port
        raise ConfigurationError(f"--listen: expected HOST:PORT such as 127.0.0.1:8377, got {text!r}")
    return bare, int(port)
