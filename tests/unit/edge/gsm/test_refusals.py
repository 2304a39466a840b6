import pytest

from edge.gsm.refusals import refusal_of


@pytest.mark.parametrize(
    ("family", "code", "handed_over", "meaning"),
    [
        ("CMS", 310, True, "halt"),
        ("CMS", 311, False, "halt"),
        ("CMS", 38, True, "halt"),
        ("CMS", 331, True, "halt"),
        ("CMS", 1, True, "rejected"),
        ("CMS", 304, False, "rejected"),
        ("CMS", 176, True, "rejected"),
        ("CMS", 42, True, "retry"),
        ("CMS", 300, True, "retry"),
        ("CMS", 332, True, "unknown"),
        ("CMS", 332, False, "retry"),
        ("CMS", 500, True, "unknown"),
        ("CMS", 500, False, "retry"),
        ("CMS", 512, True, "unknown"),
        ("CMS", None, True, "unknown"),
        ("CME", 10, False, "halt"),
        ("CME", 14, False, "retry"),
        ("CME", 100, False, "retry"),
        ("", None, True, "unknown"),
        ("", None, False, "retry"),
    ],
)
def test_only_what_surely_did_not_leave_is_tried_again(
    family: str, code: int | None, meaning: str, *, handed_over: bool
) -> None:
    refusal = refusal_of(family, code, handed_over=handed_over)
    assert refusal.meaning == meaning
    assert str(code) in refusal.word or code is None
    assert len(refusal.word) <= 100
