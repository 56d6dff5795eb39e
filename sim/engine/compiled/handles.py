"""Named tuples for compiled functions: one address in place of hundreds of arguments.

numba hands a tuple of arrays from function to function member by member. Here a compiled function gets the
address of a table instead, in which each member stands (an array as its address and shape), and reads
``tuple.member`` from there: in the source nothing changes.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import from_dtype
from numba.core import cgutils, types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import populate_array


class Handle(types.Opaque):  # type: ignore[misc]
    """The type of a named tuple behind an address; ``members`` says where in the table each one stands."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.members: dict[str, tuple[int, Any]] = {}


register_model(Handle)(models.OpaqueModel)


@infer_getattr
class _Members(AttributeTemplate):  # type: ignore[misc]
    key = Handle

    def generic_resolve(self, handle: Handle, member: str) -> Any:  # noqa: ANN401 -- a type of numba's
        return handle.members[member][1] if member in handle.members else None


@lower_getattr_generic(Handle)  # type: ignore[untyped-decorator]
def _read(context: Any, builder: Any, handle: Handle, pointer: Any, member: str) -> Any:  # noqa: ANN401
    slot, kind = handle.members[member]
    if isinstance(kind, Handle):
        return pointer

    def load(place: int, what: Any = ir.IntType(64)) -> Any:  # noqa: ANN401, B008
        base = builder.bitcast(pointer, what.as_pointer())
        return builder.load(builder.gep(base, [ir.Constant(ir.IntType(64), place)]))

    if not isinstance(kind, types.Array):
        return load(slot, context.get_value_type(kind))
    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    shape = [load(slot + 1 + axis) for axis in range(kind.ndim)]
    strides = [ir.Constant(ir.IntType(64), size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(length, strides[0]))
    array = context.make_array(kind)(context, builder)
    populate_array(
        array,
        data=builder.inttoptr(load(slot), context.get_data_type(kind.dtype).as_pointer()),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=ir.Constant(ir.IntType(64), size),
        meminfo=None,
    )
    return array._getvalue()  # noqa: SLF001 -- as numba's own lowering does


def opener(sample: NamedTuple, name: str) -> Callable[[int], Any]:
    """Return a function for compiled code that takes the address of a table of tuples like the sample."""
    handle, _ = _handle(sample, name, 0)

    @intrinsic  # type: ignore[untyped-decorator]
    def at(_: Any, address: Any) -> Any:  # noqa: ANN401
        def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:  # noqa: ANN401
            return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

        return handle(address), generate

    return at  # type: ignore[no-any-return]


def _handle(sample: NamedTuple, name: str, slot: int) -> tuple[Handle, int]:
    """Return the type of tuples like a sample, that stand in a table from a slot on, and the slot behind."""
    handle = Handle(name)
    for member, value in zip(sample._fields, sample, strict=True):
        if isinstance(value, tuple):
            inner, end = _handle(value, f"{name}.{member}", slot)  # type: ignore[arg-type]
            handle.members[member] = slot, inner
            slot = end
        elif isinstance(value, np.ndarray):
            handle.members[member] = slot, types.Array(from_dtype(value.dtype), value.ndim, "C")
            slot += 1 + value.ndim
        else:
            handle.members[member] = slot, types.float64 if isinstance(value, float) else types.int64
            slot += 1
    return handle, slot


def table(of: NamedTuple) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the table of a named tuple; it must not outlive the arrays."""
    return np.array(_slots(of), np.int64)


def _slots(value: Any) -> list[int]:  # noqa: ANN401 -- a member of any kind
    if isinstance(value, tuple):
        return [slot for member in value for slot in _slots(member)]
    if isinstance(value, np.ndarray):
        return [value.ctypes.data, *value.shape]
    if isinstance(value, float):
        return [struct.unpack("<q", struct.pack("<d", value))[0]]
    return [int(value)]
