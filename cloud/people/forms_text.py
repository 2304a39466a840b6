"""Forms of the law, filled with an installation's own facts: drafts for counsel, never ready to sign."""

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Final

FORMS: Final = ("declaration_cndp_fr.md", "consentement_fr.md", "consentement_ar.md")
BLANK: Final = "____________________"


def form(name: str, facts: Mapping[str, object]) -> str:
    """Text of a form; a fact that is not known leaves a line to write on."""
    text = (files("cloud.people") / "forms" / name).read_text(encoding="utf-8")
    filled = {key: BLANK if value in {None, ""} else str(value) for key, value in facts.items()}
    return Template(text).substitute(filled)
