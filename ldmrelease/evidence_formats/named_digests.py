"""Digests of images in names: references, package URLs and versions."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")


def digests_in(names: Iterable[str]) -> tuple[str, ...]:
    """`sha256:...` in `pkg:oci/lab@sha256%3A...?arch=amd64`, `ghcr.io/lsst/lab@sha256:...`."""
    return tuple(dict.fromkeys(found for each in names for found in _DIGEST.findall(unquote(each))))
