"""An API server that tests tell what to answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.cluster.client.api import Api, open_api
from tests.unit.cluster.fake_server import FakeServer, access


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def api(server: FakeServer, tmp_path: Path) -> Api:
    return open_api(access(tmp_path / "kubeconfig", server.url))
