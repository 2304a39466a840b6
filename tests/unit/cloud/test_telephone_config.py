from typing import Any

import pytest
from pydantic import ValidationError

from cloud.telephone_config import TelephoneConfig


def test_without_a_word_calls_are_refused_at_no_cost() -> None:
    usual = TelephoneConfig()
    assert (usual.inbound, usual.voices, usual.instead, usual.strangers_language) == ("reject", {}, None, "fr")
    assert usual.heads_up_minutes == 10


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"audio_url": "https://s.example/a"}, "audio_dir and audio_url belong together"),
        ({"instead": "fr"}, "instead needs a voice"),
        ({"public_url": "http://s.example"}, "public_url: expected an address that begins with https"),
        ({"number": "0612345678"}, "String should match pattern"),
        ({"heads_up_minutes": -1}, "greater than or equal to 0"),
        ({"inbound": "sing"}, "Input should be 'reject' or 'speak'"),
        ({"voices": {"klingon": "woman"}}, "Input should be 'fr'"),
    ],
)
def test_what_cannot_work_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TelephoneConfig.model_validate(changed)


def test_a_stand_in_on_this_machine_needs_no_tls() -> None:
    settings = TelephoneConfig(public_url="http://127.0.0.1:8765", voices={"fr": "fr-A"}, instead="fr")
    assert settings.public_url == "http://127.0.0.1:8765"
