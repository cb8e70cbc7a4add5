"""What an observation saw, in a line."""

from datetime import UTC, datetime

import pytest

from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.topology import Place
from ldmrelease.render.places import observation_text


def seen(*images: tuple[str, str]) -> Observation:
    return Observation(
        place=Place("dev", "shop"),
        time=datetime(2026, 1, 1, tzinfo=UTC),
        basis="committed",
        revision="f" * 40,
        images=tuple(
            ObservedImage("shop", name, "sha256:" + "a" * 64, tag, ready=True) for name, tag in images
        ),
    )


@pytest.mark.parametrize(
    ("images", "line"),
    [
        ((("api", "1.5.0"),), "dev/shop: 1.5.0 (committed)"),
        ((("api", "1.5.0"), ("worker", "1.6.0")), "dev/shop: api 1.5.0 and worker 1.6.0 (committed)"),
        ((("lab", "w_2023_16"), ("lab", "w_2023_15")), "dev/shop: w_2023_16 and w_2023_15 (committed)"),
        ((), "dev/shop: nothing (committed)"),
    ],
)
def test_it_says_which_component_where_there_are_several(
    images: tuple[tuple[str, str], ...], line: str
) -> None:
    assert observation_text(seen(*images)) == line


def test_a_digest_is_cut_and_why_it_does_not_run_is_said() -> None:
    image = ObservedImage("shop", "api", "sha256:" + "a" * 64, "sha256:" + "a" * 64, False, "scaled-to-zero")
    observation = Observation(
        Place("dev", "shop"), datetime(2026, 1, 1, tzinfo=UTC), "pods", "f" * 40, (image,)
    )
    assert observation_text(observation) == "dev/shop: sha256:aaaaaaaaaaaa (scaled-to-zero) (pods)"
