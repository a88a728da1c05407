"""What TensorFlow Lite Micro has: its operators, types and registrations.

Read from tflite-micro of August 2026 with its kernels for CMSIS-NN; the newest versions are those
of TFLite's own resolver.
"""

from __future__ import annotations

from dataclasses import dataclass

F32, I4, I8, I16, I32, I64 = "FLOAT32", "INT4", "INT8", "INT16", "INT32", "INT64"
U8, U32, BOOL = "UINT8", "UINT32", "BOOL"

ELEMENT_BYTES = {
    **{"FLOAT16": 2, "BFLOAT16": 2, F32: 4, "FLOAT64": 8, "COMPLEX64": 8, "COMPLEX128": 16},
    **{I8: 1, I16: 2, I32: 4, I64: 8, U8: 1, "UINT16": 2, U32: 4, "UINT64": 8},
    **{BOOL: 1, "RESOURCE": 4, I4: 1},
}
"""Bytes that TFLM reckons for an element, by the schema's name; it refuses every other type."""


@dataclass(frozen=True)
class Kernel:
    """One operator of TFLM.

    `method` is the resolver's, `types` those that the kernel takes (none: any) for the input at
    `position`. `variants` are the endings of the smaller registrations, each for operands of that
    type only; `weights` maps types of the first input to those that the second may then have.
    """

    method: str
    max_version: int
    types: tuple[str, ...] = ()
    position: int = 0
    variants: tuple[str, ...] = ()
    weights: tuple[tuple[str, tuple[str, ...]], ...] = ()


_WEIGHTS = ((F32, (F32,)), (I8, (I8, I4)), (I16, (I8,)))
_WEIGHTED = ("INT8", "INT16", "INT4")

