"""Kinds of operations: what a convention's rules are about, whatever a layer's class is called."""

INPUT = "input"
CONVOLUTION = "convolution"
LINEAR = "linear"
PRODUCT = "product"  # of two tensors neither of which is learned
ATTENTION = "attention"
RECURRENCE = "recurrence"
MAX_POOL = "max pool"
AVERAGE_POOL = "average pool"
ADAPTIVE_AVERAGE_POOL = "adaptive average pool"
ADAPTIVE_MAX_POOL = "adaptive max pool"
BATCH_NORM = "batch norm"
LOCAL_RESPONSE_NORM = "local response norm"
NORM = "norm"  # layer, group, instance, weight norm and their like
ADD = "add"
CONCAT = "concat"
FLATTEN = "flatten"
RELU = "relu"
DROPOUT = "dropout"
SOFTMAX = "softmax"
OTHER = "other"

POOLS = (MAX_POOL, AVERAGE_POOL, ADAPTIVE_AVERAGE_POOL, ADAPTIVE_MAX_POOL)

KINDS = (
    *(INPUT, CONVOLUTION, LINEAR, PRODUCT, ATTENTION, RECURRENCE),
    *(*POOLS, BATCH_NORM, LOCAL_RESPONSE_NORM, NORM),
    *(ADD, CONCAT, FLATTEN, RELU, DROPOUT, SOFTMAX, OTHER),
)
"""All of them."""
