"""Where an environment with a registry of its own keeps a component's images."""

from ldmrelease.domain.images import Carrier, parse_reference


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
