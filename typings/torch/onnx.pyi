from collections.abc import Mapping, Sequence

from torch import Tensor, nn

def export(
    network: nn.Module,
    arguments: tuple[Tensor, ...],
    path: str,
    *,
    input_names: Sequence[str],
    output_names: Sequence[str],
    dynamic_axes: Mapping[str, Mapping[int, str]],
    opset_version: int,
    dynamo: bool,
    do_constant_folding: bool = ...,
) -> None: ...
