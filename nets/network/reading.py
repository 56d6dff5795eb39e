"""Formulas read back from text: parsed, never evaluated, so that a file cannot run anything."""

import ast
import keyword
import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy

from nets.errors import InputError

_LARGEST_EXPONENT = 64
_MOST_BITS = 4096
_DEEPEST = 100
_LONGEST_SHOWN = 80
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_CHARACTERS = re.compile(r"[\w\s+*/().,<>=!-]+")  # no quotes: Python warns of escapes in texts as it parses

# How many arguments each takes; None for any number.
_FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int | None]] = MappingProxyType(
    {
        "floor": (sympy.floor, 1),
        "ceiling": (sympy.ceiling, 1),
        "Min": (sympy.Min, None),
        "Max": (sympy.Max, None),
        "Mod": (sympy.Mod, 2),
        "Eq": (sympy.Eq, 2),
        "Ne": (sympy.Ne, 2),
    }
)
_COMPARISONS: Mapping[type[ast.cmpop], Callable[..., Any]] = MappingProxyType(
    {
        ast.GtE: sympy.Ge,
        ast.Gt: sympy.Gt,
        ast.LtE: sympy.Le,
        ast.Lt: sympy.Lt,
        ast.Eq: sympy.Eq,
        ast.NotEq: sympy.Ne,
    }
)
_CHAINS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
)


def symbol(name: str) -> sympy.Symbol:
    """Return the positive integer symbol of this name, as every formula here uses.

    Raises
    ------
    InputError
        If a formula with this name could not be read back: it is no plain name, or one of a function
        (``Min``, ``Eq`` …) or of Python's own (``True`` …).
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name for a size: use letters, digits and _, such as H")
    if name in _FUNCTIONS or keyword.iskeyword(name):
        raise InputError(f"{name!r} means something else in a formula: name the size otherwise, such as H")
    return sympy.Symbol(name, integer=True, positive=True)


def parse(text: str) -> Any:  # noqa: ANN401  # an expression or a relation
    """Read a formula or a condition back from JSON or CSV.

    It holds whole numbers, names, ``+ - * / **``, ``floor``, ``ceiling``, ``Min``, ``Max``, ``Mod``, and as a
    condition one comparison (``>=``, ``Eq`` …).

    Raises
    ------
    InputError
        If the text holds anything else.

    Examples
    --------
    >>> parse("64*N*floor(H/2)")
    64*N*floor(H/2)
    >>> parse("exit(1)")
    Traceback (most recent call last):
        ...
    nets.errors.InputError: formula "exit(1)": only floor, ceiling, Min, Max, Mod, Eq, Ne can be called
    """
    shown = text if len(text) < _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    try:
        formula = _read(_tree(text), 0)
    except InputError as error:
        raise InputError(f'formula "{shown}": {error}') from None
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise InputError(f'formula "{shown}" cannot be read') from None
    if formula.has(sympy.zoo, sympy.nan, sympy.oo):
        raise InputError(f'formula "{shown}": it divides by zero')
    return formula


def _tree(text: str) -> ast.expr:
    if not _CHARACTERS.fullmatch(text):
        raise InputError("it holds more than names, numbers and arithmetic")
    return ast.parse(text.strip(), mode="eval").body


def _read(node: ast.expr, depth: int) -> Any:  # noqa: ANN401  # as parse
    if depth > _DEEPEST:
        raise InputError(f"brackets stand more than {_DEEPEST} deep")
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return sympy.Integer(node.value)
    if isinstance(node, ast.Name):
        return symbol(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _read(node.operand, depth + 1)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        return _power(node, depth) if isinstance(node.op, ast.Pow) else _chain(node, depth)
    if isinstance(node, ast.Call):
        return _call(node, depth)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and not depth:
        sides = (_read(side, depth + 1) for side in (node.left, node.comparators[0]))
        if type(node.ops[0]) in _COMPARISONS:
            return _COMPARISONS[type(node.ops[0])](*sides)
    raise InputError(f"{ast.unparse(node)} is neither a whole number, a name nor arithmetic")


def _chain(node: ast.BinOp, depth: int) -> Any:  # noqa: ANN401  # as parse
    """Read a + b - c + … in a loop: a long sum is a deep tree that leans to the left."""
    rest: list[tuple[type[ast.operator], ast.expr]] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and type(left.op) in _CHAINS:
        rest.append((type(left.op), left.right))
        left = left.left
    if not rest:
        raise InputError(f"{type(node.op).__name__} is no operation of a formula")
    terms = [_read(left, depth + 1)]
    for kind, operand in reversed(rest):
        item = _read(operand, depth + 1)
        if kind in (ast.Add, ast.Sub):
            terms.append(item if kind is ast.Add else -item)
        else:
            terms = [_CHAINS[kind](sympy.Add(*terms), item)]
    return sympy.Add(*terms)  # all at once: a sum made term by term takes the square of their number


def _power(node: ast.BinOp, depth: int) -> Any:  # noqa: ANN401  # as parse
    base, exponent = _read(node.left, depth + 1), _read(node.right, depth + 1)
    if not exponent.is_Integer or abs(exponent) > _LARGEST_EXPONENT:
        raise InputError(f"an exponent must be a whole number of at most {_LARGEST_EXPONENT}")
    factor = base.as_coeff_Mul()[0]
    if max(factor.p.bit_length(), factor.q.bit_length()) * abs(int(exponent)) > _MOST_BITS:
        raise InputError("a power in it is too large")
    return base**exponent


def _call(node: ast.Call, depth: int) -> Any:  # noqa: ANN401  # as parse
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FUNCTIONS:
        raise InputError(f"only {', '.join(_FUNCTIONS)} can be called")
    function, wanted = _FUNCTIONS[name]
    if node.keywords or not node.args or (wanted is not None and len(node.args) != wanted):
        raise InputError(f"{name} takes {'one value' if wanted == 1 else 'two or more values'}")
    return function(*(_read(argument, depth + 1) for argument in node.args))
