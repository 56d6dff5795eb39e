"""What staleness does to learning: training whose every gradient is as old as a simulated run makes it.

The flow of data::

    sim.Trace ─▶ agenda ─┐
    batches · rules · batch_norm · versions ─▶ replay ─▶ runs ─▶ experiment ─▶ cli
                                                                  │
                                                    results ─▶ reading ─▶ tables · figures

What stands in ``__all__`` is loaded when it is first used.
"""
