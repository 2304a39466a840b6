"""An aggregator as an operator describes it, against a real server on this machine."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from cloud.adapters.sms.aggregator import LARGEST_ANSWER, AggregatorAccount, AggregatorCarrier
from cloud.adapters.sms.carrier import Carrier, Outcome
from cloud.dispatch.carrier import TakesOnce
from cloud.errors import ServiceUnavailableError
from cloud.messages import Message, QueuedMessage
from cloud.sending_config import AggregatorConfig
from tests.aggregator_server import Aggregator, Reply

SECRET = "a-secret-word"


@pytest.fixture
def server() -> Iterator[Aggregator]:
    with Aggregator() as running:
        yield running


def carrier(server: Aggregator) -> AggregatorCarrier:
    config = AggregatorConfig(url=server.url, status_path="status", accepted=("accepted",), reference_field="ref")
    return AggregatorCarrier(config, AggregatorAccount(secret=SECRET, sender="SEGUIA"))


def queued(number: int, text: str = "Nord: irrigate é") -> QueuedMessage:
    message = Message(
        parcel_id="p1",
        kind="irrigate",
        language="en",
        text=text,
        encoding="gsm7",
        segments=1,
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
        reviewed=True,
    )
    return QueuedMessage(message_id=f"m{number}", message=message, phone_number=f"+2126{number:08d}")


def sent_over(
    server: Aggregator, *replies: Reply, sender: str | None = "SEGUIA", read_s: float = 5.0, **more: object
) -> Outcome:
    server.replies.extend(replies)
    described = {"url": server.url, "status_path": "status", "accepted": ["accepted"], **more}
    account = AggregatorAccount(secret=SECRET, sender=sender, timeouts_s=(1.0, read_s))
    (outcome,) = AggregatorCarrier(AggregatorConfig.model_validate(described), account).send([queued(1)])
    return outcome


def test_it_is_a_carrier_that_is_live_wherever_it_leaves_this_machine(server: Aggregator) -> None:
    used: Carrier = carrier(server)
    assert (used.name, used.live) == ("aggregator", False)
    away = AggregatorCarrier(AggregatorConfig(url="https://sms.example/send"), AggregatorAccount(secret="s"))
    assert away.live
    assert isinstance(away, TakesOnce)
    assert not away.takes_once


def test_a_form_goes_out_under_the_names_that_were_configured(server: Aggregator) -> None:
    outcome = sent_over(
        server,
        to_field="msisdn",
        text_field="content",
        sender_field="sender",
        reference_field="ref",
        fixed={"type": "transactional"},
        number_form="212612345678",
    )
    assert (outcome.kind, outcome.carrier_id) == ("accepted", "a-1")
    (request,) = server.requests
    assert parse_qs(request.body) == {
        "msisdn": ["212600000001"],
        "content": ["Nord: irrigate é"],
        "sender": ["SEGUIA"],
        "ref": ["m1"],
        "type": ["transactional"],
    }
    assert request.headers["Authorization"] == f"Bearer {SECRET}"


def test_json_goes_out_where_that_is_asked_for(server: Aggregator) -> None:
    assert sent_over(server, encoding="json", sender=None).kind == "accepted"
    (request,) = server.requests
    assert json.loads(request.body) == {"to": "+212600000001", "text": "Nord: irrigate é"}
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("more", "header", "value"),
    [
        ({"auth": "header", "auth_name": "X-Key"}, "X-Key", SECRET),
        ({"auth": "basic", "username": "me"}, "Authorization", "Basic bWU6YS1zZWNyZXQtd29yZA=="),
    ],
)
def test_the_secret_travels_as_configured(server: Aggregator, more: dict[str, str], header: str, value: str) -> None:
    config = AggregatorConfig.model_validate({"url": server.url, **more})
    AggregatorCarrier(config, AggregatorAccount(secret=SECRET)).send([queued(1)])
    assert server.requests[0].headers[header] == value
    assert SECRET not in server.requests[0].body


def test_the_secret_may_be_a_field(server: Aggregator) -> None:
    sent_over(server, auth="field", auth_name="api_key")
    assert parse_qs(server.requests[0].body)["api_key"] == [SECRET]
    assert "Authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"id": "a-9", "status": "Accepted"}', "accepted"),
        ('{"id": null, "status": "ACCEPTED"}', "accepted"),
        ('{"status": "TRY_LATER"}', "retry"),
        ('{"status": "no credit"}', "halt"),
        ('{"status": "INVALID NUMBER +212612345678"}', "rejected"),
        ('{"status": ["ACCEPTED"]}', "unknown"),
        ("{}", "unknown"),
        ("[]", "unknown"),
        ("", "unknown"),
        ('{"id": "a-1", "status": "ACCE', "unknown"),
        ("<html>Welcome to the portal</html>", "unknown"),
        ("[" * 50_000, "unknown"),
    ],
)
def test_what_a_2xx_says(server: Aggregator, body: str, kind: str) -> None:
    outcome = sent_over(server, Reply(body=body), retry=["try_later"], halting=["No Credit"])
    assert outcome.kind == kind
    assert "612345678" not in f"{outcome.reason} {outcome.said}"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "kind", "carrier_id"),
    [
        ('{"messages": [{"id": 77}]}', "accepted", "77"),
        ('{"messages": []}', "unknown", None),
        ('{"messages": [{"id": "None"}]}', "unknown", None),
        ('{"messages": {"id": 77}}', "unknown", None),
        ('{"messages": [{"id": 1.5}]}', "unknown", None),
    ],
)
def test_without_a_status_only_an_id_is_a_yes(server: Aggregator, body: str, kind: str, carrier_id: str | None) -> None:
    outcome = sent_over(server, Reply(body=body), status_path=None, accepted=[], id_path="messages.0.id")
    assert (outcome.kind, outcome.carrier_id) == (kind, carrier_id)


@pytest.mark.parametrize("value", [True, "true"])
def test_a_yes_may_be_a_boolean(server: Aggregator, value: object) -> None:
    body = json.dumps({"id": "a", "ok": value})
    assert sent_over(server, Reply(body=body), status_path="ok", accepted=["true"]).kind == "accepted"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, "halt"),
        (400, "rejected"),
        (401, "halt"),
        (403, "halt"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
        (504, "unknown"),
    ],
)
def test_what_a_status_means(server: Aggregator, status: int, kind: str) -> None:
    assert sent_over(server, Reply(status=status, body="word")).kind == kind


def test_the_time_to_wait_is_kept(server: Aggregator) -> None:
    outcome = sent_over(server, Reply(status=429, body="slow", headers=(("Retry-After", "90"),)))
    assert (outcome.retry_after_s, outcome.said) == (90.0, "HTTP 429: slow")


def test_a_redirect_never_carries_the_secret_along(server: Aggregator) -> None:
    with Aggregator() as elsewhere:
        outcome = sent_over(server, Reply(status=307, headers=(("Location", elsewhere.url),)))
        assert outcome.kind == "halt"
        assert elsewhere.requests == []


def test_an_answer_that_repeats_the_secret_is_kept_without_it(server: Aggregator) -> None:
    outcome = sent_over(server, Reply(status=401, body=f"bad key {SECRET}"))
    assert outcome.reason == "HTTP 401: bad key (key)"
    assert SECRET not in str(outcome.said)


@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(delay_s=0.6), Reply(body="{", endless=True)])
def test_an_answer_that_is_lost_late_or_endless_is_unknown(server: Aggregator, reply: Reply) -> None:
    assert sent_over(server, reply, read_s=0.3).kind == "unknown"
    assert len(server.requests) == 1


def test_an_endless_answer_is_not_read_to_its_end(server: Aggregator) -> None:
    outcome = sent_over(server, Reply(body="x" * (2 * LARGEST_ANSWER)))
    assert outcome.kind == "unknown"
    assert len(outcome.said or "") < 200


def test_nothing_is_handed_over_after_a_halt(server: Aggregator) -> None:
    server.replies.append(Reply(status=401, body="no"))
    outcomes = carrier(server).send([queued(number) for number in range(20)])
    assert {outcome.kind for outcome in outcomes} == {"halt"}
    assert len(server.requests) == 1


def test_outcomes_stand_in_the_order_of_the_batch_though_requests_overlap(server: Aggregator) -> None:
    used = carrier(server)
    batch = [queued(number) for number in range(30)]
    server.replies.append(Reply(body='{"status": "refused"}'))
    outcomes = used.send(batch)
    assert [outcome.kind for outcome in outcomes] == ["rejected", *["accepted"] * 29]
    refs = [parse_qs(request.body)["ref"][0] for request in server.requests]
    assert sorted(refs) == sorted(f"m{number}" for number in range(30))


def test_a_server_that_is_away_is_told_and_may_be_tried_again(server: Aggregator) -> None:
    carrier(server).check()
    with Aggregator() as gone:
        url = gone.url
    away = AggregatorCarrier(AggregatorConfig(url=url), AggregatorAccount(secret="s"))
    assert away.send([queued(1)])[0].kind == "retry"
    with pytest.raises(ServiceUnavailableError, match="expected a connection"):
        away.check()


def test_a_proxy_of_the_environment_never_sees_a_stand_in(server: Aggregator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert sent_over(server).kind == "accepted"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "http://sms.example/send"}, "expected https"),
        ({"url": "ftp://127.0.0.1/send"}, "expected https"),
        ({"url": "https://me:word@sms.example/send"}, "url holds a secret"),
        ({"status_path": "status"}, "status_path needs accepted"),
        ({"takes_once": True}, "takes_once needs reference_field"),
        ({"auth": "basic"}, "auth basic needs username"),
        ({"carrier": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_a_description_that_is_unsafe_or_half_is_refused(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as refusal:
        AggregatorConfig.model_validate({"url": "https://sms.example/send", **wrong})
    assert "word@" not in str(refusal.value.errors(include_input=False))


def test_the_secret_file_stands_beside_the_configuration(tmp_path: Path) -> None:
    config = AggregatorConfig.model_validate(
        {"url": "https://sms.example/send", "secret_file": "aggregator.key"}, context={"folder": tmp_path}
    )
    assert config.secret_file == tmp_path / "aggregator.key"
