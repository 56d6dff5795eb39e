"""What users name by an import path: ``package.module:name``."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError


def named_object(path: str, option: str) -> Any:  # noqa: ANN401  # anything that a module holds
    """Return what a module holds under a name; modules in the current folder are found, too.

    Parameters
    ----------
    path
        ``package.module:name``, the name dotted where it is inside a class.
    option
        The option's name, for the sentence if it goes wrong.

    Raises
    ------
    AnalysisError
        When there is no such module or name, or the module cannot be imported.

    Examples
    --------
    >>> named_object("math:pi", "net")
    3.141592653589793
    """
    module_name, _, names = path.partition(":")
    if not (module_name and names):
        raise AnalysisError(f"{option}: {path!r} must be like package.module:name")
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        found = import_module(module_name)
        for name in names.split("."):
            found = getattr(found, name)
    except AttributeError as error:
        raise AnalysisError(f"{option}: {path!r}: {error}") from None
    except ModuleNotFoundError as error:
        raise AnalysisError(f"{option}: {path!r}: there is no module {error.name!r} to import") from None
    except Exception as error:
        raise AnalysisError(f"{option}: importing {module_name!r} raised {described(error)}") from error
    finally:
        if added and here in sys.path:
            sys.path.remove(here)
    return found


def described(error: Exception) -> str:
    r"""Return an error of somebody else's code on one line.

    >>> described(ValueError("no,\nno"))
    'ValueError: no, no'
    """
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
