"""The week of 2023-04-20 as a script: what happens when, and the commands that are given."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from ldmrelease.demo import artifacts
from ldmrelease.registry.opening import Registries

ACTION = Callable[[Path], None]
TAG = "w.2023.16"


class Scene(Struct, frozen=True):
    """At `clock`, `happens` in the world, and then the commands are given (words after `ldmrelease`).

    `shown` are those whose answers make the story; the others are told with `--full`.
    """

    clock: str
    title: str
    commands: tuple[str, ...] = ()
    happens: ACTION | None = None
    shown: tuple[str, ...] = ()


def _stack_image(folder: Path) -> None:
    artifacts.push_scipipe(Registries(folder), artifacts.weekly())


def _lab_images(folder: Path) -> None:
    registries = Registries(folder)
    artifacts.push_lab(registries, artifacts.weekly())
    artifacts.push(registries, "sal-sciplat-lab", artifacts.NEW_CYCLE)


def _provenance(image: str) -> str:
    return f"evidence sign {TAG} --type provenance --component {image} --key keys/ci.pem --out {image}.provenance.json"


STORY = (
    Scene(
        "2023-04-13T18:00:00Z",
        "A week before: what is there is pinned, and what runs is observed",
        (
            "workspace lint",
            "release pin w.2023.13",
            "release pin w.2023.14",
            "release pin w.2023.15",
            "release pin v24.0.0.rc4",
            "release pin 24.0.0",
            "release compare v24.0.0.rc4 24.0.0",
            "release pin 1.0.0 --product prompt-processing",
            "release pin w_2023_15_c0029.007 --product cycle",
            "observe",
        ),
    ),
    Scene(
        "2023-04-20T10:05:00Z",
        "Thursday: the weekly is built. The notebook image takes longer, so the release is open",
        (f"release pin {TAG}", f"check {TAG} --target development"),
        _stack_image,
    ),
    Scene(
        "2023-04-20T12:30:00Z",
        "All of it is there. Commissioning is asked for at once, and is refused: nothing has run it yet",
        (f"promote {TAG} --target commissioning", f"release compare w.2023.15 {TAG}"),
        _lab_images,
        shown=(f"promote {TAG} --target commissioning",),
    ),
    Scene(
        "2023-04-20T12:45:00Z",
        "Evidence arrives from CI: provenance of both images, signed",
        (
            _provenance("scipipe"),
            "evidence add scipipe.provenance.json",
            _provenance("sciplat-lab"),
            "evidence add sciplat-lab.provenance.json",
            f"evidence list {TAG}",
        ),
    ),
    Scene(
        "2023-04-20T13:00:00Z",
        "Test systems first: the test stand, the development systems, then the notebook menus",
        (
            f"promote {TAG} --target tucson-teststand/ocps",
            f"promote {TAG} --target development",
            f"promote {TAG} --target jupyterlab",
            f"promote {artifacts.NEW_CYCLE} --product cycle --target tucson-teststand/nublado",
            "promote 1.1.0 --product prompt-processing --target usdfdev-prompt-processing",
        ),
        shown=(f"promote {TAG} --target tucson-teststand/ocps",),
    ),
    Scene(
        "2023-04-20T14:00:00Z",
        "An hour later base has to wait still: no development system has run it for two hours",
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
        "`recommended` moves in one environment, not in all of them at once",
        (
            f"alias move recommended {TAG} --target usdfdev/nublado --reason 'notebooks were tested there'",
            "alias list",
        ),
    ),
    Scene("2023-04-21T00:00:00Z", "The night: observations go on", ("observe",)),
    Scene("2023-04-21T08:00:00Z", "The morning", ("observe",)),
    Scene(
        "2023-04-21T18:00:00Z",
        "Friday: which release runs where, since when, and why. The summit is left for your hand",
        (
            "observe",
            "where",
            "where base",
            f"check {TAG} --target summit",
            "ledger verify",
        ),
        shown=("where base", f"check {TAG} --target summit"),
    ),
)
AFTERWARDS = (f"promote {TAG} --target commissioning", f"where {TAG}", "history summit/ocps")
"""What may be done next."""
