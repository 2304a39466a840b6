"""Whether any model knows the crops that a gateway is said to see; a note, since canopy cover is told anyway."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from edge.card import packaged_models, read_card
from edge.config import GatewayConfig
from edge.errors import ModelRefusedError


def known_crops(models_dir: Path | None) -> frozenset[str]:
    """Crops on which an installed model of wilting was evaluated; none where no card can be read."""
    crops: set[str] = set()
    for card in sorted((models_dir or packaged_models()).glob("*/card.toml")):
        try:
            found = read_card(card.parent)
        except ModelRefusedError:
            continue  # told by the look at the models themselves
        crops |= set(found.evaluated_crops) if found.task == "wilting" else set()
    return frozenset(crops)


def crop_notes(config: GatewayConfig) -> Iterator[str]:
    """One line for each crop of a folder or camera that no model of wilting knows, with what was probably meant."""
    known = known_crops(config.models_dir)
    if not known:
        return
    views = [(watch.parcel_id, watch.crop) for watch in config.watch]
    views += [(camera.parcel_id, camera.crop) for camera in config.camera]
    for parcel_id, crop in dict.fromkeys(views):
        if crop in known:
            continue
        close = difflib.get_close_matches(crop or "", known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        named = "no crop is named" if crop is None else f"no model of wilting was evaluated on {crop!r}"
        yield f"note: {parcel_id}: {named} (only on {', '.join(sorted(known))}){hint}; canopy cover is told anyway"
