"""All closed forms, in the order in which they are shown."""

from typing import Final

from sim.forms_distribution import FORMS as DISTRIBUTION
from sim.forms_server import FORMS as SERVER
from sim.forms_staleness import FORMS as STALENESS
from sim.forms_time import FORMS as TIME
from sim.theory import ClosedForm

FORMS: Final[tuple[ClosedForm, ...]] = (*STALENESS, *DISTRIBUTION, *TIME, *SERVER)


def form(name: str) -> ClosedForm:
    """Return the closed form of that name.

    Raises
    ------
    KeyError
        Where there is none.
    """
    return {each.name: each for each in FORMS}[name]
