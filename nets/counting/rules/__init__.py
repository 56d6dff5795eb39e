"""What each operator costs."""

from nets.counting.registry import Rules
from nets.counting.rules import attention, convolutions, general, normalising, products, recurrent

RULES = (
    Rules(products.RULES)
    .plus(convolutions.RULES)
    .plus(attention.RULES)
    .plus(recurrent.RULES)
    .plus(normalising.RULES)
    .plus(general.RULES)
)
"""The rules that come with `nets`; add your own with `Rules.plus`."""

__all__ = ["RULES", "Rules"]
