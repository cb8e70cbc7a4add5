"""What `gate sync` needs of an opened workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.services.needs import PromotionPlanning, ReleaseSources

if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class ReleaseGating(PromotionPlanning, ReleaseSources, Protocol):
    """Finds the releases of images, and decides about them. Writes nothing."""
