"""The week of 2023-04-20 on a real cluster: the same days, with pods that roll out and Jobs that check them."""

from pathlib import Path

from ldmrelease.demo import artifacts
from ldmrelease.demo.demo_cluster import BEFORE, push_stack, set_image
from ldmrelease.demo.story import TAG, Scene

_EVIDENCE = f"evidence sign {TAG} --type provenance --component scipipe --key keys/ci.pem --out scipipe.provenance.json"


def _weekly(folder: Path) -> None:
    push_stack(folder, artifacts.weekly())


def _by_hand(folder: Path) -> None:
    set_image(folder, "usdfdev", "w.2023.14")


CLUSTER_STORY = (
    Scene(
        "2023-04-13T18:00:00Z",
        "A week before: what is there is pinned, and what the pods run is observed",
        (
            "workspace lint",
            "release pin w.2023.14",
            f"release pin {BEFORE}",
            "observe",
            "where",
        ),
    ),
    Scene(
        "2023-04-20T12:30:00Z",
        "Thursday: the weekly is built. Commissioning is asked for at once, and is refused: nothing has run it yet",
        (f"release pin {TAG}", f"promote {TAG} --target commissioning"),
        _weekly,
        shown=(f"promote {TAG} --target commissioning",),
    ),
    Scene(
        "2023-04-20T12:45:00Z",
        "Evidence arrives from CI: provenance of the image, signed",
        (_EVIDENCE, "evidence add scipipe.provenance.json"),
    ),
    Scene(
        "2023-04-20T13:00:00Z",
        "Test systems first: pods roll out, a Job checks them where they run, and a receipt is signed",
        (f"promote {TAG} --target development",),
        shown=(f"promote {TAG} --target development",),
    ),
    Scene(
        "2023-04-20T14:00:00Z",
        "An hour later base has to wait still: the test stand has not run it for two hours",
        ("observe", f"promote {TAG} --target base"),
        shown=(f"promote {TAG} --target base",),
    ),
    Scene(
        "2023-04-20T17:30:00Z",
        "Two hours are over: what waited goes on by itself (one line for cron)",
        ("observe", "resume --all", "promotions list"),
        shown=("resume --all",),
    ),
    Scene(
        "2023-04-20T18:00:00Z",
        "Somebody sets an image by hand: it shows, with who did it",
        ("drift",),
        _by_hand,
        shown=("drift",),
    ),
    Scene("2023-04-21T00:00:00Z", "The night: observations go on", ("observe",)),
    Scene("2023-04-21T08:00:00Z", "The morning", ("observe",)),
    Scene(
        "2023-04-21T18:00:00Z",
        "Friday: which release runs where, since when, and why. The summit is left for your hand",
        ("observe", "where --live", f"check {TAG} --target summit", "ledger verify"),
        shown=("where --live", f"check {TAG} --target summit"),
    ),
)
