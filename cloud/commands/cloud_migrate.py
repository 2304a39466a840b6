"""``seguia cloud migrate``: tables brought up to date."""

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def migrate(data: DataOption = None, config: ConfigOption = None) -> None:
    """Bring the database's tables up to date; make a backup first.

    Example: seguia cloud migrate --data /var/lib/seguia
    """
    with open_store(configuration(data, config), create=True):
        typer.echo("database: up to date")
