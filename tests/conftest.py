"""Settings that every test shares."""

import os

from hypothesis import settings

# Each of pytest's workers has a core to itself. Sums also depend on the number of threads, so the processes
# that a test starts must have as many.
os.environ["OMP_NUM_THREADS"] = "1"

# Machines are noisy, so no example has a deadline; CI replays the same examples at every run.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")
