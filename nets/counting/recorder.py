"""Run a module on tensors without numbers, and note every operation where it happens.

Below autograd, torch hands each operation to a dispatch mode: ours converts what holds numbers (parameters,
buffers) to fake tensors, which only have shapes, lets torch work out the result's shape, and notes the call.
The module's own tensors are never written to nor replaced.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from nets.counting.call import Call, Operand, Work
from nets.counting.known import KnownNumbers
from nets.counting.packing import packed
from nets.counting.performed import BACKWARD, FORWARD, OPTIMIZER, RECOMPUTED, Performed
from nets.counting.registry import Rule, Rules
from nets.counting.rules import general
from nets.counting.standins import CPU, META, StandIns
from nets.counting.tensors import tensors_in
from nets.network.algebra import Size

_DEVICE = torch.ops.prim.device.default
_CAST = torch.ops.aten._to_copy.default  # noqa: SLF001  # torch's name for `to`
_PACK = "aten._pack_padded_sequence"


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's annotations
    """Notes operations; see the module's docstring."""

    def __init__(self, standins: StandIns, rules: Rules, sizes: Callable[[Any], Size]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's annotations
        self.standins, self.rules, self.size = standins, rules, sizes
        self.performed: list[Performed] = []
        self.phase = FORWARD
        self.path: Callable[[], str] = str
        self.failed_at: str | None = None
        self.pinned: dict[str, str] = {}
        self._muted = 0
        self._torch_flops = 0
        self.known = KnownNumbers()
        self._by_sequence: dict[int, str] = {}
        self._kinds: dict[int, str] = {}
        self._noted = 0
        self._rules: dict[Any, tuple[str, tuple[str, ...], Rule | None]] = {}

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Let operations happen without noting them."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401  # torch's protocol
        del types
        if func is _DEVICE:
            device = args[0].fake_device if isinstance(args[0], FakeTensor) else args[0].device
            return CPU if device == META else device
        kwargs = dict(kwargs or {})
        if kwargs.get("device") == META:
            kwargs["device"] = CPU
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            try:
                return self._perform(func, args, kwargs)
            except BaseException:
                if self.failed_at is None:
                    self.failed_at = self.path()
                raise

    def _perform(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:  # noqa: ANN401  # torch's protocol
        args, kwargs = self.known.current(args), self.known.current(kwargs)
        tensors = [item for item in _flat((*args, *kwargs.values())) if isinstance(item, Tensor)]
        name, _, rule = self._rule(func)
        if self.known.suffice(func, tensors, args, kwargs):
            result = self.known.performed(func, args, kwargs)
            self._note_operator(func, args, kwargs, result)
            return result
        self.known.forget(func, tensors)
        self.known.refuse_missing(name, args, self.size)
        lengths = args[1] if name == _PACK else None
        args = tuple(self._fake(arg) for arg in args)
        kwargs = {key: self._fake(value) for key, value in kwargs.items()}
        if rule is None:
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = func(*args, **kwargs) if lengths is None else packed(args[0], lengths, args[2], self.size)
        if torch.is_grad_enabled():
            self._by_sequence.setdefault(torch.autograd._get_sequence_nr() - 1, self.place()[0])  # type: ignore[attr-defined]  # noqa: SLF001  # torch offers nothing public
        if rule is general.view and args and isinstance(result, Tensor):
            self.standins.looks_at(result, args[0])
        if func is _CAST:
            self.standins.cast(result, args[0])
        if (formula := flop_registry.get(func.overloadpacket)) and not self.standins.fakes.shape_env:
            self._torch_flops += formula(*args, **kwargs, out_val=result)
        self._note_pins()
        self._note_operator(func, args, kwargs, result)
        return result

    def _note_pins(self) -> None:
        """Note where a symbol turned out to hold for one number only."""
        environment = self.standins.fakes.shape_env
        if environment and len(environment.replacements) > len(self.pinned):
            for theirs in environment.replacements:
                self.pinned.setdefault(str(theirs), self.path())

    def _note_operator(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:  # noqa: ANN401  # torch's protocol
        if not self._muted:
            name, names, rule = self._rule(func)
            arguments = dict(zip(names, args, strict=False)) | kwargs
            self.note(name, arguments, result, rule)

    def note(self, name: str, arguments: Mapping[str, Any], result: Any, rule: Rule | None) -> None:  # noqa: ANN401  # whatever an operation returns
        """Note a call."""
        call = Call(
            name,
            {key: self._described(value) for key, value in arguments.items() if key != "out"},
            tuple(self._operand(tensor) for tensor in tensors_in(result)),
        )
        work = rule(call) if rule else Work()
        if call.outputs and not call.output.floating:
            work = attrs.evolve(work, kind="")
        module, phase = self.place()
        origin = self._origin_kind(work, phase)
        if work.read != 0 or work.written != 0 or work.macs != 0 or rule is None:
            label = name.rpartition(".")[2]
            self.performed.append(
                Performed(module, label, call, work, phase, origin, rule is not None, self._torch_flops // 2)
            )
            self._torch_flops = 0

    def place(self) -> tuple[str, str]:
        """Return the path of the module that an operation belongs to, and the phase."""
        if self.phase in (FORWARD, OPTIMIZER):
            return self.path(), self.phase
        node = torch._C._current_autograd_node()  # noqa: SLF001  # torch offers nothing public
        if torch.is_grad_enabled():
            return self.path() or self._origin(node), RECOMPUTED
        return self._origin(node), BACKWARD

    def _origin_kind(self, work: Work, phase: str) -> str:
        """Remember what kind of operation multiplies, or say of which one this is the gradient."""
        if phase == BACKWARD:
            node = torch._C._current_autograd_node()  # noqa: SLF001  # torch offers nothing public
            return "" if node is None else self._kinds.get(node._sequence_nr(), "")  # noqa: SLF001
        now = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]  # noqa: SLF001  # torch offers nothing public
        if work.macs != 0:  # a whole function has several nodes
            self._kinds.update(dict.fromkeys(range(self._noted, now), work.kind))
        self._noted = now
        return ""

    def _origin(self, node: Any) -> str:  # noqa: ANN401  # an autograd node
        if node is None:
            return ""
        variable = getattr(node, "variable", None)
        if variable is not None and id(variable) in self.standins.owners:
            return self.standins.owners[id(variable)].rpartition(".")[0]
        return self._by_sequence.get(node._sequence_nr(), "")  # noqa: SLF001  # torch offers nothing public

    def _rule(self, func: Any) -> tuple[str, tuple[str, ...], Rule | None]:  # noqa: ANN401  # an operator
        if func not in self._rules:
            schema = func._schema  # noqa: SLF001  # torch offers nothing public
            name = schema.name.replace("::", ".")
            names = tuple(argument.name for argument in schema.arguments if not argument.is_out)
            self._rules[func] = name, names, rule_of(func, name, self.rules)
        return self._rules[func]

    def _fake(self, value: Any) -> Any:  # noqa: ANN401  # any argument
        if isinstance(value, Tensor):
            return value if isinstance(value, FakeTensor) else self.standins.fake(value)
        if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
            return type(value)(self._fake(item) for item in value)
        return value

    def _described(self, value: Any) -> Any:  # noqa: ANN401  # any argument
        if isinstance(value, Tensor):
            return self._operand(value)
        if isinstance(value, list | tuple):
            return tuple(self._described(item) for item in value)
        if isinstance(value, torch.SymInt):
            return self.size(value)
        return value

    def _operand(self, tensor: Tensor) -> Operand:
        shape = tuple(map(self.size, tensor.shape))
        repeats: Size = 1
        strides = tensor.stride() if tensor.layout is torch.strided else ()
        for size, stride in zip(shape, strides, strict=False):
            if isinstance(stride, int) and stride == 0:
                repeats *= size
        floating = tensor.is_floating_point() or tensor.is_complex()
        learned = self.standins.learned(tensor)
        return Operand(
            shape, tensor.itemsize, floating, repeats, tensor.requires_grad, learned, tensor.is_complex()
        )


def rule_of(func: Any, name: str, rules: Rules) -> Rule | None:  # noqa: ANN401  # an operator
    """Return the rule for an operator; what works in place costs what its namesake costs."""
    rule = rules.get(name) or general.by_schema(func)
    if rule is not None or not name.endswith("_"):
        return rule
    room, _, plain = name.removesuffix("_").rpartition(".")
    namesake = getattr(getattr(getattr(torch.ops, room), plain, None), func._overloadname, None)  # noqa: SLF001
    return None if namesake is None else rule_of(namesake, f"{room}.{plain}", rules)


def _flat(values: Any) -> Iterator[Any]:  # noqa: ANN401  # any arguments
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value
