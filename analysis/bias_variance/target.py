"""A target function f(x) from the user's text, read without ever running that text."""

import ast
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

LONGEST = 200
LARGEST = 1e100
LARGEST_INTEGER = 2**53
"""Larger ones become floats, since numpy has none as large as sympy."""
EXACT_POWERS = 1000
"""A power of numbers with a larger exponent is computed in floats."""

_X = sympy.Symbol("x", real=True)
_NAMES = {"x": _X, "pi": sympy.pi, "e": sympy.E}
_FUNCTIONS: dict[str, Callable[[sympy.Expr], sympy.Expr]] = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tanh": sympy.tanh,
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
}
_OPERATORS: dict[type[ast.operator], Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_ALLOWED = f"x, numbers, + - * / **, {', '.join([*_FUNCTIONS, 'pi', 'e'])}"


@dataclass(frozen=True)
class Target:
    """A real function of one variable, known as an expression.

    Parameters
    ----------
    expression
        A sympy expression in the symbol ``x``; :func:`parse_target` makes one from text.

    Examples
    --------
    >>> f = parse_target("x + sin(1.5*x)")
    >>> f([0.0, 1.0]).round(6).tolist()
    [0.0, 1.997495]
    """

    expression: sympy.Expr

    def __str__(self) -> str:
        return str(self.expression)

    @cached_property
    def _compiled(self) -> Callable[[NDArray[np.float64]], ArrayLike]:
        compiled: Callable[[NDArray[np.float64]], ArrayLike] = sympy.lambdify(_X, self.expression, "numpy")
        return compiled

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Evaluate f elementwise; raise `AnalysisError` where its value is not a finite real number."""
        points = np.asarray(x, dtype=np.float64)
        with np.errstate(all="ignore"):
            try:
                computed = np.asarray(self._compiled(points), dtype=np.complex128)
            except (ArithmeticError, TypeError, ValueError):  # of constants, which Python computes
                raise AnalysisError(f"f(x) = {self} is not a finite real number anywhere") from None
        values = np.broadcast_to(computed, points.shape)
        bad = points[~np.isfinite(values) | (values.imag != 0)]
        if bad.size:
            raise AnalysisError(f"f(x) = {self} is not a finite real number at x = {bad.flat[0]:g}")
        return values.real.copy()


@dataclass(frozen=True)
class OwnTarget:
    """A real function of one variable of which only its values are known.

    Parameters
    ----------
    function
        From points, shape (n,) or any other, to values of that shape.

    Examples
    --------
    >>> f = OwnTarget(np.sign)
    >>> f([-2.0, 3.0]).tolist(), str(f)
    ([-1.0, 1.0], 'sign')
    """

    function: Callable[[NDArray[np.float64]], ArrayLike]

    def __str__(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Evaluate f; raise `AnalysisError` where its values are not as many finite real numbers."""
        points = np.asarray(x, dtype=np.float64)
        values = np.asarray(self.function(points))
        if values.shape != points.shape:
            raise AnalysisError(
                f"f(x) = {self} returns values of shape {values.shape} for points of shape {points.shape}:"
                " return one for each"
            )
        if values.dtype.kind not in "biuf":
            raise AnalysisError(f"f(x) = {self} returns {values.dtype.name}: its values must be numbers")
        if not np.isfinite(values).all():
            bad = points[~np.isfinite(values)].flat[0]
            raise AnalysisError(f"f(x) = {self} is not a finite real number at x = {bad:g}")
        return values.astype(np.float64)


def parse_target(text: str) -> Target:
    """Read a function of x: numbers, ``+ - * / **``, sin, cos, tanh, exp, log, sqrt, abs, pi and e.

    Raises
    ------
    AnalysisError
        Naming the part that is none of these. Nothing in the text is ever executed.

    Examples
    --------
    >>> print(parse_target("2*x**2 - 1"))
    2*x**2 - 1
    >>> parse_target("x.real")
    Traceback (most recent call last):
    ...
    analysis.errors.AnalysisError: 'x.real' in the function 'x.real' is not allowed: write it with x, ...
    """
    if len(text) > LONGEST:
        raise AnalysisError(f"the function has {len(text)} characters, more than {LONGEST}: shorten it")
    try:
        with warnings.catch_warnings(action="ignore"):  # Python has opinions on what it parses
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # the latter two of too many parentheses
        raise AnalysisError(f"the function {text!r} is not an expression in x") from None
    return Target(sympy.sympify(_build(tree.body, text)))


def _build(node: ast.expr, text: str) -> sympy.Expr:
    try:
        return _bounded(_read(node, text), node, text)
    except (ArithmeticError, TypeError, ValueError):  # sympy's, of -0.0/-0.0 for example
        raise AnalysisError(f"{_part(node, text)} is not a real number of at most {LARGEST:g}") from None


def _read(node: ast.expr, text: str) -> sympy.Expr:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            built = sympy.Integer(value) if isinstance(value, int) else _float(value, node, text)
        case ast.Name(id=name) if name in _NAMES:
            built = _NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            built = -_build(operand, text)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            built = _build(operand, text)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            built = _power(_build(left, text), _build(right, text), node, text)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            built = _OPERATORS[type(operator)](_build(left, text), _build(right, text))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            built = _FUNCTIONS[name](_build(argument, text))
        case ast.BinOp(op=ast.BitXor()):
            raise AnalysisError(f"{_part(node, text)} uses ^: write ** for a power")
        case _:
            raise AnalysisError(f"{_part(node, text)} is not allowed: write it with {_ALLOWED}")
    return built


def _float(value: float, node: ast.expr, text: str) -> sympy.Float:
    if not math.isfinite(value):
        raise AnalysisError(f"{_part(node, text)} is not a finite number")
    return sympy.Float(value)


def _power(base: sympy.Expr, exponent: sympy.Expr, node: ast.expr, text: str) -> sympy.Expr:
    # Sympy would compute 9**9**9 in full; floats tell beforehand how large a power of numbers gets.
    if base.is_real and exponent.is_real and base.is_number and exponent.is_number:
        try:
            size = abs(complex(float(base) ** float(exponent)))
        except OverflowError:
            size = math.inf
        except ZeroDivisionError:
            size = math.nan
        if not size <= LARGEST:
            raise AnalysisError(f"{_part(node, text)} is not a number of at most {LARGEST:g}")
        if abs(float(exponent)) > EXACT_POWERS:
            return _float(float(base) ** float(exponent), node, text)
    return base**exponent


def _bounded(built: sympy.Expr, node: ast.expr, text: str) -> sympy.Expr:
    strange = built.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo)
    if strange or (built.is_number and not (built.is_real and abs(float(built)) <= LARGEST)):
        raise AnalysisError(f"{_part(node, text)} is not a real number of at most {LARGEST:g}")
    large = [atom for atom in built.atoms(sympy.Integer) if abs(atom) > LARGEST_INTEGER]
    return built.xreplace({atom: sympy.Float(float(atom)) for atom in large})


def _part(node: ast.expr, text: str) -> str:
    return f"{ast.unparse(node)!r} in the function {text!r}"
