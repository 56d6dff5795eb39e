"""How well scores rank two classes: ROC, precision–recall and PR-gain, with intervals.

The flow of data::

    areas ─▶ curves ─▶ geometry ─▶ bootstrap ─┐
                       tabular ─▶ experiment ─┴─▶ report · figures ─▶ runs ─▶ cli
"""
