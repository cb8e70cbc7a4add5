"""Where a component's images are: at their source, in the registry of an environment, in a mirror."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.images import LAYOUT_SCHEME, Carrier, parse_reference

# Names under which the one registry of docker answers.
_DOCKER_HUB = {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}

_HTTPS_PORT = ":443"
"""What is meant where no port is named."""

FOREIGN_IMAGE = "foreign-image"
"""The state of a component where another repository is named than its own."""


class ForeignImage(Struct, frozen=True):
    """A repository that is not the component's, where one is named.

    file, line, path: where it is said; `line` starts at 1, and is 0 where there is no file.
    found: what stands there; empty where nothing does. expected: the repositories that may stand there.
    """

    file: str
    line: int
    path: str
    found: str
    expected: tuple[str, ...]


def site_repository(source: str, registry: str | None) -> str:
    """The repository that a component's images are run from: its source, or its place in a site's registry.

    source: an image repository, or `oci:DIRECTORY`. registry: `host[:port][/path]`, None where images are run
    from where they were built. A repository keeps its path without its host, a directory its last part:
    `docker.io/lsst/scipipe` is `REGISTRY/lsst/scipipe`, `oci:images/scipipe` is `REGISTRY/scipipe`.

    Raises ValueError for what is not a source of images.
    """
    reference = parse_reference(source)
    if registry is None:
        return reference.name
    path = reference.repository.rstrip("/")
    if reference.carrier is Carrier.LAYOUT:
        path = path.rpartition("/")[2]
    return f"{registry.rstrip('/')}/{path}"


class OwnRepositories(Struct, frozen=True):
    """The repositories that a component's images may be named in at a place.

    source: where they were built. registry: the environment's own (`host[:port][/path]`), None without one.
    mirrors: registries that have what others have under the same path, and that nobody copies to.
    """

    source: str
    registry: str | None = None
    mirrors: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the one that images are run from first."""
        own = [site_repository(self.source, self.registry), site_repository(self.source, None)]
        own += [site_repository(self.source, each) for each in self.mirrors]
        return tuple(dict.fromkeys(own))

    def has(self, found: str) -> bool:
        """Whether a text names one of them: a repository without tag and digest."""
        name = repository_name(found)
        return name is not None and name in self.spellings()

    def has_registry(self, found: str) -> bool:
        """Whether a text is the beginning of one of them: a host, or a host and the first parts of a path."""
        name = repository_name(f"{found.rstrip('/')}/x")
        return name is not None and any(
            each.startswith(name.removesuffix("/x") + "/") for each in self.spellings()
        )

    def is_site(self, found: str) -> bool:
        """Whether a text names the one in the environment's own registry."""
        return self.registry is not None and repository_name(found) == repository_name(
            site_repository(self.source, self.registry)
        )

    def spellings(self) -> Iterator[str]:
        """All of them, each as `repository_name` spells it."""
        for each in self.names:
            # A folder of images stands for a registry: texts that are to be deployed leave out its scheme.
            for text in (each, each.removeprefix(LAYOUT_SCHEME)):
                name = repository_name(text)
                if name is not None:
                    yield name


def repository_name(text: str) -> str | None:
    """One spelling of a repository; None for what is none, or names an image in it."""
    try:
        reference = parse_reference(text)
    except ValueError:
        return None
    if reference.target is not None:
        return None
    host, _, path = reference.name.partition("/")
    host = host.removesuffix(_HTTPS_PORT)
    if host in _DOCKER_HUB:
        return f"docker.io/{path if '/' in path else f'library/{path}'}"
    return f"{host}/{path}" if path else reference.name
