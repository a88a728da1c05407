"""What to do about operators that are not supported."""

from __future__ import annotations

from collections.abc import Collection

from mcugen.ir.support import OPERATORS_HINT

_GENERAL = "replace the layers that need them, or end the model before them"
_CUSTOM = "replace custom layers by built-in ones, or end the model before them"
_FLEX = "convert without tf.lite.OpsSet.SELECT_TF_OPS"
_UNROLL = "remove control flow: for recurrent layers convert with unroll=True"
_ACTIVATIONS = (
    "use activations that are supported: relu, relu6, LeakyReLU, hard_swish, swish, sigmoid, tanh"
)
_UPSAMPLING = (
    "replace UpSampling layers by "
    "tf.keras.layers.Resizing(height, width, interpolation='nearest' or 'bilinear')"
)
_DILATION = (
    "the converter did not recognize a dilated convolution: where several read one tensor, "
    "let one make the channels of all, and split them"
)

ADVICE = {
    **dict.fromkeys(("IF", "WHILE", "CALL"), _UNROLL),
    **dict.fromkeys(
        ("RNN", "UNIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM"), _UNROLL
    ),
    **dict.fromkeys(("ELU", "PRELU", "GELU", "EXP"), _ACTIVATIONS),
    **dict.fromkeys(("TILE", "BROADCAST_TO"), _UPSAMPLING),
    **dict.fromkeys(("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"), _DILATION),
    "TRANSPOSE_CONV": "replace Conv2DTranspose by "
    "tf.keras.layers.Resizing(height, width, interpolation='nearest') and Conv2D",
    "REDUCE_MAX": "replace GlobalMaxPooling2D by MaxPooling2D over the whole image and Flatten",
    "SUM": "replace a sum by a mean times a constant",
    "LOG_SOFTMAX": "replace log_softmax by softmax, or end the model before it",
    "NEG": "replace -x by 0 - x or by x * -1",
    "SQUARE": "replace tf.square(x) by x * x",
}
"""By the operator's name: how to get a model without it."""


def advice_on(unknown: Collection[str]) -> str:
    """Lines to try for operators by TFLite's names, custom ones as "CUSTOM 'name'"."""
    lines = []
    if any(name.startswith("CUSTOM 'Flex") for name in unknown):
        lines.append(_FLEX)
    elif any(name.startswith("CUSTOM") for name in unknown):
        lines.append(_CUSTOM)
    known = [ADVICE[name] for name in unknown if name in ADVICE]
    lines += dict.fromkeys(known)
    return "\n".join([*(lines or [_GENERAL]), OPERATORS_HINT])
