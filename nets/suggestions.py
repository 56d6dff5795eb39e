"""What to say when a name does not exist."""

import difflib
from collections.abc import Iterable

_FEW = 8


def near_misses(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that names the likeliest meant, or all where they are few.

    >>> near_misses("vgg91", ["vgg16", "vgg19", "lenet5"])
    '; did you mean vgg19 or vgg16?'
    >>> near_misses("x", ["a", "b"])
    '; there are a, b'
    """
    names = list(known)
    close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    inside = [other for other in names if len(name) > 2 and name.lower() in other]  # noqa: PLR2004  # shorter names are in every other
    close = list(dict.fromkeys([*inside[:4], *close]))
    if close:
        *most, last = close
        return f"; did you mean {', '.join(most)}{' or ' if most else ''}{last}?"
    return f"; there are {', '.join(names)}" if len(names) <= _FEW else ""
