"""The sender killed at random instants, in small; ``make chaos`` kills it two hundred times."""

from pathlib import Path

from tests.chaos.rehearsal import rehearse


def test_killed_at_any_instant_nothing_is_lost_and_nothing_sent_twice(tmp_path: Path) -> None:
    heard: list[str] = []
    outcome = rehearse(tmp_path, kills=4, seed=7, tell=heard.append)
    assert (outcome.lost, outcome.twice, outcome.undecided, outcome.reports_lost) == (0, 0, 0, 0)
    assert outcome.intact
    assert (outcome.kills, outcome.texts) == (4, 100)
    assert heard[-1].startswith("4 of 4 killed")
