"""How an installation speaks, by its configuration."""

from cloud.adapters.files.catalogues import read_wording
from cloud.config import CloudConfig
from cloud.speech.voice import Voice


def voice_of(config: CloudConfig) -> Voice:
    """Drafts speak only where no message reaches a telephone of somebody who needs them signed.

    The operator's own words take the place of the packaged ones.
    """
    return Voice(
        draft=not config.sms.reviewed_only,
        price_per_segment=config.sms.price_per_segment,
        wording=read_wording(config.sms.catalogues_dir),
    )
