"""Settings of all tests."""

from hypothesis import HealthCheck, settings

# Clusters and compilers run beside the tests: how long an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
