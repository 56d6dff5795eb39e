"""What can be counted: a net of the zoo by name, a network, a torch module, or where to find one."""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeGuard

from nets.errors import CountError, InputError
from nets.network.graph import Network
from nets.suggestions import near_misses

if TYPE_CHECKING:
    from torch import nn

_MOST_REAL = 10**9


def is_module(subject: object) -> "TypeGuard[nn.Module]":
    """Whether something is a torch module; torch is not loaded to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(subject, torch.nn.Module)


def is_reference(name: str) -> bool:
    """Whether a name says where a module is to be found: ``package.module:factory`` or ``file.py:Class``."""
    return ":" in name


def find(
    reference: str, options: Mapping[str, Any] | None = None, *, runs: bool = False
) -> "nn.Module | Network":
    """Make the module that a reference stands for.

    It is built without memory for its weights where it can be (on torch's device ``meta``), else as usual.

    Parameters
    ----------
    reference
        ``package.module:factory`` or ``path/file.py:Class``; what is found may also be a module or a network.
    options
        Keywords for the factory.
    runs
        Whether it is to be run, so that its weights need memory, if there are not too many.

    Raises
    ------
    InputError
        If there is no such file, module or name, or it is nothing that can be counted.
    CountError
        If it cannot be built.
    """
    place, _, name = reference.rpartition(":")
    if not place or not name:
        raise InputError(f"{reference!r} must read package.module:factory or file.py:Class")
    home = _file(place) if place.endswith(".py") else _package(place)
    found: Any = home
    for part in name.split("."):
        if not hasattr(found, part):
            candidates = vars(found).items()
            names = [n for n, each in candidates if not (n.startswith("_") or isinstance(each, ModuleType))]
            raise InputError(f"{place} has no {part!r}{near_misses(part, names)}")
        found = getattr(found, part)
    made = found
    if callable(found) and not is_module(found):
        made = _made(found, reference, dict(options or {}), runs=runs)
    if isinstance(made, Network) or is_module(made):
        return made
    raise InputError(f"{reference} is {_kind(made)}, neither a torch module nor a network, nor makes one")


def _kind(thing: object) -> str:
    name = type(thing).__name__
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}" if thing is not None else "None"


def refuse(subject: object) -> InputError:
    """Return the error for something that cannot be counted."""
    if isinstance(subject, type):
        return InputError(
            f"{subject.__name__} is a class: give an instance of it, such as {subject.__name__}(…)"
        )
    way_out = "give the name of a net, a network or a torch module"
    if type(subject).__name__ == "ExportedProgram":
        way_out = "give its module()"
    return InputError(f"{_kind(subject)} cannot be counted: {way_out}")


def _file(path: str) -> ModuleType:
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{path}: there is no such file")
    specification = importlib.util.spec_from_file_location(file.stem, file)
    if specification is None or specification.loader is None:
        raise InputError(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(specification)
    with _found_in(file.parent), _importing(path):
        specification.loader.exec_module(module)
    return module


def _package(name: str) -> ModuleType:
    with _found_in(Path.cwd()), _importing(name):
        return importlib.import_module(name)


@contextlib.contextmanager
def _found_in(folder: Path) -> Iterator[None]:
    """Let imports be found in a folder, too."""
    before = [*sys.path]
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def _importing(name: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(f"{name}: there is no module {error.name!r}") from error
    except Exception as error:
        raise InputError(f"{name}: {_first_line(error)}") from error


def _made(factory: Any, reference: str, options: dict[str, Any], *, runs: bool) -> Any:  # noqa: ANN401  # whatever it makes
    import torch

    try:
        with torch.device("meta"):
            made = factory(**options)
        if not runs or sum(p.numel() for p in made.parameters()) > _MOST_REAL:
            return made
        return factory(**options)
    except Exception:  # noqa: BLE001  # some can only be built with numbers
        try:
            return factory(**options)
        except Exception as error:
            raise CountError(f"{reference} cannot be built: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__
