"""Closed forms beside the simulation: each with its formula, its assumptions and its source.

`applicable` says which hold for a scenario, with their values, and why the others do not. The flow of data::

    assumptions, laws ─▶ form ─▶ forms_* ─▶ catalogue ─▶ applying
    trace ─▶ measures ─▶ comparison ─▶ validate · over_k ─▶ tables · plots
"""

from sim.theory.applying import Refusal, applicable
from sim.theory.form import ClosedForm, Prediction

__all__ = ["ClosedForm", "Prediction", "Refusal", "applicable"]
