"""What the doctor looks at on the sending side: channels that stand still, messages in doubt, and accounts."""

from datetime import timedelta
from typing import Final

from cloud.adapters.sms.carriers import carriers_of
from cloud.commands.cloud_site import clock_of, open_store
from cloud.config import CloudConfig
from cloud.dispatch.carrier import HasBalance
from cloud.errors import ServiceUnavailableError

MONTH: Final = timedelta(days=30)


def outbox(config: CloudConfig) -> str:
    """What waits, and what somebody must look at; a note where messages are in doubt or came again and again."""
    with open_store(config) as store:
        halts, counted = store.halts(), store.counted()
        often = store.delivered_too_often(clock_of(config)() - MONTH)
    if halts:
        told = "; ".join(f"{halt.carrier} since {halt.since:%Y-%m-%d %H:%M}Z: {halt.reason}" for halt in halts)
        raise ServiceUnavailableError(
            f"outbox: expected channels that take messages, got halted ones ({told}); nothing is lost: mend it, then"
            f" run: seguia cloud outbox resume {halts[0].carrier}"
        )
    waiting = f"{counted.get('queued', 0)} messages wait"
    doubts = counted.get("unknown", 0)
    if not doubts and not often:
        return f"{waiting}, none in doubt"
    return f"none lost; {waiting}, {doubts} in doubt, {len(often)} delivered again and again: seguia cloud outbox list"


def accounts(config: CloudConfig) -> str:
    """What is left at the carriers that tell."""
    asked = [carrier for carrier in carriers_of(config) if isinstance(carrier, HasBalance)]
    if not asked:
        return "none to ask for what is left"
    left = ((carrier.name, carrier.balance()) for carrier in asked)
    return ", ".join(f"{balance.amount:.2f} {balance.currency} left at {name}" for name, balance in left)
