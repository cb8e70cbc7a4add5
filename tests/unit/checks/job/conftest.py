"""Checks as Jobs are read from the API server that tests tell what to answer."""

from tests.unit.cluster.conftest import api, server

__all__ = ["api", "server"]
