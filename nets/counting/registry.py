"""Which operator costs what: rules by name, to which users add their own."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from nets.counting.call import Call, Work
from nets.errors import InputError

Rule: TypeAlias = Callable[[Call], Work]
"""A pure function from an call to its work; sizes in it are ints or sympy expressions alike."""


class Rules(Mapping[Any, Rule]):
    """Rules by operator name (``aten.mm``, ``mylib.swish``) or by module class; immutable.

    A module class with a rule is one call: its tensor arguments are called ``input0``, ``input1``, …, the
    module itself ``module``, and what it does inside is not counted again.

    Examples
    --------
    >>> from nets.counting.call import Work
    >>> rules = Rules({"mylib.swish": lambda op: Work(elementwise=2 * op.output.numel)})
    >>> rules.plus({"mylib.swish": lambda op: Work()})
    Traceback (most recent call last):
        ...
    nets.errors.InputError: mylib.swish has a rule already; two rules for one operator would count twice
    """

    def __init__(self, rules: Mapping[Any, Rule]) -> None:
        for key, rule in rules.items():
            if not isinstance(key, str | type):
                raise InputError(f"a rule is for an operator's name or a module class, not for {key!r}")
            if not callable(rule):
                raise InputError(f"the rule for {name_of(key)} must be a function, not {rule!r}")
        self._rules = MappingProxyType(dict(rules))

    def plus(self, rules: Mapping[Any, Rule]) -> "Rules":
        """Return these rules and more.

        Raises
        ------
        InputError
            If an operator has a rule already.
        """
        for key in rules:
            if key in self._rules:
                raise InputError(
                    f"{name_of(key)} has a rule already; two rules for one operator would count twice"
                )
        return Rules({**self._rules, **rules})

    def __getitem__(self, key: Any) -> Rule:  # noqa: ANN401  # a name or a class
        rule: Rule = self._rules[key]
        return rule

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)


def name_of(key: Any) -> str:  # noqa: ANN401  # a name or a class
    """Return an operator's name, or a class's."""
    return key.__name__ if isinstance(key, type) else str(key)
