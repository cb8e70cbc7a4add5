"""What a digest that was seen is called: by the tag that led to it, and never by another release's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.domain.topology import ComponentSource
from ldmrelease.services.releases import identify

SCIPIPE = identify.ProductComponent(
    "stack", "rubin", ComponentSource("scipipe", "image", "registry.example/scipipe", "al9-{eups}")
)
DIGEST = "sha256:" + "1" * 64


@pytest.fixture(autouse=True)
def _pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest is that of w.2023.16."""
    part = SimpleNamespace(digest=DIGEST, spelling="al9-w_2023_16")
    release = SimpleNamespace(name="stack/w.2023.16", component=lambda _: part)
    monkeypatch.setattr(identify, "_releases", lambda *_: [(release, "sha256:release")])


@pytest.mark.parametrize(
    ("tag", "spelling"),
    [
        (None, "al9-w_2023_16"),
        ("al9-w_2023_16", "al9-w_2023_16"),
        ("recommended", "recommended"),  # the tag of no release
        ("al9-w_2023_14", "al9-w_2023_16"),  # the workload names it, and its pods do not run it yet
    ],
)
def test_an_image_is_called_by_its_tag_unless_that_is_another_releases(
    tag: str | None, spelling: str
) -> None:
    context: Any = None
    assert identify.identify(context, SCIPIPE, DIGEST, tag) == identify.IdentifiedImage(
        DIGEST, spelling, "sha256:release"
    )
