"""All closed forms, in the order in which they are shown."""

from typing import Final

from sim.theory.form import ClosedForm
from sim.theory.forms_distribution import FORMS as DISTRIBUTION
from sim.theory.forms_server import FORMS as SERVER
from sim.theory.forms_staleness import FORMS as STALENESS
from sim.theory.forms_time import FORMS as TIME

FORMS: Final[tuple[ClosedForm, ...]] = (*STALENESS, *DISTRIBUTION, *TIME, *SERVER)


def form(name: str) -> ClosedForm:
    """Return the closed form of that name.

    Raises
    ------
    KeyError
        Where there is none.
    """
    return {each.name: each for each in FORMS}[name]
