"""``seguia cloud review learn``: what people did with the judge's holds, and limits that a person may put in force."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.config import Secrets
from cloud.errors import ConfigurationError, InputError
from cloud.review.eyes import ReviewRules, name_of, reason_of
from cloud.review.learning import Overruled, Proposal, overruled, proposal_of
from cloud.review.word import JudgeLimits, Signature

BEGINNING: Final = date(1970, 1, 1)


def learn(
    out: Annotated[Path | None, typer.Option("--out", help="File for the proposal, JSON.")] = None,
    apply: Annotated[Path | None, typer.Option("--apply", help="Put the limits of this proposal in force.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="With --apply: who decides; kept encrypted.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="With --apply: the reason.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """How often people let pass what each check held, and the limits that would follow; nothing changes by itself.

    Example: seguia cloud review learn --out limits.json --data /var/lib/seguia
    """
    settings = configuration(data, config)
    rules = ReviewRules(reviewers=settings.review.reviewers)
    now = clock_of(settings)()
    with open_store(settings) as store:
        if apply is None:
            _propose(store, out, now)
        elif by is None or why is None:
            raise ConfigurationError("--apply: expected --by and --why beside it, got none; say who decides and why")
        else:
            signer = name_of(Secrets(settings).reviewer(by), rules)
            _put_in_force(store, apply, Signature(by=signer, why=reason_of(why)), now)


def _propose(store: Store, out: Path | None, now: datetime) -> None:
    from cloud.review.telling import proposal_lines  # noqa: PLC0415 -- heavy; --help must be instant

    proposal = proposal_from(store, now)
    for line in proposal_lines(proposal):
        typer.echo(line)
    if out is None:
        return
    try:
        out.write_text(proposal.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: expected a file that can be written, got {error.strerror}; choose another") from error
    typer.echo(f"proposal: {out}; put it in force with: seguia cloud review learn --apply {out} --by NAME --why TEXT")


def proposal_from(store: Store, at: datetime) -> Proposal:
    """What a store's decisions come to; only those under the limits in force count."""
    limits = store.judge_limits()
    cases: dict[tuple[str, date], Overruled] = {}
    for signed in store.words(BEGINNING):
        if limits is not None and signed.word.decided_at <= limits.applied_at:
            continue
        depth = signed.held.proposed.depth_mm
        case = overruled(signed.word, signed.held.checks, None if depth is None else depth.p50)
        if case is not None:
            # Of a day that was decided again only the last word teaches.
            cases[signed.word.parcel_id, signed.word.day] = case
    now = {} if limits is None else limits.factors
    return proposal_of(tuple(cases.values()), now, version=0 if limits is None else limits.version, made_at=at)


def _put_in_force(store: Store, path: Path, signature: Signature, now: datetime) -> None:
    try:
        proposal = Proposal.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: expected a proposal of: seguia cloud review learn --out, got a file that is none; make it again"
        ) from error
    held = proposal_from(store, now)
    if proposal.factors != held.factors or proposal.version_now != held.version_now:
        raise InputError(
            f"{path}: expected the limits that follow from what people decided until now, got others; learn again"
        )
    if not proposal.changes:
        raise InputError(f"{path}: expected limits that change, got those in force; nothing to do")
    limits = JudgeLimits(
        version=proposal.version_now + 1,
        factors=proposal.factors,
        proposal=proposal.digest(),
        reviewer=store.reviewer_mark(signature.by),
        applied_at=now,
    )
    store.save_judge_limits(limits, signature)
    typer.echo(f"limits of the judge, version {limits.version}: in force from the next night on")
    for name, factor in limits.factors.items():
        typer.echo(f"{name}: limit times {factor:g}{', tighter than designed' if factor < 1.0 else ''}")
