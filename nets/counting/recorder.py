"""Run a module on tensors without numbers, and note every operation where it happens.

Below autograd, torch hands each operation to a dispatch mode: ours converts what holds numbers (parameters,
buffers) to fake tensors, which only have shapes, lets torch work out the result's shape, and notes the call.
The module's own tensors are never written to nor replaced.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]  # torch's annotations
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from nets.counting.call import Call, Operand, Work
from nets.counting.packing import packed
from nets.counting.registry import Rule, Rules
from nets.counting.rules import general
from nets.counting.rules.recurrent import GATES
from nets.counting.signatures import FUNCTIONS, OPEN, arguments_of
from nets.counting.tensors import tensors_in
from nets.network.algebra import Shape, Size

FORWARD, BACKWARD, RECOMPUTED = "forward", "backward", "recomputed"
_DEVICE = torch.ops.prim.device.default
_CPU, _META = torch.device("cpu"), torch.device("meta")
_SMALL = 10_000
_RANGES = (torch.ops.aten.arange.default, torch.ops.aten.arange.start, torch.ops.aten.arange.start_step)
_PACK = "aten._pack_padded_sequence"


@attrs.frozen
class Performed:
    """A call, where it happened and what it costs.

    Parameters
    ----------
    module
        Path of the innermost module that was running; empty for the whole.
    label
        What the operation is called in a row of its own.
    call, work
        What happened, and what it costs.
    phase
        ``forward``, ``backward`` or ``recomputed``.
    known
        Whether a rule says what it costs.
    torch_macs
        Half of what torch's own counter says, 0 where it has no formula.
    """

    module: str
    label: str
    call: Call
    work: Work
    phase: str = FORWARD
    known: bool = True
    torch_macs: int = 0


@attrs.frozen
class Visit:
    """What a module's calls looked like.

    Parameters
    ----------
    calls
        How many there were.
    inputs, outputs
        Shapes of the tensors of the first one.
    parent
        Path of the module that was running when it was called; None for the whole.
    at
        How many operations had happened before the first call.
    """

    calls: int
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parent: str | None
    at: int


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's annotations
    """Notes operations; see the module's docstring."""

    def __init__(
        self, fakes: FakeTensorMode, owners: Mapping[int, str], rules: Rules, sizes: Callable[[Any], Size]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's annotations
        self.fakes, self.owners, self.rules, self.size = fakes, owners, rules, sizes
        self.performed: list[Performed] = []
        self.used: set[int] = set()
        self.phase = FORWARD
        self.path: Callable[[], str] = str
        self.failed_at: str | None = None
        self.pinned: dict[str, str] = {}
        self._muted = 0
        self._torch_flops = 0
        self._copies: dict[int, tuple[Tensor, FakeTensor]] = {}
        self._constants: dict[int, Tensor] = {}
        self._learned: dict[int, Tensor] = {}
        self._by_sequence: dict[int, str] = {}
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
            return _CPU if device == _META else device
        kwargs = dict(kwargs or {})
        if kwargs.get("device") == _META:
            kwargs["device"] = _CPU
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            try:
                return self._perform(func, args, kwargs)
            except BaseException:
                if self.failed_at is None:
                    self.failed_at = self.path()
                raise

    def _perform(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:  # noqa: ANN401  # torch's protocol
        tensors = [item for item in _flat((*args, *kwargs.values())) if isinstance(item, Tensor)]
        name, _, rule = self._rule(func)
        if self._constant(func, tensors, args, kwargs):
            with unset_fake_temporarily():
                result = func(*args, **kwargs)
            for tensor in tensors_in(result):
                self._constants[id(tensor)] = tensor
            self._note_operator(func, args, kwargs, result)
            return result
        self._forget(func, tensors)
        lengths = args[1] if name == _PACK else None
        args = tuple(self._fake(arg) for arg in args)
        kwargs = {key: self._fake(value) for key, value in kwargs.items()}
        if rule is None:
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = packed(args[0], lengths) if lengths is not None else func(*args, **kwargs)
        if torch.is_grad_enabled():
            self._by_sequence.setdefault(torch.autograd._get_sequence_nr() - 1, self._place()[0])  # type: ignore[attr-defined]  # noqa: SLF001  # torch offers nothing public
        if (
            rule is general.view
            and isinstance(result, Tensor)
            and id(args[0] if args else None) in self._learned
        ):
            self._learned[id(result)] = result
        if (formula := flop_registry.get(func.overloadpacket)) and not self.fakes.shape_env:
            self._torch_flops += formula(*args, **kwargs, out_val=result)
        self._note_pins()
        self._note_operator(func, args, kwargs, result)
        return result

    def _forget(self, func: Any, tensors: list[Tensor]) -> None:  # noqa: ANN401  # an operator
        """Take nothing for constant any more that is written to."""
        if func._schema.is_mutable:  # noqa: SLF001  # torch offers nothing public
            for tensor in tensors:
                self._constants.pop(id(tensor), None)

    def _note_pins(self) -> None:
        """Note where a symbol turned out to hold for one number only."""
        environment = self.fakes.shape_env
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
        module, phase = self._place()
        if work.read != 0 or work.written != 0 or work.macs != 0 or rule is None:
            label = name.rpartition(".")[2]
            self.performed.append(
                Performed(module, label, call, work, phase, rule is not None, self._torch_flops // 2)
            )
            self._torch_flops = 0

    def _place(self) -> tuple[str, str]:
        if self.phase == FORWARD:
            return self.path(), FORWARD
        node = torch._C._current_autograd_node()  # noqa: SLF001  # torch offers nothing public
        if torch.is_grad_enabled():
            return self.path() or self._origin(node), RECOMPUTED
        return self._origin(node), BACKWARD

    def _origin(self, node: Any) -> str:  # noqa: ANN401  # an autograd node
        if node is None:
            return ""
        variable = getattr(node, "variable", None)
        if variable is not None and id(variable) in self.owners:
            return self.owners[id(variable)].rpartition(".")[0]
        return self._by_sequence.get(node._sequence_nr(), "")  # noqa: SLF001  # torch offers nothing public

    def _rule(self, func: Any) -> tuple[str, tuple[str, ...], Rule | None]:  # noqa: ANN401  # an operator
        if func not in self._rules:
            schema = func._schema  # noqa: SLF001  # torch offers nothing public
            name = schema.name.replace("::", ".")
            names = tuple(argument.name for argument in schema.arguments if not argument.is_out)
            self._rules[func] = name, names, self.rules.get(name) or general.by_schema(func)
        return self._rules[func]

    def _constant(self, func: Any, tensors: list[Tensor], args: Any, kwargs: Any) -> bool:  # noqa: ANN401  # torch's protocol
        """Whether an operation is on a few known integers: it may happen, and later choices go by it."""
        if any(isinstance(t, FakeTensor) or not self._known(t) for t in tensors):
            return False
        if func._schema.is_mutable:  # noqa: SLF001  # torch offers nothing public
            return bool(tensors) and all(id(t) in self._constants for t in tensors)
        if tensors:
            return True
        return (
            func in _RANGES
            and all(isinstance(arg, int) and arg <= _SMALL for arg in args)
            and not ((dtype := kwargs.get("dtype")) and dtype.is_floating_point)
        )

    def _known(self, tensor: Tensor) -> bool:
        return (
            tensor.device.type == "cpu"
            and tensor.layout is torch.strided
            and not (tensor.is_floating_point() or tensor.is_complex())
            and tensor.numel() <= _SMALL
        )

    def _fake(self, value: Any) -> Any:  # noqa: ANN401  # any argument
        if isinstance(value, Tensor):
            return value if isinstance(value, FakeTensor) else self.fake(value)
        if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
            return type(value)(self._fake(item) for item in value)
        return value

    def adopt(self, module: nn.Module) -> None:
        """Make the stand-ins of a module's tensors, which is faster before any mode is entered."""
        for tensor in (*module.parameters(), *module.buffers()):
            if not isinstance(tensor, UninitializedTensorMixin):
                self._copy(tensor)

    def fake(self, tensor: Tensor) -> FakeTensor:
        """Return the tensor without numbers that stands for one with numbers, always the same."""
        kept = self._copies.get(id(tensor))
        if kept is not None and kept[1].shape == tensor.size():  # a lazy parameter gets its shape late
            copy = kept[1]
        else:
            with unset_fake_temporarily():
                copy = self._copy(tensor)
        if id(tensor) in self.owners:
            self.used.add(id(tensor))
        return copy

    def _copy(self, tensor: Tensor) -> FakeTensor:
        with torch.no_grad():
            copy = self._stand_in(tensor)
        copy.requires_grad_(tensor.requires_grad)
        self._copies[id(tensor)] = tensor, copy  # the original is kept, or another could get its id
        if id(tensor) in self.owners:
            self._learned[id(copy)] = copy
        return copy

    def _stand_in(self, tensor: Tensor) -> FakeTensor:
        if (
            tensor.layout is not torch.strided
            or type(tensor).__torch_dispatch__ is not Tensor.__torch_dispatch__
        ):
            return self.fakes.from_tensor(tensor)
        shape = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=_META)
        return FakeTensor(self.fakes, shape, _CPU if tensor.device == _META else tensor.device)

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
        learned = id(tensor) in self._learned or id(tensor) in self.owners
        return Operand(shape, tensor.itemsize, floating, repeats, tensor.requires_grad, learned)


def _flat(values: Any) -> Iterator[Any]:  # noqa: ANN401  # any arguments
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def _unrolled(args: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """Return what a recurrent layer returns, without its loop over the steps."""
    data, second, third, *_ = args
    packed_up = isinstance(second, Tensor) and isinstance(third, list | tuple)
    packed_up = packed_up or (isinstance(second, Tensor) and isinstance(third, Tensor))
    state, bidirectional = (third, args[8]) if packed_up else (second, args[7])
    states = state if isinstance(state, list | tuple) else (state,)
    width = states[0].shape[-1] * (2 if bidirectional else 1)
    return data.new_empty((*data.shape[:-1], width)), *(torch.empty_like(s) for s in states)


class Functions(TorchFunctionMode):
    """Notes whole functions that torch would take apart, such as interpolation, as one call each."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.rules = {
            function: (name, rule)
            for name, function in FUNCTIONS.items()
            if (rule := recorder.rules.get(name)) is not None
        }

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401  # torch's protocol
        del types
        kwargs = kwargs or {}
        if func in OPEN:  # what it calls is to be noted, too
            with self:
                return OPEN[func](*args, **kwargs)
        name, rule = self.rules.get(func, ("", None))
        if rule is None:
            return func(*args, **kwargs)
        recorder = self.recorder
        with recorder.muted():
            if name in GATES and not torch.is_grad_enabled():
                result = _unrolled(args)
            else:
                result = func(*args, **kwargs)
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            recorder.note(name, arguments_of(name, args, kwargs), result, rule)
        return result


class Scopes:
    """Which module is running: a stack kept by hooks that torch offers for all modules at once."""

    def __init__(self, module: nn.Module, recorder: Recorder) -> None:
        self.names = {id(m): name for name, m in reversed([*module.named_modules(remove_duplicate=False)])}
        self.stack: list[tuple[int, str]] = []
        self.recorder = recorder
        self.visits: dict[str, Visit] = {}

    @property
    def path(self) -> str:
        """Path of the innermost module that is running."""
        return self.stack[-1][1] if self.stack else ""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep the stack while modules run."""
        hooks = torch.nn.modules.module
        before = hooks.register_module_forward_pre_hook(self._enter)
        try:
            after = hooks.register_module_forward_hook(self._leave, always_call=True)
            try:
                yield
            finally:
                after.remove()
        finally:
            before.remove()

    def _enter(self, module: nn.Module, inputs: Any) -> None:  # noqa: ANN401  # any arguments
        name = self.names.get(id(module))
        path = self.path if name is None else name
        if name is not None and self.recorder.phase == FORWARD:
            seen = self.visits.get(name)
            if seen is None:
                parent = self.path if self.stack else None
                self.visits[name] = Visit(1, self._shapes(inputs), (), parent, len(self.recorder.performed))
            else:
                self.visits[name] = attrs.evolve(seen, calls=seen.calls + 1)
        self.stack.append((id(module), path))

    def _leave(self, module: nn.Module, inputs: Any, output: Any) -> None:  # noqa: ANN401  # any arguments
        del inputs
        if sys.exc_info()[1] is not None and self.recorder.failed_at is None:
            self.recorder.failed_at = self.path
        while self.stack and self.stack.pop()[0] != id(module):
            pass
        name = self.names.get(id(module))
        if name is not None and (seen := self.visits.get(name)) and not seen.outputs:
            self.visits[name] = attrs.evolve(seen, outputs=self._shapes(output))

    def _shapes(self, values: Any) -> tuple[Shape, ...]:  # noqa: ANN401  # anything with tensors in it
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            return tuple(tuple(map(self.recorder.size, t.shape)) for t in tensors_in(values))
