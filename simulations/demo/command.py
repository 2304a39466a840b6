"""``seguia demo``: the whole system on one machine, each step told in plain words."""

import socket
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.adapters.ledger import verify
from cloud.nightly import NightReport, by_decision
from edge.contract import Detection
from simulations.demo import farm, stage
from simulations.demo.broker import LOOPBACK, free_port
from simulations.demo.site import demo_clock

USUAL_PORT: Final = 8765
EVERY_S: Final = 2.0

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def demo(
    photos: Annotated[Path | None, typer.Option("--photos", help="Folder of soybean photos (JPEG, PNG).")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port of the map.")] = None,
    data: Annotated[Path, typer.Option("--data", help="Folder of the demo; made afresh at each start.")] = Path(
        "seguia-demo"
    ),
    *,
    until_sms: Annotated[bool, typer.Option("--until-sms", help="Stop after the first delivered SMS.")] = False,
) -> None:
    """From a field photo to a farmer's SMS on this machine: no key, no account, no internet.

    Example: seguia demo --photos my-photos --until-sms
    """
    clock = demo_clock()
    typer.echo(f"Seguia demo. It is the evening of {farm.DEMO_DAY}; farm, farmers and irrigations are invented.")
    with stage.raised(data, photos, _free_web_port() if port is None else port, clock) as running:
        _tell_servers(running)
        stage.take_the_farm_in(running)
        _tell_field(running, stage.see(running))
        _tell_night(running, stage.decide(running))
        delivered = _tell_messages(running, stage.send(running))
        typer.echo(f"\nMap: {running.map_address}")
        if until_sms:
            raise typer.Exit(0 if delivered else 1)
        typer.echo("Open it in a browser on this machine; Ctrl-C ends the demo. Texts of farmers are attended to: try")
        told = [one.message.farmer_id for one in running.store.message_log() if one.message.kind == "irrigate"]
        typer.echo(f"   seguia cloud phone {told[-1] if told else 'FARMER'} --by me --data {running.site.cloud}")
        _attend_until_interrupted(running)


def _tell_servers(running: stage.Stage) -> None:
    broker = running.config.broker
    typer.echo(f"\n1. Servers, all on {LOOPBACK}: MQTT broker on port {broker.port}, map at {running.map_address},")
    typer.echo(f"   stand-in of the SMS carrier at {running.carrier.url} (it sends nothing to any telephone)")
    typer.echo(f"   database and keys in {running.site.cloud}")
    typer.echo(f"   weather: {running.weather.origin}; the forecast is that record blurred by a SYNTHETIC error")


def _tell_field(running: stage.Stage, unusable: tuple[str, ...]) -> None:
    typer.echo(f"\n2. Field: {running.photos.announcement}, through the real gateway daemon")
    typer.echo(
        f"   photo dates were replaced: as if taken every 15 minutes until 14:00 of {farm.DEMO_DAY},"
        f" parcel {farm.PHOTOGRAPHED_PARCEL} (soybean)"
    )
    for line in unusable:
        typer.echo(f"   {line}")
    seen = running.store.parcel_detections(farm.PHOTOGRAPHED_PARCEL, 100)
    opinions = [stored.detection for stored in seen if stored.detection.opinion]
    reasons = Counter(r for stored in seen if not stored.detection.opinion for r in stored.detection.reasons)
    typer.echo(f"   {len(seen)} detections stored and acknowledged; {len(opinions)} with an opinion")
    for reason, count in reasons.items():
        typer.echo(f"   {count} without opinion: {reason}")
    _tell_opinions(opinions)


def _tell_opinions(opinions: Sequence[Detection]) -> None:
    scores = [one.wilting_score for one in opinions if one.wilting_score is not None]
    covers = [one.canopy_cover_fraction for one in opinions if one.canopy_cover_fraction is not None]
    if covers:
        typer.echo(f"   canopy {100 * min(covers):.0f} to {100 * max(covers):.0f} % of the picture")
    if scores:
        typer.echo(f"   visual wilting {min(scores):.1f} to {max(scores):.1f} of 4")
    silent = Counter(reason for one in opinions if one.wilting_score is None for reason in one.reasons)
    if silent["unlike_training"]:
        typer.echo(
            f"   {silent['unlike_training']} without a wilting score: unlike_training (the model does not judge what"
            " is unlike the photos it learned from, drawn pictures for one)"
        )


def _tell_night(running: stage.Stage, report: NightReport) -> None:
    verdicts = report.decision.verdicts
    typer.echo(f"\n3. Night: soil water of {len(verdicts)} parcels, advice for {farm.COMING_DAY}, judge")
    for name, count in by_decision(verdicts).items():
        typer.echo(f"   {name}: {count}")
    for verdict in verdicts:
        spoken = verdict.recommendation
        water = "" if spoken.depletion_mm is None else f", {spoken.depletion_mm.p50:.0f} mm missing by that evening"
        # The name of a failed check is no reason a reader understands; the judge's sentence below says it.
        why = f" ({spoken.reason_code})" if verdict.decision == "release" else ""
        dose = "" if spoken.depth_mm is None else f", {spoken.depth_mm.p50:.0f} mm = {spoken.volume_m3:.0f} m3"
        hours = "" if spoken.duration_h is None else f" = {spoken.duration_h:.2f} h"
        typer.echo(f"   {spoken.parcel_name:14} {spoken.action}{dose}{hours}{water}{why}")
        if verdict.decision != "release":
            typer.echo(f"   {'':14} the judge: {verdict.decision}: {verdict.explanation}")
    for problem in report.problems:
        typer.echo(f"   could not be used: {problem}")
    typer.echo(
        f"   {len(report.messages)} messages queued; unreviewed languages speak here only because nobody is reached"
    )
    assert running.config.sms.base_url is not None, "the demo must never reach a real carrier"


def _tell_messages(running: stage.Stage, alarms: tuple[str, ...]) -> int:
    typer.echo("\n4. SMS, through the official africastalking SDK")
    delivered = 0
    for entry in reversed(running.store.message_log()):
        delivered += entry.state == "delivered"
        typer.echo(
            f"   [{entry.state}] {entry.message.language}, {entry.message.segments} part(s): {entry.message.text}"
        )
    for alarm in alarms:
        typer.echo(f"   ALARM {alarm}")
    found = verify(running.store)
    state = "intact" if found.intact else f"BROKEN: {'; '.join(found.problems)}"
    typer.echo(f"\n5. Ledger: {found.entries} entries in one hash chain, {state}; its head is {found.head}")
    return delivered


def _free_web_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, USUAL_PORT))
        except OSError:
            return free_port()
    return USUAL_PORT


def _attend_until_interrupted(running: stage.Stage) -> None:
    attending = stage.attending(running)
    try:
        while not threading.Event().wait(EVERY_S):
            done = attending.round()
            if not done.idle:
                typer.echo(f"   {done.heard} texts heard, {done.answers} answers, {done.renewed} looked at again")
            for line in (*done.notes, *done.problems):
                typer.echo(f"   {line}")
    except KeyboardInterrupt:
        typer.echo("\nThe demo is over; its folder stays for you to look at.")
