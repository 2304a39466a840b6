"""What a secret proves, and what the configuration keeps of it."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

import seguia
from cloud.config import REVIEWER_VARIABLE, CloudConfig, Secrets
from cloud.errors import ConfigurationError, InputError
from cloud.review.proof import OPERATOR, Proofs, digest_of, signed_as
from cloud.review_config import ReviewConfig

AMINA, BRAHIM = "a" * 32, "b" * 32
PEOPLE = {"Amina": digest_of(AMINA), "Brahim": digest_of(BRAHIM)}


def test_each_secret_proves_its_own_name_and_another_none() -> None:
    proofs = Proofs(people=PEOPLE)
    assert [proofs.name_of(one) for one in (AMINA, BRAHIM, "", "c" * 32)] == ["Amina", "Brahim", None, None]
    assert proofs.decides
    assert AMINA not in repr(proofs)


def test_the_shared_secret_proves_the_operator_until_people_have_their_own() -> None:
    shared = "s" * 24
    assert Proofs(shared=shared).name_of(shared) == OPERATOR
    assert Proofs(shared=shared).name_of(shared + "s") is None
    assert Proofs(shared=shared, people=PEOPLE).name_of(shared) is None
    assert not Proofs().decides
    assert Proofs().name_of("") is None


def test_nobody_signs_as_another() -> None:
    assert signed_as("Amina", "") == signed_as("Amina", " AMINA ") == "Amina"
    assert signed_as(OPERATOR, "Amina") == OPERATOR
    with pytest.raises(InputError, match="expected the name that the secret proves"):
        signed_as("Amina", "Brahim")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"Amina": "short"}, "pattern"),
        ({"Amina": PEOPLE["Amina"], "AMINA": PEOPLE["Brahim"]}, "another name"),
        ({"Amina": PEOPLE["Amina"], "Brahim": PEOPLE["Amina"]}, "another secret"),
        ({"Operator": PEOPLE["Amina"]}, "names of people"),
        ({" ": PEOPLE["Amina"]}, "names of people"),
    ],
)
def test_people_without_a_name_or_a_secret_of_their_own_are_refused(wrong: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ReviewConfig(token_sha256=wrong)


def test_secrets_are_for_those_who_may_decide_and_four_eyes_need_two_of_them() -> None:
    with pytest.raises(ValidationError, match="not in reviewers"):
        ReviewConfig(reviewers=("Amina", "Chama"), token_sha256=PEOPLE)
    with pytest.raises(ValidationError, match="give another a secret"):
        ReviewConfig(four_eyes="always", token_sha256={"Amina": PEOPLE["Amina"]})
    assert ReviewConfig(reviewers=("AMINA", "brahim"), token_sha256=PEOPLE, four_eyes="always").token_sha256 == PEOPLE


def test_on_the_command_line_the_secret_says_who_decides(tmp_path: Path) -> None:
    config = CloudConfig(data_dir=tmp_path, organisation="o", review=ReviewConfig(token_sha256=PEOPLE))
    assert Secrets(config, {REVIEWER_VARIABLE: AMINA}).reviewer("amina") == "Amina"
    with pytest.raises(InputError, match="got another"):
        Secrets(config, {REVIEWER_VARIABLE: AMINA}).reviewer("Brahim")
    with pytest.raises(ConfigurationError, match=REVIEWER_VARIABLE):
        Secrets(config, {}).reviewer("Amina")
    plain = config.model_copy(update={"review": ReviewConfig()})
    assert Secrets(plain, {}).reviewer("Amina") == "Amina"


def test_a_drawn_secret_fits_the_digest_that_is_shown_with_it() -> None:
    drawn = [CliRunner().invoke(seguia.app, ["cloud", "review", "token"]) for _ in range(2)]
    (secret, other) = (one.stdout.strip() for one in drawn)
    assert secret != other
    assert len(secret) >= 24
    assert f'"{digest_of(secret)}"' in drawn[0].stderr
    assert secret not in drawn[0].stderr
