"""What a quota holds on a day: its volume, and the share of what its holder left of the period before."""

from collections.abc import Callable, Sequence

from cloud.records import Quota

UsedM3 = Callable[[Quota], float]
"""Water counted against a quota between its two dates [m3]."""


def volume_m3(quota: Quota, quotas: Sequence[Quota], used_m3: UsedM3) -> float:
    """Volume with what was carried over from the holder's last period that ended before this one began."""
    before = [
        one
        for one in quotas
        if (one.parcel_id, one.canal) == (quota.parcel_id, quota.canal) and one.valid_to < quota.valid_from
    ]
    if not before:
        return quota.volume_m3
    last = max(before, key=lambda one: (one.valid_to, one.valid_from, one.volume_m3))
    left = max(0.0, volume_m3(last, quotas, used_m3) - used_m3(last))
    return quota.volume_m3 + last.carry_over * left
