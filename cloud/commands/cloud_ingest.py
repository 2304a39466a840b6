"""``seguia cloud ingest``: what the gateways send, stored until someone stops it."""

import signal

import typer

from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.config import Secrets

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def ingest(data: DataOption = None, config: ConfigOption = None) -> None:
    """Store detections, pictures and heartbeats, and acknowledge each once it is committed; stop with Ctrl-C.

    Example: seguia cloud ingest --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        modem = settings.sms.modem
        broker = IngestSettings(
            broker=settings.broker,
            password=Secrets(settings).broker_password(),
            messengers=frozenset() if modem is None else modem.gateways,
        )
        worker = Ingest(store, broker, clock_of(settings))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: worker.ask_to_stop())
        typer.echo(f"ingest: connecting to {settings.broker.address}", err=True)
        worker.run_forever()
        counts = worker.counts
        typer.echo(f"ingest: {counts.stored} stored, {counts.known} known already, {counts.parked} parked")
