"""A module's table, from what a user gives to what a user gets."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from nets.counting.arguments import arguments_for
from nets.counting.registry import Rules
from nets.counting.rules import RULES
from nets.counting.tabulate import tabulate
from nets.counting.trace import Trace, trace
from nets.tables.conventions import Convention
from nets.tables.table import Table


def module_table(
    module: nn.Module,
    inputs: Any = None,  # noqa: ANN401  # what users give
    *,
    kwargs: Mapping[str, Any] | None = None,
    units: Mapping[str, Any] | None = None,
    train: bool = False,
    backward: bool = False,
    convention: Convention,
    every: bool = False,
    depth: int | None = None,
    fold: bool = True,
    rules: Rules | None = None,
) -> Table:
    """Trace a module and make its table; see `nets.table` for the parameters."""
    arguments = arguments_for(module, inputs, kwargs, units)

    def shape_table(traced: Trace) -> Table:
        return tabulate(traced, convention, every=every, depth=depth, fold=fold)

    settings: dict[str, Any] = {"training": train or backward, "backward": backward, "rules": rules or RULES}
    if not arguments.symbols:
        return shape_table(trace(module, arguments, **settings))
    from nets.counting.formulas import formula_table

    return formula_table(module, arguments, convention, shape_table=shape_table, **settings)
