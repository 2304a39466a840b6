"""One ONNX model behind its card: a picture in, its output tensor out, on a fixed number of threads."""

import os
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.card import ModelCard, read_card, read_weights
from edge.errors import ModelRefusedError
from edge.figures import FIGURES_NAME, photo_figures

# Read when the library is loaded: it would report on this machine to its maker, from its first line on.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as faults

_ONLY_ERRORS: Final = 3
_LOAD_FAULTS: Final = (
    faults.Fail,
    faults.InvalidArgument,
    faults.InvalidGraph,
    faults.InvalidProtobuf,
    faults.NoModel,
    faults.NotImplemented,
    faults.RuntimeException,
)


class Network:
    """A loaded model; the bytes that were hashed are the bytes that run."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.card: ModelCard = read_card(folder)
        weights = read_weights(folder, self.card)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # keeps a gateway's memory small; costs no time on so few pixels
        options.log_severity_level = _ONLY_ERRORS
        try:
            self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        except _LOAD_FAULTS as error:
            first_line = str(error).splitlines()[0]
            raise ModelRefusedError(
                f"{folder / self.card.file}: expected an ONNX model that onnxruntime {onnxruntime.__version__} loads,"
                f" got {first_line}; install the model again"
            ) from error
        self._require_names(folder)
        self._require_figures(folder)

    def _require_figures(self, folder: Path) -> None:
        if self.card.input.figures not in {None, FIGURES_NAME}:
            raise ModelRefusedError(
                f"{folder}: expected a model that reads a picture or the figures {FIGURES_NAME!r}, got the figures"
                f" {self.card.input.figures!r}; install a model made for this release"
            )

    def _require_names(self, folder: Path) -> None:
        inputs = {node.name for node in self._session.get_inputs()}
        outputs = {node.name for node in self._session.get_outputs()}
        if inputs != {self.card.input.name} or self.card.output.name not in outputs:
            raise ModelRefusedError(
                f"{folder / self.card.file}: expected input {self.card.input.name!r} and output"
                f" {self.card.output.name!r} as in its card, got {sorted(inputs)} and {sorted(outputs)};"
                " install the model again"
            )

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Output of the model for a photo (h, w, 3), red first: the whole frame resized to the model's input."""
        return self.answers(rgb)[self.card.output.name]

    def answers(self, rgb: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Every output of the model for a photo (h, w, 3), red first, by its name."""
        outputs = self._session.run(None, {self.card.input.name: self._seen(rgb)})
        return {node.name: output[0] for node, output in zip(self._session.get_outputs(), outputs, strict=True)}

    def _seen(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self.card.input.figures is not None:
            return photo_figures(rgb)[np.newaxis].astype(np.float32)
        size = (self.card.input.width, self.card.input.height)
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis], dtype=np.float32) / np.float32(255)


def network_for(folder: Path, task: str, threads: int) -> Network:
    """The model of a task in a folder of models; ModelRefusedError when another task's model stands there."""
    network = Network(folder / task, threads=threads)
    if network.card.task != task:
        raise ModelRefusedError(
            f"{folder / task}: expected a model for the task {task}, got {network.card.task}; install the model again"
        )
    return network
