from collections.abc import Sequence

class csr_array:  # noqa: N801
    def __init__(
        self, data: tuple[Sequence[float], tuple[Sequence[int], Sequence[int]]], *, shape: tuple[int, int]
    ) -> None: ...
