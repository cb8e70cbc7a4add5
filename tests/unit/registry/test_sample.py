"""Sample images: the same bytes for the same seed, everywhere."""

from ldmrelease.domain.images import digest_of
from ldmrelease.registry.sample import sample_layer


def test_a_layer_has_the_same_bytes_on_every_machine() -> None:
    layer, unpacked = sample_layer("w_2023_16", 100)
    assert (digest_of(layer), unpacked) == (
        "sha256:a0f5f9f3465bb1b3b7254e81305e0f279b76360df8b7f12c02179bda0013adf6",
        "sha256:8fa838d574fe8a6452fec7cbb4cb24e373637586b59611b88ee790006c1326fd",
    )


def test_another_seed_makes_another_layer() -> None:
    assert sample_layer("a") != sample_layer("b")
    assert len(sample_layer("a", 100_000)[0]) > 100_000
