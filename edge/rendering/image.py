"""Recipe of a gateway's image, with a root that is never written to."""

from collections.abc import Mapping

from edge.config import GatewayConfig
from edge.rendering.blank import filled
from edge.settings.profile import PROFILES


def image(config: GatewayConfig) -> Mapping[str, str]:
    """Text of each file by its path."""
    profile = PROFILES[config.profile]
    boot = (
        f"Put {' and '.join(profile.packages)} into it: `image/build.sh` already does."
        if profile.packages
        else "Begin with the maker's own 64-bit image, whose kernel and boot loader know the board; keep its boot part."
    )
    words = {
        "title": profile.title,
        "architecture": profile.architecture,
        "packages": "".join(f",{name}" for name in profile.packages),
        "journal_max_mb": profile.journal_max_mb,
        "boot": boot,
    }
    return {
        "image/build.sh": filled("image/build.sh", words),
        "image/fstab": filled("image/fstab", words),
        "image/READ-ONLY-ROOT.md": filled("image/READ-ONLY-ROOT.md", words),
    }
