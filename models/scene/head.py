"""The head of the scene network: one ridge multinomial regression on tiles, fitted to its end."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.scene.network import CLASSES, REACH, SceneNet
from models.scene.tiles import OTHER, Tiles

Numbers = NDArray[np.float64]

PENALTY: Final = 0.05
ROUNDS: Final = 300
ABSENT: Final = -30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Standardisation (D,) and linear classes (3, D), (3,) of a fitted head."""

    centre: Numbers
    spread: Numbers
    weight: Numbers
    bias: Numbers

    def shares(self, features: NDArray[np.float32]) -> Numbers:
        """Shares (N, 3) of the classes in N views, from the features (N, 12, D) of their tiles."""
        scaled = np.clip((features.astype(np.float64) - self.centre) / self.spread, -REACH, REACH)
        logits = scaled @ self.weight.T + self.bias
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares: Numbers = (powers / powers.sum(axis=2, keepdims=True)).mean(axis=1)
        return shares


def fit_head(tiles: Tiles, penalty: float = PENALTY) -> Head:
    """The head that tells the tiles' classes; field and no field weigh the same, whatever their numbers."""
    features = tiles.features.astype(np.float64)
    centre, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    share = float(np.clip(np.mean(tiles.kinds == OTHER), 1e-3, 1 - 1e-3))
    weights = np.where(tiles.kinds == OTHER, 0.5 / share, 0.5 / (1 - share))
    model = LogisticRegression(C=1 / (penalty * len(features)), max_iter=ROUNDS)
    model.fit(np.clip((features - centre) / spread, -REACH, REACH), tiles.kinds, sample_weight=weights)
    # A class that these tiles lack (no soil where no mask is drawn) is never the answer.
    weight, bias = np.zeros((len(CLASSES), features.shape[1])), np.full(len(CLASSES), ABSENT)
    weight[model.classes_], bias[model.classes_] = both_sides(model)
    return Head(centre=centre, spread=spread, weight=weight, bias=bias)


def both_sides(model: LogisticRegression) -> tuple[Numbers, Numbers]:
    """Weights and constants of every class that was seen; of two classes the estimator keeps only the second."""
    if len(model.classes_) > 2:  # noqa: PLR2004 -- more than two sides
        return model.coef_, model.intercept_
    return np.vstack([-model.coef_, model.coef_]) / 2, np.concatenate([-model.intercept_, model.intercept_]) / 2


def with_head(network: SceneNet, head: Head) -> SceneNet:
    """The network carrying a fitted head."""
    with torch.no_grad():
        network.centre.copy_(torch.from_numpy(head.centre).view(1, -1, 1, 1))
        network.spread.copy_(torch.from_numpy(head.spread).view(1, -1, 1, 1))
        network.head.weight.copy_(torch.from_numpy(head.weight).view(len(CLASSES), -1, 1, 1))
        network.head.bias.copy_(torch.from_numpy(head.bias))
    return network.eval()
