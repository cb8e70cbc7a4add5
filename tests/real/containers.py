"""Servers in containers, by testcontainers on an engine of our own. Images are made on the spot: nothing is pulled.

Containers have the host's network, as the engine makes no other (see `engine`): a server gets a free port of loopback
told, and none is mapped.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.real.engine import Engine
from tests.real.parts import require
from tests.real.registries import RunningRegistry, free_port, wait_for_registry, write_docker_config

# Ryuk removes what a killed test leaves behind. It would have to be pulled, and our engine goes with all it has.
testcontainers_config.ryuk_disabled = True

_IN_THE_LOADER = re.compile(r"(/\S+) \(0x")


@contextmanager
def registry_in_container(engine: Engine, directory: Path) -> Iterator[RunningRegistry]:
    """Debian's docker-registry in a container, with its data in the directory."""
    program = require("docker-registry", "apt-get install docker-registry")
    address = f"127.0.0.1:{free_port()}"
    config = write_docker_config(directory, address)
    container = DockerContainer(
        import_program(engine, program),
        command=[str(program), "serve", str(config)],
        docker_client_kw={"environment": {"DOCKER_HOST": f"unix://{engine.socket}"}},
        volumes=[(str(directory), str(directory), "rw")],
    ).with_kwargs(network="host")
    with container:
        wait_for_registry(
            address,
            is_up=lambda: _is_up(container),
            said=lambda: b"".join(container.get_logs()).decode(),
        )
        yield RunningRegistry(address, directory)


def _is_up(container: DockerContainer) -> bool:
    container.reload()
    return container.status == "running"


def import_program(engine: Engine, program: Path) -> str:
    """An image with nothing but one of this machine's programs and the libraries that it loads; returns its name."""
    image = f"{program.name}:local"
    archive = engine.directory / f"{program.name}.tar"
    with tarfile.open(archive, "w") as tar:
        for file in (program, *_libraries(program)):
            tar.addfile(*_member(file))
    engine.docker("import", str(archive), image)
    archive.unlink()
    return image


def _member(file: Path) -> tuple[tarfile.TarInfo, io.BytesIO]:
    content = file.read_bytes()  # of what a link leads to
    member = tarfile.TarInfo(str(file).lstrip("/"))
    member.size, member.mode = len(content), 0o755
    return member, io.BytesIO(content)


def _libraries(program: Path) -> list[Path]:
    """The loader itself among them; none for a static program, of which ldd knows nothing."""
    done = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    return [Path(found) for found in _IN_THE_LOADER.findall(done.stdout)]
