"""What carriers call a farmer who no longer wants texts; they write it in more ways than one."""

from typing import Final

OPT_OUTS: Final = ("userinblacklist", "donotdisturbrejection")


def refuses_all(reason: str | None) -> bool:
    """Whether a carrier's reason says that the farmer asked to be left alone."""
    return reason is not None and any(name in "".join(reason.split()).casefold() for name in OPT_OUTS)
