"""From an image reference to its repository, over HTTP or in a directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ldmrelease.domain.images import Carrier, Reference
from ldmrelease.registry.repository import RegistryOptions, Repository

if TYPE_CHECKING:
    from ldmrelease.registry.http import Transport
    from ldmrelease.registry.oci_layout import Manifests


class Registries:
    """Opens repositories; those at one registry share connections and tokens.

    `base_dir` is what relative layout directories are relative to.
    """

    def __init__(self, base_dir: Path, options: RegistryOptions | None = None) -> None:
        self._base_dir = base_dir
        self._options = options or RegistryOptions()
        self._transports: dict[str, Transport] = {}
        self._manifests: dict[str, Manifests] = {}

    def open(self, reference: Reference) -> Repository:
        """The repository that the reference is in; nothing is asked or written yet."""
        if reference.carrier is Carrier.LAYOUT:
            from ldmrelease.registry.oci_layout import LayoutRepository  # noqa: PLC0415

            return LayoutRepository(
                self._base_dir / reference.repository,
                name=reference.name,
                observer=self._options.observer,
                manifests=self._manifests.setdefault(reference.repository, {}),
            )
        # Imported late: the HTTP client costs more than the rest of a command that needs only layouts.
        from ldmrelease.registry.http import Transport  # noqa: PLC0415
        from ldmrelease.registry.remote import RemoteRepository  # noqa: PLC0415

        transport = self._transports.get(reference.registry)
        if transport is None:
            # Threads that open the same at once share the one that was there first.
            fresh = Transport(reference.registry, self._options)
            transport = self._transports.setdefault(reference.registry, fresh)
        return RemoteRepository(transport, reference.repository)


def open_repository(
    reference: Reference, *, base_dir: Path, options: RegistryOptions | None = None
) -> Repository:
    """Open a single repository; who opens several at one registry keeps a `Registries` instead."""
    return Registries(base_dir, options).open(reference)
