"""An image with Jupyter's kernel of Python: made by a Docker engine of ours once, and kept in the user's cache.

It takes half a minute to make, and several tests run it, on engines and in clusters.
"""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import Copier
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from tests.real.engine import base_archive, docker_engine
from tests.real.gotools import CACHE
from tests.real.kube.images import Pushed
from tests.real.registries import RunningRegistry, docker_registry

KERNEL = "$(python3 -c 'import ipykernel_launcher; print(ipykernel_launcher.__file__)')"
"""In a shell in the image: the program that a kernel is."""

_NAME, _TAG = "checks/notebook", "1"
_DOCKERFILE = """
ARG BASE
FROM ${BASE}
RUN python3 -m venv /opt/jupyter && /opt/jupyter/bin/pip install --quiet --no-cache-dir ipykernel==6.29.5
ENV PATH=/opt/jupyter/bin:$PATH
"""


def push_notebook(registry: RunningRegistry) -> Pushed:
    """Push the image; skips where it is not there and cannot be made."""
    target = registry.open(_NAME)
    with Copier(_opened(_kept()), target) as copier:
        digest = copier.copy(_TAG).digest
    config = target.manifest(digest).config().digest
    return Pushed(f"{registry.address}/{_NAME}", _TAG, digest, digest, config)


def _kept() -> Path:
    """The folder in the cache, an OCI layout."""
    recipe = hashlib.sha256(f"{base_archive().name} {_DOCKERFILE}".encode()).hexdigest()
    folder = CACHE / f"notebook-{recipe[:16]}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _make(folder)
    return folder


def _make(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as aside:
        engine_at, registry_at, context = (Path(aside) / each for each in ("engine", "registry", "context"))
        for each in (engine_at, registry_at, context):
            each.mkdir()
        with docker_engine(engine_at) as engine, docker_registry(registry_at) as registry:
            image = f"{registry.address}/{_NAME}:{_TAG}"
            engine.build(image, dockerfile=_DOCKERFILE, context=context)
            engine.docker("push", image)
            made = Path(aside) / "made"
            with Copier(registry.open(_NAME), _opened(made)) as copier:
                copier.copy(_TAG)
        made.replace(folder)


def _opened(folder: Path) -> Repository:
    return Registries(folder.parent).open(parse_reference(f"oci:{folder.name}"))
