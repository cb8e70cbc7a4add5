"""Whether containers would get what is written: a template may have more to say than the setting that is written."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.services.deployments.desired import access, after
from ldmrelease.services.inventory.rendered_image import RENDERED_OTHERWISE, any_installed
from ldmrelease.services.needs import TargetAccess
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot, Values, joined_refusal

if TYPE_CHECKING:
    from ldmrelease.services.inventory.rendered import RenderedSettings, Rendering


class RenderedImages:
    """What a release would be rendered as, where programs that render are installed (docs/decisions/0045).

    environ: the variables of this process; `PATH` says where the programs are. All that one of these asks has
    `SECONDS_IN_ALL` for it; what was rendered for this run before takes no time.
    """

    def __init__(self, context: TargetAccess, release: Release, environ: Mapping[str, str]) -> None:
        self._release = release
        self._rendering = _rendering(context, environ) if any_installed(environ) else None
        self._until: float | None = None

    def settings(
        self, application: Application, there: Snapshot, wanted: Values, revision: str | None = None
    ) -> "RenderedSettings | Refusal | Unavailable | None":
        """What rendering says of a place whose settings are as wanted; None where nobody renders.

        revision: the commit that is rendered with the edits in it; the one that `there` was read from, else.
        """
        if self._rendering is None:
            return None
        said = registry.stated(application.target, after(there, wanted))
        if isinstance(said, Refusal):
            return said
        from ldmrelease.trees.interface import SECONDS_IN_ALL  # noqa: PLC0415 - knows trees

        if self._until is None:
            self._until = time.monotonic() + SECONDS_IN_ALL
        ours = [each for each in said if self._release.component(each.component) is not None]
        return self._rendering.of(application, ours, revision or there.revision, wanted, self._until)

    def refusal(
        self, application: Application, there: Snapshot, wanted: Values
    ) -> Refusal | Unavailable | None:
        """`rendered-otherwise`, for each container that would get another image; None where none would."""
        return rendered_refusal(self.settings(application, there, wanted))


def rendered_refusal(
    found: "RenderedSettings | Refusal | Unavailable | None",
) -> Refusal | Unavailable | None:
    """`rendered-otherwise`, for each container that would get another image; None where none would."""
    if found is None or isinstance(found, Refusal | Unavailable):
        return found
    return joined_refusal([Refusal(RENDERED_OTHERWISE, each.values()) for each in found.otherwise])


@contextmanager
def rendering_until(context: TargetAccess, environ: Mapping[str, str], last: float) -> Iterator[None]:
    """While it is entered nothing is rendered after this moment of the monotonic clock."""
    if not any_installed(environ):
        yield
        return
    rendering = _rendering(context, environ)
    rendering.last = last
    try:
        yield
    finally:
        rendering.last = None


def _rendering(context: TargetAccess, environ: Mapping[str, str]) -> "Rendering":
    from ldmrelease.services.inventory.rendered import Rendering  # noqa: PLC0415 - knows all layouts of trees

    return context.connections.once(
        "rendering", lambda: Rendering(context.topology, access(context), environ)
    )
