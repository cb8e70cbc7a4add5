"""Make a pin durable by itself, apart from a promotion."""

from dataclasses import replace

from ldmrelease.services.context import Workbench
from ldmrelease.services.releases.pin import Pinned, pin_events, push_release


class PinnedMeanwhile(RuntimeError):
    """Somebody else pinned the same tag at the same moment: ask again."""


def changed_components(before: Pinned, after: Pinned) -> tuple[str, ...]:
    """The components that were pinned and are something else now, or gone; what came since is no change."""
    now = {each.name: each.digest for each in after.release.components}
    return tuple(each.name for each in before.release.components if now.get(each.name) != each.digest)


def store_pin(bench: Workbench, found: Pinned, reason: str | None) -> Pinned:
    """Append the pin as the tag's next revision, and put the release artifact where others look for it.

    Raises `PinnedMeanwhile`, `RegistryError`.
    """
    events, blobs, expect = pin_events(bench, found, reason)
    if bench.append(events, expect=expect, blobs=blobs) is not None:
        raise PinnedMeanwhile(f"{found.release.name} was pinned by somebody else just now; ask again")
    push_release(bench, found)
    return replace(found, revision=expect[found.release.stream] + 1)
