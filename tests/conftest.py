"""Settings that every test shares."""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers

# Each of pytest's workers has a core to itself. Sums also depend on the number of threads, so the processes
# that a test starts must have as many.
os.environ["OMP_NUM_THREADS"] = "1"

# What a person sets for a terminal is nothing to the tests; each sets what it is about.
for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PYTHONIOENCODING"):
    os.environ.pop(name, None)

# `house`: the same examples everywhere. `soak`: DLSYSLAB_SOAK of them, at random, failures remembered.
# Machines are noisy, so neither an example nor the drawing of one has a deadline.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house", patient, derandomize=True, database=None)
# `mutants`: whether a property fails is all that is asked, not by which smallest example; thousands of times.
unshrunk = [Phase.explicit, Phase.generate]
settings.register_profile("mutants", settings.get_profile("house"), phases=unshrunk, max_examples=25)
SOAK = os.environ.get("DLSYSLAB_SOAK", "")
if SOAK:
    settings.register_profile("soak", patient, max_examples=int(SOAK), print_blob=True)
settings.load_profile("soak" if SOAK else "house")

# Hypothesis now and then draws a constant of a module that happens to be loaded; which ones are depends on
# the tests that ran before in the same process, and so would the examples.
if not SOAK:
    providers._get_local_constants = lambda: providers._local_constants
