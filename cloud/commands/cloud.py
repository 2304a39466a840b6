"""``seguia cloud``: what an operator does; each part is opened only when it is called."""

import importlib
from dataclasses import dataclass
from typing import Any, Final

import typer
from typer.core import TyperGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where a command lives and what it is for."""

    module: str
    summary: str


PARTS: Final = {
    "init": Part(module="cloud.commands.cloud_init", summary="A new data folder: configuration, keys, empty database."),
    "check": Part(module="cloud.commands.cloud_check", summary="What is well and what is not, each with its remedy."),
    "import": Part(module="cloud.commands.cloud_import", summary="Parcels, farmers and irrigations into the store."),
    "farmer": Part(module="cloud.commands.cloud_farmer", summary="People: consent, ties, rights, and what leaves."),
    "migrate": Part(module="cloud.commands.cloud_migrate", summary="Bring the database's tables up to date."),
    "ingest": Part(module="cloud.commands.cloud_ingest", summary="Store what the gateways send, until stopped."),
    "gateway": Part(module="cloud.commands.cloud_gateway", summary="How gateways are, and orders to one of them."),
    "weather": Part(module="cloud.commands.cloud_weather", summary="Past weather and forecast from weather services."),
    "nightly": Part(module="cloud.commands.cloud_nightly", summary="Decide the day and queue its messages."),
    "plan": Part(module="cloud.commands.cloud_plan", summary="Plans by which gateways advise while alone."),
    "review": Part(module="cloud.commands.cloud_review", summary="What the judge withheld, decided by people."),
    "catalogue": Part(module="cloud.commands.cloud_catalogue", summary="Words of each language: review, try, sign."),
    "send": Part(module="cloud.commands.cloud_send", summary="Hand queued messages to the carrier."),
    "call": Part(module="cloud.commands.cloud_call", summary="Ring the people who want to be called."),
    "fetch": Part(module="cloud.commands.cloud_fetch", summary="Farmers' answers: asked of the carrier, or of a file."),
    "recordings": Part(module="cloud.commands.cloud_recordings", summary="What calls can play, and what is missing."),
    "phone": Part(module="cloud.commands.cloud_phone", summary="A farmer's telephone on the console."),
    "attend": Part(module="cloud.commands.cloud_attend", summary="Farmers' texts heard, answered and made to count."),
    "outbox": Part(module="cloud.commands.cloud_outbox", summary="What waits or is in doubt, and a word on it."),
    "measures": Part(module="cloud.commands.cloud_measures", summary="How farmers are reached, and what comes of it."),
    "serve": Part(module="cloud.commands.cloud_serve", summary="The map and the carrier's callbacks."),
    "backup": Part(module="cloud.commands.cloud_backup", summary="The installation in one sealed file; tried, too."),
    "restore": Part(module="cloud.commands.cloud_restore", summary="An installation back from a backup, proven."),
    "audit": Part(module="cloud.commands.cloud_audit", summary="The ledger and proofs: verify, replay, export, check."),
}


class PartsGroup(TyperGroup):
    """Commands by name; a part's module is imported when its command is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 -- typer's own signature
        """Names in the order an operator needs them."""
        return list(PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 -- typer's own signature
        """The command, its part opened."""
        part = PARTS.get(cmd_name)
        if part is None:
            return None
        command = typer.main.get_command(importlib.import_module(part.module).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 -- typer's own signature
        """List of commands from the table, so that asking for help opens no part."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.summary) for name, part in PARTS.items()])


app = typer.Typer(
    cls=PartsGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The cloud side. Start with: seguia cloud init --data DIR",
)


@app.callback()
def cloud() -> None:
    """The cloud side. Start with: seguia cloud init --data DIR."""
