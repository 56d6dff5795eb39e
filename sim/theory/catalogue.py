"""All closed forms, in the order in which they are shown."""

from typing import Final

from sim.theory.form import ClosedForm
from sim.theory.forms_bounded import FORMS as BOUNDED
from sim.theory.forms_bounds import FORMS as BOUNDS
from sim.theory.forms_distribution import FORMS as DISTRIBUTION
from sim.theory.forms_faults import FORMS as FAULTS
from sim.theory.forms_server import FORMS as SERVER
from sim.theory.forms_staleness import FORMS as STALENESS
from sim.theory.forms_time import FORMS as TIME

FORMS: Final[tuple[ClosedForm, ...]] = (
    *STALENESS,
    *DISTRIBUTION,
    *TIME,
    *BOUNDED,
    *SERVER,
    *FAULTS,
    *BOUNDS,
)


def form(name: str) -> ClosedForm:
    """Return the closed form of that name.

    Raises
    ------
    KeyError
        Where there is none.
    """
    return {each.name: each for each in FORMS}[name]
