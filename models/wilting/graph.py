"""The wilting machine as a graph: figures in, cumulative logits and distance out, what it remembers in 8 bits.

Only stored numbers are packed. Activations in 8 bits were tried and cost 2 points of AUC, because the kernel takes
small differences of large products; and they save nothing on so small a graph.
"""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.quantise import OPSET, session_of, slim
from models.wilting.head import REACH, Numbers
from models.wilting.machine import Machine

INPUT: Final = "figures"
OUTPUT: Final = "cumulative_logits"
DISTANCE: Final = "distance"
STEPS: Final = 127


def packed_supports(machine: Machine) -> tuple[NDArray[np.int8], Numbers]:
    """Supports (D, S) in 8 bits and the step (D,) of each of their dimensions."""
    step = np.maximum(np.abs(machine.supports).max(axis=0), 1e-9) / STEPS
    return np.rint(machine.supports.T / step[:, None]).astype(np.int8), np.asarray(step, dtype=np.float64)


class MachineGraph(nn.Module):
    """The machine's arithmetic in 32 bits over supports kept in 8 (``packed``) or in 32."""

    def __init__(self, machine: Machine, *, packed: bool) -> None:
        super().__init__()
        self.width = machine.width
        self.share = 1.0 / machine.supports.shape[1]
        kept, step = packed_supports(machine) if packed else (machine.supports.T, np.ones(machine.centre.size))
        squares = ((kept * step[:, None]) ** 2).sum(axis=0)
        self.register_buffer("supports", torch.from_numpy(np.ascontiguousarray(kept if packed else np.float32(kept))))
        for name, value in (
            ("step", step),
            ("centre", machine.centre),
            ("gain", 1.0 / machine.spread),
            ("turn", machine.turn),
            ("squares", squares),
            ("weights", machine.weights),
            ("offset", np.array([machine.offset])),
            ("slope", np.array([machine.slope])),
            ("cuts", np.array(machine.cuts)),
        ):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)))

    def forward(self, figures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cumulative logits (N, 4) and distance (N, 1) of figures (N, D)."""
        scaled = torch.clamp((figures - self.centre) * self.gain, -REACH, REACH)
        seen = torch.matmul(scaled, self.turn)
        products = torch.matmul(seen * self.step, self.supports.float())
        own = (seen * seen).sum(dim=1, keepdim=True)
        apart = torch.clamp((own + self.squares - 2 * products) * self.share, 0.0)
        level = (torch.exp(-self.width * apart) * self.weights).sum(dim=1, keepdim=True) + self.offset
        return self.slope * (level - self.cuts), torch.sqrt(apart.amin(dim=1, keepdim=True))


def export_graph(machine: Machine, path: Path, *, packed: bool) -> None:
    """Write the machine, its supports in 8 or in 32 bits."""
    example = torch.zeros(1, machine.centre.size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its retirement on every call
        torch.onnx.export(
            MachineGraph(machine, packed=packed).eval(),
            (example,),
            str(path),
            input_names=[INPUT],
            output_names=[OUTPUT, DISTANCE],
            dynamic_axes={name: {0: "batch"} for name in (INPUT, OUTPUT, DISTANCE)},
            opset_version=OPSET,
            do_constant_folding=False,
            dynamo=False,
        )
    slim(path)


def rows_of(figures: Numbers) -> Iterable[NDArray[np.float32]]:
    """Figures (N, D) photo by photo as the graph takes them."""
    return (row[np.newaxis] for row in figures.astype(np.float32))


def answers_of(path: Path, figures: Numbers) -> tuple[Numbers, Numbers]:
    """Cumulative logits (N, 4) and distances (N,) that a graph gives for figures (N, D)."""
    session = session_of(path)
    given = [session.run([OUTPUT, DISTANCE], {INPUT: row}) for row in rows_of(figures)]
    return (
        np.concatenate([one[0] for one in given]).astype(np.float64),
        np.concatenate([one[1].reshape(-1) for one in given]).astype(np.float64),
    )
