"""The person who set a gateway up, and how often they look after it."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from edge.settings.section import LocalPath, Section

Language = Literal["ar", "fr", "en"]


class InstallerConfig(Section):
    """Whom the gateway leads through its set-up, and reminds of its care, by SMS."""

    number_file: LocalPath = Field(
        default=Path("keys/installer.number"),
        validate_default=True,
        title="Number file",
        description="File (mode 600) whose first line is the installer's number, +...; never the number itself.",
    )
    language: Language = Field(default="fr", title="Language", description="Of texts to the installer.")
    reminder_hour_utc: int = Field(
        default=8,
        title="Reminder hour [UTC]",
        description="Reminders leave from this hour on, for eight hours.",
        ge=0,
        le=23,
    )


class CareConfig(Section):
    """How often each thing at the gateway is looked after; what is seen or heard to be wrong is due at once."""

    lens_days: int = Field(
        default=14, title="Lens [d]", description="Days between cleanings of the lens.", ge=1, le=366
    )
    panel_days: int = Field(
        default=30, title="Solar panel [d]", description="Days between cleanings of the panel.", ge=1, le=366
    )
    sim_credit_days: int = Field(
        default=30, title="SIM credit [d]", description="Days between looks at the SIM's credit.", ge=1, le=366
    )
    lightning_days: int = Field(
        default=180,
        title="Lightning [d]",
        description="Days between looks at surge protector and earth wire.",
        ge=1,
        le=732,
    )
    theft_days: int = Field(
        default=60, title="Theft [d]", description="Days between looks at locks, bolts and cables.", ge=1, le=732
    )
