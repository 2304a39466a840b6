"""``seguia gateway init``: a new gateway in one line."""

import platform
from pathlib import Path
from typing import Annotated

import typer

from edge.commissioning.founding import Wishes, found
from edge.settings.installer import Language
from edge.settings.profile import ProfileName


def init(  # noqa: PLR0913 -- one parameter per option of the contract
    organisation: Annotated[str, typer.Option(help="First level of this gateway's topics.")],
    gateway: Annotated[str, typer.Option(help="Name of this gateway, unique in the organisation.")],
    parcel: Annotated[str, typer.Option(help="Parcel that the photos show.")],
    crop: Annotated[str | None, typer.Option(help="Crop in view, e.g. soybean.")] = None,
    broker: Annotated[str, typer.Option(help="Broker as host or host:port.")] = "127.0.0.1",
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")] = Path("gateway.toml"),
    *,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS to the broker, with a certificate of its own.")] = False,
    profile: Annotated[ProfileName | None, typer.Option(help="Machine it is made of.")] = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(
            help="Camera of its own, once for each: csi, v4l2:/dev/video0, rtsp://..., mlx90640:/dev/i2c-1.",
            metavar="CAMERA",
        ),
    ] = None,
    modem: Annotated[Path | None, typer.Option(help="Its GSM modem, e.g. /dev/ttyUSB2.")] = None,
    installer: Annotated[str | None, typer.Option(help="Number of the installer, +212..., led by SMS.")] = None,
    language: Annotated[Language, typer.Option(help="Of texts to the installer.")] = "fr",
    command_key: Annotated[Path | None, typer.Option(help="The cloud's command key, where it has one.")] = None,
    plan_key: Annotated[Path | None, typer.Option(help="The cloud's public key of plans.")] = None,
) -> None:
    """Write a commented configuration, its folders and its keys; nothing that exists is overwritten.

    Example: seguia gateway init --organisation demo --gateway gw-01 --parcel P01 --crop soybean --profile pi4
    """
    machine = profile or _this_machine()
    wishes = Wishes(
        organisation=organisation,
        gateway_id=gateway,
        parcel_id=parcel,
        crop=crop,
        broker=broker,
        tls=tls,
        profile=machine,
        cameras=tuple(camera or ()),
        modem=modem,
        installer=installer,
        language=language,
        command_key=command_key,
        plan_key=plan_key,
    )
    founded = found(config, wishes)
    typer.echo(f"wrote {config}")
    if profile is None:
        typer.echo(f"made for {machine}, after the machine this ran on; another one: --profile")
    if founded.keys.made:
        typer.echo(f"wrote {config.parent / 'keys'}: {', '.join(founded.keys.made)}")
    for step in founded.next_steps:
        typer.echo(f"next: {step}")


def _this_machine() -> ProfileName:
    return "x86" if platform.machine() in {"x86_64", "AMD64"} else "pi4"
