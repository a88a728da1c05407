"""Sizes of TFLM's structures for 32-bit Arm (arm-none-eabi: 4-byte pointers, short enums).

Read off by compiling `sizeof` of each with TF_LITE_STATIC_MEMORY, tflite-micro of August 2026 with
its kernels for CMSIS-NN. A host's are larger: an arena measured there is too big.
"""

from __future__ import annotations

ALIGNMENT_BYTES = 16
"""Of every buffer in the head, and of what kernels ask for in the tail."""

ALLOCATOR_BYTES = 36
OUR_ALLOCATOR_BYTES = 40
"""TFLM's, and the pointer that ours (templates/tflm/model.cpp.j2) adds."""

PLANNER_BYTES = 44
MICRO_ALLOCATOR_BYTES = 36
OUR_ALLOCATOR_BYTES = 40
"""TFLM's, and the pointer that ours (templates/tflm/model.cpp.j2) adds."""

BUILTIN_DATA_ALLOCATOR_BYTES = 8
SUBGRAPH_BYTES = 8
EVAL_TENSOR_BYTES = 12
NODE_BYTES = 32
TENSOR_BYTES = 32
AFFINE_QUANTIZATION_BYTES = 12
SCRATCH_HANDLE_BYTES = 4
RESOURCE_VARIABLES_BYTES = 12
RESOURCE_VARIABLE_BYTES = 20
POINTER_BYTES = 4
INT_BYTES = 4

SCRATCH_REQUEST_BYTES = 12
MAX_SCRATCH_PER_OPERATOR = 12
ALLOCATION_INFO_BYTES = 24
PLANNED_BUFFER_BYTES = 40
"""What planning takes for each buffer, in memory that the plan then uses."""

OPTIONS_BYTES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("ADD", "SUB", "CAST", "CUMSUM"), (2, 1)),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), (2, 1)),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN", "DIV", "L2_NORMALIZATION", "MIRROR_PAD", "MUL"), (1, 1)),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ALL", "SHAPE"), (1, 1)),
    **dict.fromkeys(("CALL_ONCE", "DEPTH_TO_SPACE", "SPACE_TO_DEPTH"), (4, 4)),
    **dict.fromkeys(("LEAKY_RELU", "SOFTMAX", "SPLIT", "SPLIT_V"), (4, 4)),
    **dict.fromkeys(("CONCATENATION", "GATHER", "IF", "PACK", "SVDF"), (8, 4)),
    **dict.fromkeys(("UNPACK", "VAR_HANDLE", "WHILE"), (8, 4)),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), (28, 4)),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), (40, 4)),
    **dict.fromkeys(("RESHAPE", "SQUEEZE"), (36, 4)),
    **dict.fromkeys(("TRANSPOSE_CONV", "UNIDIRECTIONAL_SEQUENCE_LSTM"), (16, 4)),
    **{"BATCH_MATMUL": (3, 1), "FULLY_CONNECTED": (5, 1), "STRIDED_SLICE": (24, 4)},
}
"""Size and alignment of an operator's options, parsed; operators that are not here have none."""

STATE_BYTES: dict[str, int] = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "ADD"), 60),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL"), 32),
    **dict.fromkeys(("LESS", "LESS_EQUAL", "DEQUANTIZE", "QUANTIZE"), 32),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ALL"), 44),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "BATCH_MATMUL", "MUL"), 36),
    **dict.fromkeys(("ABS", "RSQRT", "DIV", "PRELU", "RELU"), 28),
    **dict.fromkeys(("CALL_ONCE", "IF", "WHILE", "RELU6"), 8),
    **dict.fromkeys(("CONCATENATION", "LEAKY_RELU"), 24),
    **dict.fromkeys(("HARD_SWISH", "MIRROR_PAD"), 20),
    **dict.fromkeys(("LOGISTIC", "TANH"), 16),
    **dict.fromkeys(("SPACE_TO_BATCH_ND", "L2_NORMALIZATION", "VAR_HANDLE"), 4),
    **dict.fromkeys(("PAD", "PADV2"), 56),
    **{"FULLY_CONNECTED": 72, "SUB": 52, "ELU": 256, "SELECT_V2": 1, "SOFTMAX": 64, "SVDF": 40},
    **{"SQUARED_DIFFERENCE": 112, "STRIDED_SLICE": 84, "TRANSPOSE_CONV": 76},
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 912,
}
"""What a kernel keeps of a node from initialisation on; kernels that are not here keep nothing."""
