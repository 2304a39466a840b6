"""``seguia impact``: what a trial saved, and the design of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from cloud.commands.console import finish, tell
from cloud.commands.impact_design import design
from cloud.impact.page import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud.impact.data import TrialData, TrialWeather
    from cloud.impact.design import Assigned, Design
    from cloud.impact.registration import Registration

COMMAND: Final = "impact"


class _MeasureFirst(TyperGroup):
    """``seguia impact DATA`` measures; a first word that is no command is the folder of a trial or its option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- typer's own signature
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["measure", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_MeasureFirst, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)
app.command()(design)


@app.callback()
def impact() -> None:
    """Water saved by advice in a real district: seguia impact DATA --design D.toml, or seguia impact design."""


@app.command()
def measure(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of the trial.")],
    given: Annotated[Path, typer.Option("--design", help="Design of the trial, TOML.")],
    registration: Annotated[
        Path | None, typer.Option("--registration", help="Default: registration.json beside the design or in DATA.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="SHA-256 deposited when the trial was registered.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for report.json and report.html.")] = None,
) -> None:
    """What the advice saved, with its interval, or "not proven" and why; the report as JSON on stdout.

    DATA holds parcels.geojson, seasons.csv, readings.csv or events.csv (outages.csv), yields.csv, advised.csv and
    weather.csv (or .nc, .zarr). The registered rules count; what was changed since is told. The word measure may be
    left out.

    Example: seguia impact trial --design trial/design.toml --out report
    """
    from cloud.adapters.files.trial import read_trial, require_folder  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.impact_files import read_design, registration_for, weather_of, write  # noqa: PLC0415 -- as above

    require_folder(data)
    plan = read_design(given)
    written = registration_for(plan, registration, (given.parent, data))
    records = read_trial(data)
    report, problems = _report(records, weather_of(data, records), plan, (written, sha256))
    tell(COMMAND, report["notes"])
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    typer.echo(text)
    tell(COMMAND, [str(report["verdict"])])
    if out is not None:
        write(out / "report.json", text + "\n")
        write(out / "report.html", page_of(report))
    finish(COMMAND, problems)


def _report(
    records: TrialData, weather: TrialWeather, plan: Design, rules: tuple[Registration | None, str | None]
) -> tuple[dict[str, Any], list[str]]:
    from cloud.impact.analysis import analyse  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.impact.assemble import assemble  # noqa: PLC0415 -- as above
    from cloud.impact.compliance import compliance_of, observed_assignment  # noqa: PLC0415 -- as above
    from cloud.impact.registration import changes, faults  # noqa: PLC0415 -- as above
    from cloud.impact.report import report_of  # noqa: PLC0415 -- as above

    written, deposited = rules
    counts = plan if written is None else written.design
    changed = () if written is None else changes(written.design, plan)
    assignment: Sequence[Assigned]
    left_out: tuple[str, ...] = ()
    if written is None or not counts.randomised:
        assignment, left_out = observed_assignment(records, counts)
    else:
        assignment = written.assignment
    made = assemble(records, weather, counts, assignment)
    tampered = faults(written, deposited)
    found = analyse(made.panel, counts, registered=written is not None, tampered=tampered)
    problems = [*records.problems, *left_out, *made.problems, *tampered]
    given = {
        "problems": problems,
        "notes": [*records.notes, *made.notes, *changed],
        "changes": list(changed),
        "registration": None if written is None else {"registered_on": written.registered_on, "sha256": written.digest},
        "inputs": dict(records.digests),
    }
    compliance = compliance_of(records, counts, assignment)
    return report_of(found, made.panel, made.gap_fraction, compliance, given), problems
