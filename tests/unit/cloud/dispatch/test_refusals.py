import pytest

from cloud.dispatch.refusals import refuses_all


@pytest.mark.parametrize(
    ("reason", "all_of_them"),
    [
        ("UserInBlackList", True),
        ("406 UserInBlacklist", True),
        ("user in blacklist", True),
        ("409 DoNotDisturbRejection", True),
        ("UserIsInactive", False),
        ("", False),
        (None, False),
    ],
)
def test_a_farmer_who_wants_no_texts_is_known_by_any_spelling(reason: str | None, *, all_of_them: bool) -> None:
    assert refuses_all(reason) is all_of_them
