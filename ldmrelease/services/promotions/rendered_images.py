"""Whether containers would get what is written: a template may have more to say than the setting that is written."""

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Application
from ldmrelease.services.deployments.desired import access, after
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.rendered_image import RENDERED_OTHERWISE
from ldmrelease.services.needs import TargetAccess
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot, Values, joined_refusal

if TYPE_CHECKING:
    from ldmrelease.services.inventory.rendered import Rendering

_PROGRAMS = ("helm", "kustomize")


class RenderedImages:
    """What a release would be rendered as, where programs that render are installed (docs/decisions/0045).

    environ: the variables of this process; `PATH` says where the programs are.
    """

    def __init__(self, context: TargetAccess, spec: PromotionSpec, environ: Mapping[str, str]) -> None:
        self._context, self._release = context, spec.pinned.release
        installed = any(shutil.which(each, path=environ.get("PATH", "")) for each in _PROGRAMS)
        self._rendering = _rendering(context, environ) if installed else None

    def refusal(
        self, application: Application, there: Snapshot, wanted: Values
    ) -> Refusal | Unavailable | None:
        """`rendered-otherwise`, for each container that would get another image; None where none would."""
        if self._rendering is None:
            return None
        said = registry.stated(application.target, after(there, wanted))
        if isinstance(said, Refusal):
            return said
        ours = [each for each in said if self._release.component(each.component) is not None]
        found = self._rendering.otherwise(application, ours, wanted)
        if isinstance(found, Unavailable):
            return found
        return joined_refusal([Refusal(RENDERED_OTHERWISE, each.values()) for each in found])


def _rendering(context: TargetAccess, environ: Mapping[str, str]) -> "Rendering":
    from ldmrelease.services.inventory.rendered import Rendering  # noqa: PLC0415 - knows all layouts of trees

    return Rendering(context.topology, access(context), environ)
