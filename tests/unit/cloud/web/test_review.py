"""The review over HTTP: read by anybody, decided only with the operator's secret, once it is switched on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.errors import ConfigurationError, InputError
from cloud.records import Check, Parcel, Quantiles, Recommendation, Verdict
from cloud.review.order import Order
from cloud.review.outcome import Decided, Outcome
from cloud.review.proof import Proofs, digest_of
from cloud.web.app import WebSettings, create_app

NOW = datetime(2026, 7, 3, 6, 30, tzinfo=UTC)
TOKEN = "a-secret-of-twenty-four-characters"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WORD = {"act": "approve", "by": "Amina", "why": "dry at 30 cm"}


def held(name: str) -> Verdict:
    begin = NOW + timedelta(hours=4)
    proposed = Recommendation(
        parcel_id=name,
        parcel_name=name,
        timezone="Africa/Casablanca",
        day=NOW.date(),
        action="irrigate",
        start_window=(begin, begin),
        depth_mm=Quantiles(p10=20.0, p50=20.0, p90=20.0),
        volume_m3=200.0,
        stress_probability_if_ignored=0.5,
        reason_code="stress_expected",
        code_version="test",
    )
    silent = {"action": "hold", "start_window": None, "depth_mm": None, "volume_m3": None}
    return Verdict(
        proposed=proposed,
        recommendation=proposed.model_copy(update=silent),
        decision="hold",
        checks=(Check(name="waiting_is_safe", passed=False, measured=66.0, limit=60.0),),
        explanation="Held for a person: made for a test.",
        valid_until=NOW + timedelta(hours=17),
    )


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True) as store:
        store.save_parcels(
            [Parcel(id=name, crop="maize", planted_on="2026-05-01", latitude=32.3, longitude=-6.3) for name in "ab"]
        )
        store.save_day(NOW.date(), (), [held("a"), held("b")])
        yield store


class Office:
    """Takes orders down instead of carrying them out."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.outcome = Outcome(
            decided=[Decided(parcel_id="a", state="decided", recommendation=held("a").proposed, message_id="m1")]
        )

    def __call__(self, order: Order) -> Outcome:
        self.orders.append(order)
        if order.by == "nobody":
            raise InputError("--by: expected one of the names in review.reviewers, got another; add it there first")
        return self.outcome


def client_of(store: Store, **settings: Any) -> TestClient:  # noqa: ANN401 -- any setting, by name
    app = create_app(store, WebSettings(**settings), lambda: NOW)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def card_of(client: TestClient) -> str:
    (card,) = client.get("/api/v1/review").json()
    return str(card["card"])


def test_the_queue_is_read_without_a_secret(farm: Store) -> None:
    (card,) = client_of(farm).get("/api/v1/review").json()
    assert (card["cause"], card["status"], card["missing_m3"]) == ("waiting_is_safe", "open", 200.0)
    assert card["risk_m3_per_h"] == 50.0
    assert [one["parcel_id"] for one in card["parcels"]] == ["a", "b"]


