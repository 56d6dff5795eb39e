"""Kinds of operations: what a convention's rules are about, whatever a layer's class is called."""

INPUT = "input"
CONVOLUTION = "convolution"
LINEAR = "linear"
MAX_POOL = "max pool"
AVERAGE_POOL = "average pool"
ADAPTIVE_AVERAGE_POOL = "adaptive average pool"
ADAPTIVE_MAX_POOL = "adaptive max pool"
BATCH_NORM = "batch norm"
LOCAL_RESPONSE_NORM = "local response norm"
ADD = "add"
CONCAT = "concat"
FLATTEN = "flatten"
RELU = "relu"
DROPOUT = "dropout"
SOFTMAX = "softmax"
OTHER = "other"

POOLS = (MAX_POOL, AVERAGE_POOL, ADAPTIVE_AVERAGE_POOL, ADAPTIVE_MAX_POOL)

KINDS = (
    *(INPUT, CONVOLUTION, LINEAR, *POOLS, BATCH_NORM, LOCAL_RESPONSE_NORM),
    *(ADD, CONCAT, FLATTEN, RELU, DROPOUT, SOFTMAX, OTHER),
)
"""All of them."""
