"""Settings that every test shares."""

import os

from hypothesis import settings

# Machines are noisy, so no example has a deadline; CI replays the same examples at every run.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")
