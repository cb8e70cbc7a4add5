"""Registries are asked together: those that are away cost one wait, and hold up none of the others."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ldmrelease.domain.images import Reference
from ldmrelease.domain.topology import ComponentKind, ComponentSource, Product, Topology
from ldmrelease.registry.errors import Denied, RegistryUnreachable
from ldmrelease.services.operations.answering_sources import MOST, asked_images

Resolve = Callable[[Reference], object]


class Registries:
    """Registries whose repositories answer as `resolve` says; knows what was asked."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self.asked: list[str] = []

    def open(self, reference: Reference) -> Any:
        def resolve(_tag: str) -> object:
            self.asked.append(reference.name)
            return self._resolve(reference)

        return SimpleNamespace(resolve=resolve)


def asked(
    sources: list[str], resolve: Resolve, seconds: float = 30
) -> tuple[dict[str, Any], Registries, list[Any]]:
    components = tuple(
        ComponentSource(name=f"c{number}", kind=ComponentKind.IMAGE, source=each, spelling="{git}")
        for number, each in enumerate(sources[1:])
    )
    topology = Topology(
        products=(Product(name="shop", grammar="semver", components=components),), applications=()
    )
    registries, told = Registries(resolve), []
    context: Any = SimpleNamespace(
        topology=topology, workspace=SimpleNamespace(releases=sources[0]), registries=registries
    )
    found = dict(asked_images(context, seconds, lambda code, values: told.append((code, values))))
    return found, registries, told


def unreachable(reference: Reference) -> object:
    raise RegistryUnreachable("no route to host", method="HEAD", repository=reference.name)


def test_all_hosts_are_asked_at_the_same_time() -> None:
    hosts = [f"r{number}.example.com/shop/api" for number in range(MOST)]
    meeting = threading.Barrier(MOST)
    found, _, told = asked(hosts, lambda _: meeting.wait(60))
    assert found == dict.fromkeys(hosts, "answers")
    assert told[-1] == ("answered", {"answered": MOST, "of": MOST})
    assert [values["answered"] for _, values in told] == list(range(1, MOST + 1))


def test_no_more_than_so_many_hosts_are_asked_at_the_same_time() -> None:
    hosts = [f"r{number}.example.com/shop/api" for number in range(2 * MOST)]
    lock, here, most = threading.Lock(), 0, 0

    def count(_: Reference) -> None:
        nonlocal here, most
        with lock:
            here, most = here + 1, max(most, here + 1)
        with lock:
            here -= 1

    found, _, _ = asked(hosts, count)
    assert len(found) == 2 * MOST
    assert most <= MOST


def test_a_host_that_is_away_is_asked_once_for_all_its_repositories() -> None:
    away = [f"away.example.com/shop/{each}" for each in "abc"]
    found, registries, _ = asked(
        [*away, "here.example.com/shop/d"],
        lambda reference: unreachable(reference) if reference.registry.startswith("away") else None,
    )
    assert found.pop("here.example.com/shop/d") == "answers"
    assert {str(each) for each in found.values()} == {str(found[away[0]])}
    assert [each for each in registries.asked if each.startswith("away")] == away[:1]


def test_a_repository_that_is_denied_says_nothing_of_the_host() -> None:
    def deny(reference: Reference) -> None:
        if reference.repository == "shop/a":
            raise Denied("403", method="HEAD", repository=reference.name)

    found, _, _ = asked(["r.example.com/shop/a", "r.example.com/shop/b"], deny)
    assert isinstance(found["r.example.com/shop/a"], Denied)
    assert found["r.example.com/shop/b"] == "answers"


def test_who_never_answers_is_left_and_the_others_are_heard() -> None:
    never = threading.Event()
    late, prompt = "late.example.com/shop/a", "prompt.example.com/shop/b"
    found, _, _ = asked(
        [late, prompt],
        lambda reference: never.wait() if reference.registry.startswith("late") else None,
        seconds=0.2,
    )
    never.set()
    assert found == {late: None, prompt: "answers"}
