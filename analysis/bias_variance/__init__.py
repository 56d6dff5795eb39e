"""Bias, variance and noise of fitted curves: exactly for fixed x, by simulation beside it, and replayed.

The flow of data::

    target, polynomials ─▶ decomposition, simulation ─▶ replay ─▶ report · figures ─▶ runs ─▶ cli
"""
