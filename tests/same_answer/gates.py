"""A process of its own that opens a bundle once and gates many manifests by it, as `gate sync --bundle` does each.

To open a bundle of a thousand decisions takes half a second, to ask one a hundredth of that. It has the bundle, the
trust document and the manifests, and no workspace. In comes one JSON object; out goes the answer of each question, a
line each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ldmrelease.config.trust import load_trust
from ldmrelease.domain import canonical
from ldmrelease.domain.times import instant
from ldmrelease.faces.cli.gate_bundle import BundleTarget, sync_by_open_bundle
from ldmrelease.registry.opening import Registries
from ldmrelease.services.bundles.bundle_reader import BundleReader, OpenBundle, open_bundle
from ldmrelease.trees.manifests.manifest_images import ManifestReader
from ldmrelease.trees.manifests.manifest_sources import RenderSettings, read_sources, sources


def opened(bundle: str, trust: str, now: str) -> OpenBundle:
    """The bundle as a gate opens it, at the time of a workspace's own clock."""
    reader = BundleReader(Registries(Path.cwd()), load_trust(Path(trust)), instant(now), clock=True)
    found = open_bundle(reader, bundle)
    assert isinstance(found, OpenBundle), found
    return found


def main() -> None:
    """Gate what standard input names: `asked` has a file, a target and a release or null each."""
    given = json.load(sys.stdin)
    found = opened(given["bundle"], given["trust"], given["now"])
    settings = RenderSettings({}, None, None, (), None)
    for file, target, release in given["asked"]:
        answer = sync_by_open_bundle(
            found,
            given["bundle"],
            instant(given["now"]),
            BundleTarget(target, release, None),
            lambda custom, file=file: read_sources(
                ManifestReader(custom), sources([Path(file)]), b"", settings
            ),
        )
        print(json.dumps(canonical.to_plain(answer)), flush=True)


if __name__ == "__main__":
    main()
