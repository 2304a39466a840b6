from dataclasses import dataclass, field
from datetime import UTC, datetime

from cloud.fetching import MOST_PAGES, Page, fetch_inbound
from cloud.messages import Inbound

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)


def text(number: int) -> Inbound:
    return Inbound(
        carrier="test", carrier_id=f"fetch-{number:03d}", phone_number="+212612345678", text="1", received_at=NOW
    )


@dataclass
class Source:
    pages: dict[int, Page]
    asked: list[int] = field(default_factory=list)
    name: str = "test"

    def after(self, last_id: int) -> Page:
        self.asked.append(last_id)
        return self.pages.get(last_id, Page(texts=(), last_id=last_id))


@dataclass
class Store:
    kept: dict[str, Inbound] = field(default_factory=dict)
    by_callback: set[str] = field(default_factory=set)

    def last_fetched(self, carrier: str) -> int:
        assert carrier == "test"
        return max((int(one.removeprefix("fetch-")) for one in self.kept), default=0)

    def knows(self, inbound: Inbound) -> bool:
        return inbound.carrier_id in self.by_callback

    def add_inbound(self, inbound: Inbound) -> bool:
        known = inbound.carrier_id in self.kept
        self.kept.setdefault(inbound.carrier_id, inbound)
        return not known


def page(*numbers: int, problems: tuple[str, ...] = ()) -> Page:
    return Page(texts=[(number, text(number)) for number in numbers], last_id=max(numbers), problems=problems)


def test_pages_are_asked_for_until_nothing_is_new() -> None:
    source, store = Source(pages={0: page(1, 2), 2: page(3, problems=("one", "one"))}), Store()
    found = fetch_inbound(store, source)
    assert (found.taken, found.known, found.problems) == (3, 0, ("one",))
    assert source.asked == [0, 2, 3]
    assert fetch_inbound(store, source).taken == 0
    assert source.asked == [0, 2, 3, 3]


def test_a_text_that_a_callback_brought_is_not_kept_again_and_never_stands_in_the_way() -> None:
    source, store = Source(pages={0: page(1, 2), 2: page(3)}), Store(by_callback={"fetch-001", "fetch-002"})
    found = fetch_inbound(store, source)
    assert (found.taken, found.known, list(store.kept)) == (1, 2, ["fetch-003"])


def test_a_page_of_texts_that_cannot_be_read_is_passed() -> None:
    source, store = Source(pages={0: Page(texts=(), last_id=4, problems=("4 lost",)), 4: page(5)}), Store()
    found = fetch_inbound(store, source)
    assert (found.taken, found.problems) == (1, ("4 lost",))


def test_a_carrier_that_never_ends_is_left_after_so_many_pages() -> None:
    class Endless(Source):
        def after(self, last_id: int) -> Page:
            self.asked.append(last_id)
            return page(last_id + 1)

    source = Endless(pages={})
    assert fetch_inbound(Store(), source).taken == MOST_PAGES
    assert len(source.asked) == MOST_PAGES
