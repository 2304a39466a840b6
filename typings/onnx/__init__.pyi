from collections.abc import Iterable, Iterator
from typing import Self

from onnx import checker as checker

class TensorProto:
    name: str
    def SerializeToString(self) -> bytes: ...
    @classmethod
    def FromString(cls, content: bytes) -> Self: ...

class Names:
    def __iter__(self) -> Iterator[str]: ...
    def __setitem__(self, index: int, name: str) -> None: ...

class NodeProto:
    name: str
    op_type: str
    input: Names

class Initializers:
    def __iter__(self) -> Iterator[TensorProto]: ...
    def __delitem__(self, index: slice) -> None: ...
    def extend(self, constants: Iterable[TensorProto]) -> None: ...

class GraphProto:
    initializer: Initializers
    node: list[NodeProto]

class ModelProto:
    graph: GraphProto

def load(path: str) -> ModelProto: ...
def save(model: ModelProto, path: str) -> None: ...
