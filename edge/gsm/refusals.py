"""What a modem's error codes mean for a text: 3GPP TS 27.005, 3.2.5 (CMS) and TS 27.007, 9.2 (CME)."""

from dataclasses import dataclass
from typing import Final, Literal

Meaning = Literal["rejected", "retry", "halt", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What to do after a code, and its name."""

    meaning: Meaning
    word: str


_CMS: Final[dict[int, tuple[Meaning, str]]] = {
    1: ("rejected", "number not assigned"),
    8: ("halt", "barred by the operator"),
    10: ("halt", "calls barred: no credit, or the subscription"),
    21: ("retry", "transfer rejected"),
    27: ("retry", "destination out of service"),
    28: ("rejected", "unidentified subscriber"),
    29: ("retry", "facility rejected"),
    30: ("rejected", "unknown subscriber"),
    38: ("halt", "network out of order, or no credit"),
    41: ("retry", "temporary failure"),
    42: ("retry", "congestion"),
    47: ("retry", "no resources"),
    50: ("halt", "facility not subscribed"),
    69: ("halt", "facility not implemented"),
    95: ("rejected", "invalid message"),
    96: ("rejected", "mandatory part missing"),
    111: ("retry", "protocol error"),
    127: ("retry", "interworking"),
    300: ("retry", "failure of the modem"),
    302: ("retry", "not allowed now"),
    304: ("rejected", "invalid message for the modem"),
    310: ("halt", "SIM not inserted"),
    311: ("halt", "SIM asks for its PIN"),
    312: ("halt", "SIM asks for the telephone's PIN"),
    313: ("halt", "SIM failure"),
    314: ("retry", "SIM busy"),
    315: ("halt", "wrong SIM"),
    316: ("halt", "SIM asks for its PUK"),
    317: ("halt", "SIM asks for its second PIN"),
    318: ("halt", "SIM asks for its second PUK"),
    320: ("retry", "memory failure"),
    322: ("retry", "memory full"),
    330: ("halt", "service centre's number unknown"),
    331: ("halt", "no network"),
    332: ("unknown", "the network did not answer"),
    500: ("unknown", "unknown error"),
}
_CME: Final[dict[int, tuple[Meaning, str]]] = {
    3: ("retry", "not allowed now"),
    10: ("halt", "SIM not inserted"),
    11: ("halt", "SIM asks for its PIN"),
    12: ("halt", "SIM asks for its PUK"),
    13: ("halt", "SIM failure"),
    14: ("retry", "SIM busy"),
    15: ("halt", "wrong SIM"),
    16: ("halt", "wrong PIN"),
    17: ("halt", "SIM asks for its second PIN"),
    18: ("halt", "SIM asks for its second PUK"),
    30: ("halt", "no network"),
    31: ("unknown", "the network did not answer"),
    32: ("halt", "emergency calls only"),
}
_TRANSFER: Final = range(128, 256)


def refusal_of(family: str, code: int | None, *, handed_over: bool) -> Refusal:
    """Meaning of an error; ``handed_over``: the text itself had been given to the modem already.

    Before that nothing can have left. After it only a code that names its cause says that the text did not leave:
    a bare ERROR, and a code that only the maker knows, leave it unknown.
    """
    table = _CMS if family == "CMS" else _CME if family == "CME" else {}
    meaning, word = table.get(code if code is not None else -1, ("unknown", "not in the standard"))
    if family == "CMS" and code in _TRANSFER and code not in table:
        meaning, word = "rejected", "refused by the service centre"
    if meaning == "unknown" and not handed_over:
        meaning = "retry"
    told = f"{family} {code}: {word}" if code is not None else "error without a code"
    return Refusal(meaning=meaning, word=told)