KERNELS: dict[str, Kernel] = {
    "ABS": Kernel("AddAbs", 5, (F32, I8, I16)),
    "ADD": Kernel("AddAdd", 5, (F32, I8, I16, I32), variants=("INT8", "INT16")),
    "ADD_N": Kernel("AddAddN", 1, (F32, I8)),
    "ARG_MAX": Kernel("AddArgMax", 3, (F32, I8)),
    "ARG_MIN": Kernel("AddArgMin", 3, (F32, I8)),
    "ASSIGN_VARIABLE": Kernel("AddAssignVariable", 1),
    "AVERAGE_POOL_2D": Kernel("AddAveragePool2D", 3, (F32, I8, I16), variants=("INT8", "INT16")),
    "BATCH_MATMUL": Kernel("AddBatchMatMul", 4, (F32, I8, I16), variants=("INT8", "INT16")),
    "BATCH_TO_SPACE_ND": Kernel("AddBatchToSpaceNd", 4, (F32, I8)),
    "BROADCAST_ARGS": Kernel("AddBroadcastArgs", 1, (I32, I64)),
    "BROADCAST_TO": Kernel("AddBroadcastTo", 3),
    "CALL_ONCE": Kernel("AddCallOnce", 1),
    "CAST": Kernel("AddCast", 6, (F32, I8, I16, I32, U32, BOOL)),
    "CEIL": Kernel("AddCeil", 1, (F32,)),
    "CONCATENATION": Kernel("AddConcatenation", 4, (F32, I8, I16, I32, I64, BOOL)),
    "CONV_2D": Kernel("AddConv2D", 8, (F32, I8, I16), variants=_WEIGHTED, weights=_WEIGHTS),
    "COS": Kernel("AddCos", 1, (F32,)),
    "CUMSUM": Kernel("AddCumSum", 1, (F32, I8)),
    "DEPTHWISE_CONV_2D": Kernel(
        "AddDepthwiseConv2D", 7, (F32, I8, I16), variants=_WEIGHTED, weights=_WEIGHTS
    ),
    "DEPTH_TO_SPACE": Kernel("AddDepthToSpace", 2, (F32, I8)),
    "DEQUANTIZE": Kernel("AddDequantize", 6, (I8, I16, U8)),
    "DIV": Kernel("AddDiv", 2, (F32, I8, I32)),
    "DYNAMIC_UPDATE_SLICE": Kernel("AddDynamicUpdateSlice", 2, (F32, I8, I16, I32)),
    "ELU": Kernel("AddElu", 1, (F32, I8)),
    "EMBEDDING_LOOKUP": Kernel("AddEmbeddingLookup", 4, (F32, I8), position=1),
    "EQUAL": Kernel("AddEqual", 4, (F32, I8, I32, I64, BOOL)),
    "EXP": Kernel("AddExp", 2, (F32,)),
    "EXPAND_DIMS": Kernel("AddExpandDims", 1, (F32, I8, I16, I32)),
    "FILL": Kernel("AddFill", 4, (F32, I8, I32), position=1),
    "FLOOR": Kernel("AddFloor", 1, (F32,)),
    "FLOOR_DIV": Kernel("AddFloorDiv", 3, (F32,)),
    "FLOOR_MOD": Kernel("AddFloorMod", 2, (F32,)),
    "FULLY_CONNECTED": Kernel(
        "AddFullyConnected", 13, (F32, I8, I16), variants=_WEIGHTED, weights=_WEIGHTS
    ),
    "GATHER": Kernel("AddGather", 7, (F32, I8)),
    "GATHER_ND": Kernel("AddGatherNd", 5, (F32, I8)),
    "GREATER": Kernel("AddGreater", 2, (F32, I8, I16, I32, I64)),
    "GREATER_EQUAL": Kernel("AddGreaterEqual", 3, (F32, I8, I32, I64)),
    "HARD_SWISH": Kernel("AddHardSwish", 1, (F32, I8)),
    "IF": Kernel("AddIf", 1, (BOOL,)),
    "L2_NORMALIZATION": Kernel("AddL2Normalization", 2, (F32, I8)),
    "L2_POOL_2D": Kernel("AddL2Pool2D", 1, (F32,)),
    "LEAKY_RELU": Kernel("AddLeakyRelu", 2, (F32, I8, I16)),
    "LESS": Kernel("AddLess", 3, (F32, I8, I32, I64)),
    "LESS_EQUAL": Kernel("AddLessEqual", 2, (F32, I8, I32, I64)),
    "LOG": Kernel("AddLog", 2, (F32,)),
    "LOGICAL_AND": Kernel("AddLogicalAnd", 1, (BOOL,)),
    "LOGICAL_NOT": Kernel("AddLogicalNot", 1, (BOOL,)),
    "LOGICAL_OR": Kernel("AddLogicalOr", 1, (BOOL,)),
    "LOGISTIC": Kernel("AddLogistic", 3, (F32, I8, I16)),
    "LOG_SOFTMAX": Kernel("AddLogSoftmax", 2, (F32, I8)),
    "MAXIMUM": Kernel("AddMaximum", 4, (F32, I8, I16, I32, I64), variants=("INT8",)),
    "MAX_POOL_2D": Kernel("AddMaxPool2D", 3, (F32, I8, I16), variants=("INT8", "INT16")),
    "MEAN": Kernel("AddMean", 3, (F32, I8, I16)),
    "MINIMUM": Kernel("AddMinimum", 4, (F32, I8, I16, I32, I64), variants=("INT8",)),
    "MIRROR_PAD": Kernel("AddMirrorPad", 3, (F32, I8)),
    "MUL": Kernel("AddMul", 7, (F32, I8, I16, I32), variants=("INT8",)),
    "NEG": Kernel("AddNeg", 1, (F32,)),
    "NOT_EQUAL": Kernel("AddNotEqual", 3, (F32, I8, I32, I64, BOOL)),
    "PACK": Kernel("AddPack", 4, (F32, I8, I16, I32, I64)),
    "PAD": Kernel("AddPad", 4, (F32, I8, I16, I32), variants=("INT8",)),
    "PADV2": Kernel("AddPadV2", 4, (F32, I8, I16, I32)),
    "PRELU": Kernel("AddPrelu", 1, (F32, I8, I16)),
    "QUANTIZE": Kernel("AddQuantize", 3, (F32, I8, I16, I32, U8)),
    "READ_VARIABLE": Kernel("AddReadVariable", 1),
    "REDUCE_ALL": Kernel("AddReduceAll", 1, (BOOL,)),
    "REDUCE_MAX": Kernel("AddReduceMax", 3, (F32, I8)),
    "REDUCE_MIN": Kernel("AddReduceMin", 3, (F32, I8)),
    "RELU": Kernel("AddRelu", 3, (F32, I8, I16)),
    "RELU6": Kernel("AddRelu6", 3, (F32, I8, I16)),
    "RESHAPE": Kernel("AddReshape", 1),
    "RESIZE_BILINEAR": Kernel("AddResizeBilinear", 4, (F32, I8)),
    "RESIZE_NEAREST_NEIGHBOR": Kernel("AddResizeNearestNeighbor", 4, (F32, I8, I16)),
    "REVERSE_V2": Kernel("AddReverseV2", 3, (F32, I8, U8, I16, I32, I64, BOOL)),
    "ROUND": Kernel("AddRound", 1, (F32,)),
    "RSQRT": Kernel("AddRsqrt", 3, (F32, I8)),
    "SELECT_V2": Kernel("AddSelectV2", 2, (F32, I8, I16), position=1),
    "SHAPE": Kernel("AddShape", 1),
    "SIN": Kernel("AddSin", 1, (F32,)),
    "SLICE": Kernel("AddSlice", 6, (F32, I8, I16, I32, I64, BOOL)),
    "SOFTMAX": Kernel("AddSoftmax", 3, (F32, I8, I16), variants=("INT8", "INT16", "INT8_INT16")),
    "SPACE_TO_BATCH_ND": Kernel("AddSpaceToBatchNd", 4, (F32, I8)),
    "SPACE_TO_DEPTH": Kernel("AddSpaceToDepth", 2, (F32, I8)),
    "SPLIT": Kernel("AddSplit", 4, (F32, I8, I16, I32), position=1),
    "SPLIT_V": Kernel("AddSplitV", 2, (F32, I8, I16, I32)),
    "SQRT": Kernel("AddSqrt", 1, (F32,)),
    "SQUARE": Kernel("AddSquare", 1, (F32,)),
    "SQUARED_DIFFERENCE": Kernel("AddSquaredDifference", 2, (F32, I8, I16, I32)),
    "SQUEEZE": Kernel("AddSqueeze", 2),
    "STRIDED_SLICE": Kernel("AddStridedSlice", 8, (F32, I8, I16, I32, BOOL)),
    "SUB": Kernel("AddSub", 5, (F32, I8, I16, I32)),
    "SUM": Kernel("AddSum", 2, (F32, I8, I16)),
    "SVDF": Kernel(
        "AddSvdf", 4, (F32, I8), variants=("INT8",), weights=((F32, (F32,)), (I8, (I8,)))
    ),
    "TANH": Kernel("AddTanh", 3, (F32, I8, I16)),
    "TRANSPOSE": Kernel("AddTranspose", 6, (F32, I8, I16), variants=("INT8",)),
    "TRANSPOSE_CONV": Kernel("AddTransposeConv", 5, (F32, I8, I16), position=2, variants=("INT8",)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Kernel(
        "AddUnidirectionalSequenceLSTM", 4, (F32, I8, I16), variants=("INT8", "INT16")
    ),
    "UNPACK": Kernel("AddUnpack", 4, (F32, I8, I16, I32)),
    "VAR_HANDLE": Kernel("AddVarHandle", 1),
    "WHILE": Kernel("AddWhile", 1),
    "ZEROS_LIKE": Kernel("AddZerosLike", 1, (F32, I8, I32, I64)),
}
"""Every built-in operator of TFLM, by TFLite's name."""

CUSTOM_METHODS = {
    "CIRCULAR_BUFFER": "AddCircularBuffer",
    "TFLite_Detection_PostProcess": "AddDetectionPostprocess",
}
"""The custom operators that TFLM itself brings, by their code.

Those for signals are not here: their sources are a component of its own.
"""
