"""Any module, traced: what it would compute on inputs of these shapes, without computing or reserving it."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import nn
from torch._dispatch.python import enable_python_dispatcher
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)

from nets.counting.arguments import Arguments, describe
from nets.counting.functions import Functions
from nets.counting.parameters import Ledger, ledger_of, name_of
from nets.counting.performed import BACKWARD, Performed
from nets.counting.recorder import Recorder
from nets.counting.registry import Rules
from nets.counting.rules import RULES
from nets.counting.scopes import Scopes, Visit
from nets.counting.standins import StandIns
from nets.counting.tensors import tensors_in
from nets.counting.untouched import set_mode, traceable, untouched
from nets.errors import CountError
from nets.network.algebra import Shape

if TYPE_CHECKING:
    from nets.counting.symbols import Symbols


@attrs.frozen
class Trace:
    """What a module did.

    Parameters
    ----------
    name
        Its class.
    input
        Shapes of the tensors that went in, in order.
    numeric
        Those of them that hold floating-point numbers.
    types
        Classes of the modules by path, in the order in which they are registered.
    visits
        How each module that ran was called, in the order of the first calls.
    performed
        The operations in the order of execution.
    parameters
        Who holds which parameters.
    pinned
        Symbols of torch's that turned out to hold for one number only, and the modules where they did.
    """

    name: str
    input: tuple[Shape, ...]
    numeric: tuple[Shape, ...]
    types: Mapping[str, str]
    visits: Mapping[str, Visit]
    performed: tuple[Performed, ...]
    parameters: Ledger
    pinned: Mapping[str, str]


def trace(
    module: nn.Module,
    arguments: Arguments,
    *,
    training: bool = False,
    backward: bool = False,
    rules: Rules = RULES,
    symbols: "Symbols | None" = None,
) -> Trace:
    """Trace a module; it is left exactly as it was, and so is torch.

    Parameters
    ----------
    module
        Any module, on any device, ``meta`` included.
    arguments
        What it is called with.
    training
        In which mode.
    backward
        Whether the gradients of all parameters that ask for one are worked out too.
    rules
        What operators cost.
    symbols
        What the symbols of the input are to torch; needed where it has any.

    Raises
    ------
    CountError
        If the module cannot be called so, or what it does depends on the numbers in its input.
    """

    def traced(*, graph: bool) -> Trace:
        with (
            running(module, arguments, training=training, rules=rules, symbols=symbols) as run,
            run.noting(),
            torch.set_grad_enabled(graph),
        ):
            output = run.module(*run.args, **run.kwargs)
            if backward:
                _differentiate(run.recorder, output)
        return run.trace()

    try:
        return traced(graph=backward)
    except CountError as error:
        if backward or "does not require grad" not in str(error.__cause__):
            raise
    return traced(graph=True)  # it asks for gradients itself


@attrs.frozen
class Run:
    """A module about to run on stand-ins.

    Parameters
    ----------
    module
        What runs; a copy where parameters are made by the first run.
    recorder
        Notes what happens, while `noting`.
    scopes
        Which module is running.
    args, kwargs
        What it is called with.
    """

    name: str
    module: nn.Module
    recorder: Recorder
    scopes: Scopes
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @contextmanager
    def noting(self, *, steps: bool = False) -> Iterator[None]:
        """Note what happens; with ``steps``, recurrent layers go through theirs even without gradients."""
        with self.scopes.watching(), self.recorder, Functions(self.recorder, steps=steps):
            yield

    def trace(self) -> Trace:
        """Return what happened."""
        entered = [*tensors_in((self.args, dict(self.kwargs)))]
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            shapes = tuple(tuple(map(self.recorder.size, t.shape)) for t in entered)
        floating = (t.is_floating_point() or t.is_complex() for t in entered)
        return Trace(
            self.name,
            shapes,
            tuple(shape for shape, floats in zip(shapes, floating, strict=True) if floats),
            {path: name_of(m) for path, m in self.module.named_modules()},
            self.scopes.visits,
            tuple(self.recorder.performed),
            ledger_of(self.module, self.recorder.standins.used),
            dict(self.recorder.pinned),
        )


@contextmanager
def running(
    module: nn.Module,
    arguments: Arguments,
    *,
    training: bool,
    rules: Rules = RULES,
    symbols: "Symbols | None" = None,
    beneath: AbstractContextManager[Any] | None = None,
) -> Iterator[Run]:
    """Prepare a module to run on stand-ins, and leave it and torch as they were.

    Parameters
    ----------
    module, arguments, training, rules, symbols
        As for `trace`.
    beneath
        A dispatch mode that sees each operation after the recorder has put stand-ins in.

    Raises
    ------
    CountError
        In place of whatever goes wrong while it runs.
    """
    name = name_of(module)
    module, lazy = traceable(module)
    with untouched(module), ExitStack() as stack:
        set_mode(module, training=training)
        environment = symbols.environment if symbols else None
        fakes = FakeTensorMode(allow_non_fake_inputs=True, shape_env=environment)
        owners = {id(p): path for path, p in module.named_parameters()}
        standins = StandIns(fakes, owners)
        recorder = Recorder(standins, rules, symbols.ours if symbols else int)
        scopes = Scopes(module, recorder)
        recorder.path = lambda: scopes.path
        standins.adopt(module)
        stack.enter_context(enable_python_dispatcher())
        stack.enter_context(fakes)
        if beneath is not None:
            stack.enter_context(beneath)
        try:
            args, kwargs = arguments.made(recorder, module, symbols.size if symbols else int)
            if lazy:
                with recorder.muted(), recorder, torch.no_grad():
                    module(*args, **kwargs)
            yield Run(name, module, recorder, scopes, args, kwargs)
        except CountError as error:
            raise CountError(f"{name}: {error}") from None
        except Exception as error:
            reason = _reason(name, arguments, recorder, error)
            raise CountError(symbols.in_words(reason) if symbols else reason) from error


def _differentiate(recorder: Recorder, output: Any) -> None:  # noqa: ANN401  # whatever a module returns
    outputs = [tensor for tensor in tensors_in(output) if tensor.requires_grad]
    if not outputs:
        raise CountError("nothing that it returns asks for a gradient, so there is no backward pass")
    with recorder.muted():
        ones = [torch.ones_like(tensor) for tensor in outputs]
    recorder.phase = BACKWARD
    torch.autograd.backward(outputs, ones)


def _reason(name: str, arguments: Arguments, recorder: Recorder, error: Exception) -> str:
    where = _where(error)
    if isinstance(error, DataDependentOutputException | DynamicOutputShapeException):
        module = recorder.failed_at or name
        return (
            f"{name} cannot be counted by shapes alone: in {module}{where} what happens depends on the "
            "numbers that flow; give it an input or a setting with which it does not"
        )
    text = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__).strip()
    if "scalar types: Long" in text:
        text += "; write the type of whole numbers into the input, such as 2x128:int64"
    inside = f" in {recorder.failed_at}" if recorder.failed_at else ""
    return f"{name} does not run on {describe(arguments)}:{inside}{where} {text}"


def _where(error: Exception) -> str:
    room = Path(__file__).parent
    ours = (str(room), str(room.with_name("costing")))
    torchs = str(Path(torch.__file__).parent)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith((*ours, torchs, "<")):
            return f" ({Path(frame.filename).name}:{frame.lineno})"
    return ""
