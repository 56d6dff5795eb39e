"""One call as data: what went in, what came out, and the work that a rule says it is."""

from collections.abc import Mapping
from typing import Any

import attrs

from nets.layers import kinds
from nets.network.algebra import Shape, Size, product, quotient


@attrs.frozen
class Operand:
    """A tensor that an call reads or writes, without its numbers.

    Parameters
    ----------
    shape
        Its sizes, ints or sympy expressions.
    itemsize
        Bytes of one number.
    floating
        Whether its numbers are floating-point, real or complex.
    repeats
        By which factor an expanded tensor holds more numbers than memory does.
    differentiable
        Whether a gradient is asked for it.
    learned
        Whether it is a parameter, or a view of one.
    imaginary
        Whether its numbers are complex.
    """

    shape: Shape
    itemsize: int = 4
    floating: bool = True
    repeats: Size = 1
    differentiable: bool = False
    learned: bool = False
    imaginary: bool = False

    @property
    def numel(self) -> Size:
        """How many numbers it holds, repetitions included."""
        return product(self.shape)

    @property
    def bytes(self) -> Size:
        """What must be moved to read or write it once."""
        return self.itemsize * quotient(self.numel, self.repeats)


@attrs.frozen
class Call:
    """A call of an operator.

    Parameters
    ----------
    operator
        Its full name, such as ``aten.convolution``.
    arguments
        By the names of the operator's schema; tensors as `Operand`, lists of tensors as tuples of them,
        sizes as ints or sympy expressions.
    outputs
        The tensors that it returns, in order.
    """

    operator: str
    arguments: Mapping[str, Any]
    outputs: tuple[Operand, ...]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # arguments are of many kinds
        return self.arguments.get(name)

    @property
    def inputs(self) -> tuple[Operand, ...]:
        """The tensors among the arguments, in order."""
        found: list[Operand] = []
        for value in self.arguments.values():
            if isinstance(value, Operand):
                found.append(value)
            elif isinstance(value, tuple):
                found += [item for item in value if isinstance(item, Operand)]
        return tuple(found)

    @property
    def output(self) -> Operand:
        """The first tensor returned; an empty one where there is none."""
        return self.outputs[0] if self.outputs else Operand((0,))


@attrs.frozen
class Work:
    """What an call costs.

    Parameters
    ----------
    macs
        Multiply-accumulates of matrix products and convolutions that the mathematics asks for.
    elementwise
        Other arithmetic, one per number and step, see ``docs/nets/counting.md``.
    read, written
        Bytes; None for all that goes in, or comes out.
    executed
        Multiply-accumulates that are carried out, where they are more than ``macs``; None for as many.
    kind
        What sort of call it is, in the words of `nets.tables.conventions`; what a convention goes by.
    """

    macs: Size = 0
    elementwise: Size = 0
    read: "Size | None" = None
    written: "Size | None" = None
    executed: "Size | None" = None
    kind: str = kinds.OTHER


FREE = Work(read=0, written=0, kind="")
"""What only looks at memory in another way, or reserves it."""