def test_a_service_that_only_reads_says_how_decisions_are_switched_on(farm: Store) -> None:
    client = client_of(farm)
    answer = client.post(f"/api/v1/review/{card_of(client)}", json=WORD, headers=BEARER)
    assert answer.status_code == 403
    assert "set review.token_file" in answer.json()["detail"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": TOKEN}])
def test_without_the_secret_nothing_is_decided(farm: Store, header: dict[str, str]) -> None:
    office = Office()
    client = client_of(farm, review_proofs=Proofs(shared=TOKEN), review_decide=office)
    answer = client.post(f"/api/v1/review/{card_of(client)}", json=WORD, headers=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert office.orders == []


def test_a_decision_is_an_order_on_the_cards_parcels(farm: Store) -> None:
    office = Office()
    client = client_of(farm, review_proofs=Proofs(shared=TOKEN), review_decide=office)
    path = f"/api/v1/review/{card_of(client)}"
    answer = client.post(path, json=WORD, headers=BEARER)
    assert answer.json() == {
        "decided": [{"parcel_id": "a", "state": "decided", "action": "irrigate", "depth_mm": 20.0, "queued": True}],
        "notes": [],
        "problems": [],
    }
    one = {**WORD, "act": "override", "parcels": ["b"], "depth_mm": 15.0, "starts_at": "2026-07-03T18:00:00+01:00"}
    assert client.post(path, json=one, headers=BEARER).status_code == 200
    assert [order.parcel_ids for order in office.orders] == [("a", "b"), ("b",)]
    assert [order.act for order in office.orders] == ["approve", "override"]
    assert (office.orders[1].depth_mm, office.orders[1].day) == (15.0, NOW.date())


def test_what_cannot_be_decided_is_a_conflict_with_its_reason(farm: Store) -> None:
    office = Office()
    client = client_of(farm, review_proofs=Proofs(shared=TOKEN), review_decide=office)
    path = f"/api/v1/review/{card_of(client)}"

    def refused(**changes: object) -> tuple[int, str]:
        answer = client.post(path, json={**WORD, **changes}, headers=BEARER)
        return answer.status_code, answer.json()["detail"]

    assert refused(parcels=["c"])[1].endswith("expected parcels of this card, got c")
    assert refused(act="override")[0] == 409
    assert refused(act="explode")[0] == 422
    assert refused(more="x")[0] == 422
    office.outcome = Outcome(problems=["parcel a: one", "parcel b: other"])
    assert refused() == (409, "parcel a: one; parcel b: other")
    assert client.post("/api/v1/review/ffffffff", json=WORD, headers=BEARER).status_code == 404


def test_a_short_secret_is_refused_when_the_service_starts(farm: Store) -> None:
    with pytest.raises(ConfigurationError, match="expected at least 24 characters, got 5"):
        client_of(farm, review_proofs=Proofs(shared="short"))


def test_a_body_is_not_read_before_it_is_known_to_be_short(farm: Store) -> None:
    office = Office()
    client = client_of(farm, review_proofs=Proofs(shared=TOKEN), review_decide=office)
    path = f"/api/v1/review/{card_of(client)}"
    large = client.post(path, content=b" " * 1_000_001, headers={"Content-Type": "application/json"})
    assert large.status_code == 413
    unknown = client.post(path, content=iter([b"{}"]), headers={"Content-Type": "application/json"})
    assert unknown.status_code == 411
    assert client.post(path, json=WORD, headers=BEARER).status_code == 200


def test_the_shared_secret_proves_the_operator_whoever_the_decision_says_it_is(farm: Store) -> None:
    office = Office()
    client = client_of(farm, review_proofs=Proofs(shared=TOKEN), review_decide=office)
    path = f"/api/v1/review/{card_of(client)}"
    assert client.post(path, json={**WORD, "by": "Amina"}, headers=BEARER).status_code == 200
    assert client.post(path, json={name: WORD[name] for name in ("act", "why")}, headers=BEARER).status_code == 200
    assert [order.by for order in office.orders] == ["operator", "operator"]


def test_a_named_reviewer_is_who_the_secret_proves_and_nobody_else(farm: Store) -> None:
    office = Office()
    proofs = Proofs(people={"Amina": digest_of("a" * 32), "Brahim": digest_of("b" * 32)}, shared=TOKEN)
    client = client_of(farm, review_proofs=proofs, review_decide=office)
    path = f"/api/v1/review/{card_of(client)}"

    def said(secret: str, by: str) -> tuple[int, object]:
        answer = client.post(path, json={**WORD, "by": by}, headers={"Authorization": f"Bearer {secret}"})
        return answer.status_code, answer.json().get("detail")

    assert said("a" * 32, "amina")[0] == 200
    assert said("b" * 32, "")[0] == 200
    assert [order.by for order in office.orders] == ["Amina", "Brahim"]
    assert said("a" * 32, "Brahim") == (
        409,
        "--by: expected the name that the secret proves, got another; use your own",
    )
    # Where people have secrets of their own, the shared one proves nobody.
    assert said(TOKEN, "Amina")[0] == 401
    assert said(digest_of("a" * 32), "Amina")[0] == 401
    assert len(office.orders) == 2
