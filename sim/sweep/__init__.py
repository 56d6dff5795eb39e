"""Many scenarios at once: grids over any fields, replicas, a journal that resumes, tables and figures.

The flow of data::

    scenario, axes ─▶ points ─▶ execute (joblib: cores, Dask, Ray) ─▶ journal ─▶ rows ─▶ table · figure
"""

from sim.sweep.sweeping import sweep

__all__ = ["sweep"]
