"""Named tuples for compiled functions: one address in place of hundreds of arguments.

numba hands a tuple of arrays from function to function member by member. Here a compiled function gets the
address of a table instead, in which each member stands (an array as its address and shape), and reads
``tuple.member`` from there: in the source nothing changes.

That saves time as well. The table does not change during a call, and no two arrays share memory; the machine
code is told both, and can keep in registers what no store can have changed. No index is negative.
"""

import operator
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import from_dtype
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr, lower_getattr_generic
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
from numba.extending import intrinsic, models, register_model

_WORD = ir.IntType(64)
types: Any = numba.types


class Handle(types.Opaque):
    """The type of a named tuple behind an address; ``members`` says where in the table each one stands."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.members: dict[str, tuple[int, Any]] = {}


class Block(types.Type):
    """The type of an array that is a member of a tuple, or of a row of one."""

    def __init__(self, owner: str, dtype: Any, ndim: int) -> None:
        super().__init__(f"Block({owner}, {dtype}, {ndim})")
        self.owner = owner
        self.dtype = dtype
        self.ndim = ndim


register_model(Handle)(models.OpaqueModel)


@register_model(Block)
class _BlockModel(models.StructModel):
    def __init__(self, manager: Any, block: Block) -> None:
        members = [("data", types.CPointer(block.dtype)), ("shape", types.UniTuple(types.int64, block.ndim))]
        super().__init__(manager, block, members)


@infer_getattr
class _Members(AttributeTemplate):
    key = Handle

    def generic_resolve(self, handle: Handle, member: str) -> Any:
        return handle.members[member][1] if member in handle.members else None


@lower_getattr_generic(Handle)
def _read(context: Any, builder: Any, handle: Handle, pointer: Any, member: str) -> Any:
    slot, kind = handle.members[member]
    if isinstance(kind, Handle):
        return pointer

    def load(place: int, what: Any = _WORD) -> Any:
        base = builder.bitcast(pointer, what.as_pointer())
        loaded = builder.load(builder.gep(base, [ir.Constant(_WORD, place)]))
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    if not isinstance(kind, Block):
        return load(slot, context.get_value_type(kind))
    block = cgutils.create_struct_proxy(kind)(context, builder)
    block.data = builder.inttoptr(load(slot), context.get_data_type(kind.dtype).as_pointer())
    block.shape = cgutils.pack_array(builder, [load(slot + 1 + axis) for axis in range(kind.ndim)])
    return block._getvalue()  # noqa: SLF001 -- as numba's own lowering does


# Arrays and their rows.


def _item(block: Block, index: Any) -> Any:
    depth = len(index) if isinstance(index, types.BaseTuple) else 1
    rest = block.ndim - depth
    return Block(block.owner, block.dtype, rest) if rest else block.dtype


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, _: Any) -> Any:
        block, index = args
        return signature(_item(block, index), block, index) if isinstance(block, Block) else None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, _: Any) -> Any:
        block, index, _value = args
        return signature(types.none, block, index, block.dtype) if isinstance(block, Block) else None


@infer_global(len)
class _Len(AbstractTemplate):
    def generic(self, args: Any, _: Any) -> Any:
        return signature(types.intp, *args) if isinstance(args[0], Block) else None


@infer_getattr
class _Shape(AttributeTemplate):
    key = Block

    def resolve_shape(self, block: Block) -> Any:
        return types.UniTuple(types.int64, block.ndim)


@lower_getattr(Block, "shape")
def _shape(context: Any, builder: Any, kind: Block, value: Any) -> Any:
    return cgutils.create_struct_proxy(kind)(context, builder, value).shape


@lower_builtin(len, Block)
def _len(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.extract_value(_shape(context, builder, sig.args[0], args[0]), 0)


def _place(context: Any, builder: Any, sig: Any, args: Any) -> tuple[Any, list[Any]]:
    """Return the address of an item or of a row, and the row's shape."""
    kind, index = sig.args[:2]
    block = cgutils.create_struct_proxy(kind)(context, builder, args[0])
    kinds = list(index) if isinstance(index, types.BaseTuple) else [index]
    indices = cgutils.unpack_tuple(builder, args[1]) if isinstance(index, types.BaseTuple) else [args[1]]
    places = [context.cast(builder, *each, types.int64) for each in zip(indices, kinds, strict=True)]
    shape = cgutils.unpack_tuple(builder, block.shape)
    at = places[0]
    for axis in range(1, kind.ndim):
        at = builder.mul(at, shape[axis])
        if axis < len(places):
            at = builder.add(at, places[axis])
    return builder.gep(block.data, [at], inbounds=True), shape[len(places) :]


def _owned(builder: Any, block: Block, access: Any) -> Any:
    """Say of an access which array it is to: accesses to others are to other places."""
    note = builder.module.add_metadata
    owner = note([block.owner, note(["arrays"])])
    access.set_metadata("tbaa", note([owner, owner, ir.Constant(_WORD, 0)]))
    return access


@lower_builtin(operator.getitem, Block, types.Integer)
@lower_builtin(operator.getitem, Block, types.BaseTuple)
def _get(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    place, shape = _place(context, builder, sig, args)
    if isinstance(sig.return_type, Block):
        row = cgutils.create_struct_proxy(sig.return_type)(context, builder)
        row.data, row.shape = place, cgutils.pack_array(builder, shape)
        return row._getvalue()  # noqa: SLF001
    model = context.data_model_manager[kind.dtype]
    return model.from_data(builder, _owned(builder, kind, builder.load(place)))


@lower_builtin(operator.setitem, Block, types.Integer, types.Any)
@lower_builtin(operator.setitem, Block, types.BaseTuple, types.Any)
def _put(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    place, _ = _place(context, builder, sig, args)
    value = context.cast(builder, args[2], sig.args[2], kind.dtype)
    data = context.data_model_manager[kind.dtype].as_data(builder, value)
    _owned(builder, kind, builder.store(data, place))
    return context.get_dummy_value()


# Tuples and their tables.


def opener(sample: NamedTuple, name: str) -> Callable[[int], Any]:
    """Return a function for compiled code that takes the address of a table of tuples like the sample."""
    handle, _ = _handle(sample, name, 0)

    @intrinsic
    def at(_: Any, address: Any) -> Any:
        def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

        return handle(address), generate

    opening: Callable[[int], Any] = at
    return opening


def _handle(sample: NamedTuple, name: str, slot: int) -> tuple[Handle, int]:
    """Return the type of tuples like a sample, that stand in a table from a slot on, and the slot behind."""
    handle = Handle(name)
    for member, value in zip(sample._fields, sample, strict=True):
        if isinstance(value, tuple):
            inner, end = _handle(value, f"{name}.{member}", slot)  # type: ignore[arg-type]
            handle.members[member] = slot, inner
            slot = end
        elif isinstance(value, np.ndarray):
            handle.members[member] = slot, Block(f"{name}.{member}", from_dtype(value.dtype), value.ndim)
            slot += 1 + value.ndim
        else:
            handle.members[member] = slot, types.float64 if isinstance(value, float) else types.int64
            slot += 1
    return handle, slot


def table(of: NamedTuple) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the table of a named tuple; it must not outlive the arrays."""
    return np.array(_slots(of), np.int64)


def _slots(value: Any) -> list[int]:
    if isinstance(value, tuple):
        return [slot for member in value for slot in _slots(member)]
    if isinstance(value, np.ndarray):
        return [value.ctypes.data, *value.shape]
    if isinstance(value, float):
        return [struct.unpack("<q", struct.pack("<d", value))[0]]
    return [int(value)]
