"""Repositories that no other test uses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import RegistryOptions, Repository

NAMESPACES = (f"copy{number}" for number in itertools.count())

Opener = Callable[[str], Repository]


def opener(address: str, directory: Path, retries: int = 1) -> Opener:
    """Opens repositories of a new namespace; they share what they learn about the registry."""
    namespace, places = next(NAMESPACES), Registries(directory, RegistryOptions(retries=retries))
    return lambda name: places.open(parse_reference(f"{address}/{namespace}/{name}"))
