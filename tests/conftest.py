"""How hard the properties are tried.

`HYPOTHESIS_PROFILE=nightly pytest tests/guard --timeout=0` takes hours instead of seconds; `make
prove` takes the guard's state machine alone.
"""

import os

from hypothesis import HealthCheck, settings

# How long an example takes depends on the machine that tests, and on what else it does.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _COMMON, max_examples=100)
settings.register_profile("nightly", _COMMON, max_examples=5_000)
# For `make mutants`: few, and always the same.
settings.register_profile("mutants", _COMMON, max_examples=10, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
