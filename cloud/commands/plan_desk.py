"""Plans made of a night, kept, and handed to the broker for gateways that may not hear the cloud for long."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from cloud.adapters.broker import BrokerLink, to_stderr
from cloud.adapters.store.store import Store
from cloud.commands.cloud_send import policy_of, silenced_by
from cloud.commands.voice import voice_of
from cloud.config import CloudConfig, Secrets
from cloud.errors import CloudError, ConfigurationError
from cloud.messages import Farmer, Message
from cloud.nightly import NightReport
from cloud.planning.bundles import Addressed, Telling, WhyNot, bundle_for
from cloud.planning.making import make_plans
from edge.contract import topic_of
from edge.errors import ConfigurationError as FieldConfigurationError
from edge.errors import ContractError
from edge.plan import LARGEST_MESSAGE_BYTES
from edge.plan_seal import encode_plans, read_hex_key

_CONNECT_S: Final = 10.0
_RECEIPT_S: Final = 20.0
_LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What became of a night's plans."""

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def plan_night(store: Store, config: CloudConfig, report: NightReport, *, now: datetime) -> Planned:
    """Make the plans of all gateways, keep them, and publish them; what fails costs the plans and nothing else."""
    if not config.planning.gateways:
        return Planned()
    try:
        return _planned(store, config, report, now)
    except (CloudError, ContractError) as error:
        return Planned(problems=(str(error),))


def publish(config: CloudConfig, bundles: Mapping[str, bytes]) -> tuple[str, ...]:
    """Hand bundles to the broker, which keeps the newest of each gateway; one line for each that it did not take."""
    # A link hears something; what it hears here is the ingest's to keep.
    topics = [topic_of(config.organisation, gateway, "heartbeat") for gateway in bundles]
    password = Secrets(config).broker_password()
    link = BrokerLink(config.broker, password, hear=lambda _: False, tell=to_stderr, topics=topics)
    link.open(_CONNECT_S)
    try:
        numbers = {
            gateway: link.publish(topic_of(config.organisation, gateway, "plan"), payload, retain=True)
            for gateway, payload in bundles.items()
        }
        until_s = time.monotonic() + _RECEIPT_S
        waiting = dict(numbers)
        while waiting and time.monotonic() < until_s:
            waiting = {name: one for name, one in waiting.items() if one is None or link.receipt(one) is None}
            time.sleep(_LOOK_S)
    finally:
        link.close()
    return tuple(
        f"plan of gateway {name}: the broker did not take it; run: seguia cloud plan publish"
        for name in sorted(waiting)
    )


def signing_key(config: CloudConfig) -> bytes:
    """The key by which plans are signed."""
    file = config.planning.signing_key_file
    if file is None:
        raise ConfigurationError(
            "planning.signing_key_file: expected a file, got none; name one and run: seguia cloud plan key"
        )
    try:
        return read_hex_key(file, "key that signs plans")
    except FieldConfigurationError as error:
        raise ConfigurationError(str(error)) from error


def _planned(store: Store, config: CloudConfig, report: NightReport, now: datetime) -> Planned:
    key = signing_key(config)
    planning = config.planning
    wanted = [name for one in planning.gateways.values() for name in one.parcels]
    made = make_plans(report.inputs, report.decision, wanted, now, days=planning.days)
    telling = Telling(
        people=_people(store, report.inputs.day, wanted), voice=voice_of(config), why_not=_why_not(store, config, now)
    )
    number = max(store.newest_plan_number() + 1, int(now.timestamp()))
    problems = list(made.problems)
    payloads: dict[str, bytes] = {}
    for name, one in planning.gateways.items():
        address = Addressed(
            organisation=config.organisation,
            gateway=name,
            opening_key=bytes.fromhex(one.opening_key),
            parcels=one.parcels,
        )
        bundle, left_out = bundle_for(address, made, telling, number=number, made_at=now)
        problems.extend(left_out)
        if bundle is not None:
            payload = encode_plans(bundle, topic_of(config.organisation, name, "plan"), key)
            if len(payload) > LARGEST_MESSAGE_BYTES:
                problems.append(
                    f"plan of gateway {name}: expected at most {LARGEST_MESSAGE_BYTES} bytes, got {len(payload)};"
                    " give some of its parcels to another gateway"
                )
                continue
            store.keep_plan(bundle, payload)
            payloads[name] = payload
    try:
        problems.extend(publish(config, payloads) if payloads else ())
    except CloudError as error:
        problems.append(f"plans are kept and not published: {error}; then run: seguia cloud plan publish")
    lines = (f"plans: {len(made.plans)} parcels in {len(payloads)} bundles, number {number}",)
    return Planned(lines=lines, notes=made.notes, problems=tuple(problems))


def _people(store: Store, day: date, wanted: Sequence[str]) -> Mapping[str, Sequence[Farmer]]:
    recipients = store.recipients(day)
    found: dict[str, list[Farmer]] = {}
    for parcel_id in wanted:
        for one in recipients.get(parcel_id, ()):
            farmer = store.farmer(one.farmer_id)
            if farmer is not None:
                found.setdefault(parcel_id, []).append(farmer.model_copy(update={"language": one.language}))
    return found


def _why_not(store: Store, config: CloudConfig, now: datetime) -> WhyNot:
    """The rules of sending, as of the night: consent, silence, words that are reviewed and signed."""
    policy = replace(
        policy_of(config),
        silenced=silenced_by(store, config, now),
        consented=store.consented(now),
        signed=store.signed_catalogues(signatures=config.sms.catalogue_signatures),
    )
    live = config.sms.carriers != ("spool",)

    def why_not(message: Message) -> str | None:
        refusal = policy.refusal(message, live=live)
        return None if refusal is None else refusal.text

    return why_not
