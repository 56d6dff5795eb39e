"""Names of a package that are loaded when they are first used (PEP 562), so that ``--help`` stays fast."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def lazily(
    package: str, where: Mapping[str, Iterable[str]], whole: Iterable[str] = ()
) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``.

    Parameters
    ----------
    package
        Its name.
    where
        Which module of the package holds which names.
    whole
        Modules that are names themselves.
    """
    modules = {name: module for module, names in where.items() for name in names}

    def load(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
        if name in whole:
            return import_module(f"{package}.{name}")
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return load
