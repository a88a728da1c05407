"""A network's layers beside those of the widest one of its space."""

from __future__ import annotations

from mcugen.architecture import Layer
from mcugen.search.results import LayerRow
from mcugen.search.space import Selection, Space


def weighted_layers(space: Space, selection: Selection) -> list[tuple[Layer, Layer | None]]:
    """Every layer with weights of the widest network, and what the selection makes of it.

    That is None where the block is left out.
    """
    left_out = {
        decision.node
        for decision, choice in zip(space.decisions, selection, strict=True)
        if decision.field == "keep" and not decision.choices[choice]
    }
    found = iter(
        layers
        for layers in space.architecture(selection).layers_of_blocks
        if any(layer.weights for layer in layers)
    )
    pairs: list[tuple[Layer, Layer | None]] = []
    for node, layers in enumerate(space.widest.layers_of_blocks):
        weighted = [layer for layer in layers if layer.weights]
        if not weighted:
            continue
        own = {} if node in left_out else {_part(layer): layer for layer in next(found)}
        pairs += [(layer, own.get(_part(layer))) for layer in weighted]
    return pairs


def layer_rows(space: Space, selection: Selection) -> tuple[LayerRow, ...]:
    """The same for a report."""
    rows = []
    for widest, own in weighted_layers(space, selection):
        layer = own or widest
        rows.append(
            LayerRow(
                name=widest.name,
                kind=layer.kind,
                kernel=layer.kernel,
                shape=layer.shape,
                channels=0 if own is None else own.shape[-1],
                widest_channels=widest.shape[-1],
                macs=0 if own is None else own.macs,
                params=0 if own is None else own.params,
                weight_bits=layer.weight_bits or 8,
                activation_bits=layer.activation_bits or 8,
            )
        )
    return tuple(rows)


def _part(layer: Layer) -> str:
    """What a layer is called within its block."""
    return layer.name.partition(".")[2]
