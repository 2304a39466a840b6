import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.adapters.sms.carrier import Carrier
from cloud.adapters.sms.spool import SpoolCarrier
from cloud.errors import ServiceUnavailableError
from cloud.messages import Message, QueuedMessage


def queued(number: int, text: str = "الفدان: سقيو") -> QueuedMessage:
    message = Message(
        parcel_id="p1",
        kind="irrigate",
        language="ary",
        text=text,
        encoding="ucs2",
        segments=1,
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
        reviewed=False,
    )
    return QueuedMessage(message_id=f"m{number}", message=message, phone_number="+212612345678")


def test_each_message_becomes_a_file_without_its_number(tmp_path: Path) -> None:
    carrier: Carrier = SpoolCarrier(tmp_path / "spool")
    SpoolCarrier(tmp_path / "spool").check()
    outcomes = carrier.send([queued(1), queued(2)])
    assert [(outcome.kind, outcome.carrier_id) for outcome in outcomes] == [
        ("accepted", "spool-m1"),
        ("accepted", "spool-m2"),
    ]
    assert not carrier.live
    content = json.loads((tmp_path / "spool" / "m1.json").read_text(encoding="utf-8"))
    assert (content["to"], content["text"]) == ("+212*******78", "الفدان: سقيو")
    assert "612345678" not in (tmp_path / "spool" / "m1.json").read_text(encoding="utf-8")
    assert sorted(path.name for path in (tmp_path / "spool").iterdir()) == ["m1.json", "m2.json"]


def test_a_message_written_before_is_accepted_and_left_as_it_is(tmp_path: Path) -> None:
    carrier = SpoolCarrier(tmp_path)
    carrier.send([queued(1)])
    (outcome,) = carrier.send([queued(1, "another text")])
    assert outcome.kind == "accepted"
    assert "another" not in (tmp_path / "m1.json").read_text(encoding="utf-8")


def test_a_strange_id_stays_inside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    carrier = SpoolCarrier(folder)
    carrier.check()
    strange = queued(1).model_copy(update={"message_id": "../../etc/x"})
    assert carrier.send([strange])[0].kind == "accepted"
    assert [path.name for path in folder.iterdir()] == ["______etc_x.json"]


def test_a_folder_that_cannot_be_made_is_told_and_halts_the_channel(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    carrier = SpoolCarrier(tmp_path / "file" / "spool")
    with pytest.raises(ServiceUnavailableError, match=r"^spool folder .*: expected a folder that can be written, got "):
        carrier.check()
    (outcome,) = carrier.send([queued(1)])
    assert outcome.kind == "halt"
    assert "spool" in (outcome.reason or "")


def test_a_folder_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.adapters.sms.spool.os.access", lambda *_: False)
    with pytest.raises(ServiceUnavailableError, match="no permission to write"):
        SpoolCarrier(tmp_path).check()
