"""One fleet, and whether everybody says the same of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import yaml

from ldmrelease.domain import canonical
from ldmrelease.domain.bundle import AllowedBecause, Bundle, BundleEnvironment
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.services.bundles.allow_list import creatable
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.place_order import ordered_places
from ldmrelease.trust.dsse import read_envelope
from tests.same_answer.faces import Answer, commands, engine, gated, pinned, recorded, refusals, replayed
from tests.same_answer.fleet import COMPONENTS, PRODUCT, make_fleet
from tests.same_answer.pods import Asked, Pods

Key = tuple[str, str]
"""A release's tag, and a place."""
_FURTHER = 0.2
"""So often one pod more is tried against an environment's list as it is."""


@dataclass(frozen=True)
class _AskedPod:
    """A pod that one of two allow lists of an environment is asked about. `whole`: by all digests of a release."""

    which: str
    environment: str
    asked: Asked
    allowed: bool
    whole: bool


class Comparison:
    """Decides about every release at every place of a fleet; then each face is asked, and has to say the same.

    `facts` counts what was decided on, `verdicts` what came out, `compared` on how many of them each face has answered.
    """

    def __init__(self, root: Path, seed: int, releases: int, places: int) -> None:
        self.fleet = make_fleet(root, seed, releases, places)
        self.random = Random(seed)
        self.compared: Counter[str] = Counter()
        context = self.fleet.context()
        self.applications = {str(each.place): each for each in context.topology.applications}
        self.alone: dict[Key, Answer] = {
            (tag, place): next(engine(context, tag, [application]))
            for tag in self.fleet.tags
            for place, application in self.applications.items()
        }
        context.ledger.close()

    @property
    def facts(self) -> int:
        """How many different facts were decided on."""
        return len({each.decision.facts for each in self.alone.values()})

    @property
    def verdicts(self) -> Counter[str]:
        """How often each verdict was the answer."""
        return Counter(str(each.decision.verdict) for each in self.alone.values())

    def bundle(self) -> None:
        """A bundle carries the decisions about all places, as they were made in its own process."""
        many = str(len(self.fleet.tags) + 1)
        line = ["bundle", "export", str(self._bundle_file), "--releases", many, "-o", "json"]
        ((code, _),) = commands(self.fleet, [line], "Asia/Tokyo")
        assert code == 0
        self._decisions("bundle", self._bundle.decisions)

    @cached_property
    def _bundle(self) -> Bundle:
        return canonical.from_plain(json.loads(_payload(self._bundle_file)), Bundle)

    @property
    def _bundle_file(self) -> Path:
        return self.fleet.root.parent / f"{self.fleet.root.name}-bundle.json"

    def _decisions(self, face: str, decisions: Sequence[Decision]) -> None:
        for each in decisions:
            expected = self.alone.get((each.name.partition("/")[2], str(each.place)))
            if expected is not None:
                assert canonical.encode(each) == expected.decided.document, (face, each.name, each.place)
                self.compared[face] += 1

    def admission(self) -> None:
        """What may be created, by the policies of the API server's own that are made of the bundle: in each environment
        what its list allows, and, if everything were promoted that may be, what the engine allows.
        """
        exported = self._exported_policies()
        asked = list(self._pods(Pods(self._bundle)))
        wanted = [(each.which, each.environment, each.asked.request) for each in asked]
        told = refusals(self.fleet, self._bundle_file, exported, wanted, "America/Bogota")
        for each, refusal in zip(asked, told, strict=True):
            reason = each.asked.spoilt or f"not admitted to {each.environment}"
            assert (reason in refusal) if not each.allowed else refusal == "", (each, refusal)
            self.compared[f"admission-{each.which}"] += each.whole

    def _exported_policies(self) -> dict[str, Path]:
        """Of some environments, as the command writes them."""
        environments = self.random.sample(self._bundle.environments, k=min(3, len(self._bundle.environments)))
        out = {each.name: self._bundle_file.with_suffix(f".{each.name}.yaml") for each in environments}
        words = ["bundle", "export", "--admission-policy", "--bundle", str(self._bundle_file), "-o", "json"]
        lines = [[*words, str(file), "-e", name] for name, file in out.items()]
        answers = commands(self.fleet, lines, "America/Lima")
        for (code, _), each in zip(answers, environments, strict=True):
            assert code == 0
            assert _digests(out[each.name]) == set(each.digests), each.name
            self.compared["admission-command"] += 1
        return out

    def _pods(self, pods: Pods) -> Iterator[_AskedPod]:
        """Of each release at each place a pod by its digests, and further ones in ways that chance picks."""
        releases = {each.release.tag: each.release for each in self._bundle.releases}
        listed = {each.name: _running(each) for each in self._bundle.environments}
        for (tag, place), answer in self.alone.items():
            environment, release = place.partition("/")[0], releases[tag]
            by_verdict = (
                dict.fromkeys(_creatable(release), False) if answer.decision.verdict == "allowed" else {}
            )
            pod, another = pods.by_digest(release), self.random.choice(pods.further)(release)
            allows = listed[environment]
            yield _AskedPod("decided", environment, pod, pod.allowed(by_verdict), whole=True)
            yield _AskedPod("decided", environment, another, another.allowed(by_verdict), whole=False)
            yield _AskedPod("exported", environment, pod, pod.allowed(allows), whole=True)
            if self.random.random() < _FURTHER:
                another = self.random.choice(pods.further)(release)
                yield _AskedPod("exported", environment, another, another.allowed(allows), whole=False)

    def replay(self) -> None:
        """Everything is recorded, and made again from the ledger alone."""
        context = self.fleet.context()
        recorded(context, self.alone.values())
        context.ledger.close()
        told = replayed(self.fleet)
        assert all(digest == again for digest, again in told)
        # What promotions had decided before comes first.
        own = [digest for digest, _ in told[-len(self.alone) :]]
        assert own == [each.decided.digest for each in self.alone.values()]
        self.compared["replay"] += len(own)

    def plans(self, releases: int) -> None:
        """`check` and `promote --dry-run` of all places of a level, one after the other in one plan."""
        context = self.fleet.context()
        asked = [
            (tag, level, self._plan(context, level))
            for tag in self.random.sample(self.fleet.tags, k=releases)
            for level in self.fleet.environments
        ]
        words = {"check": ["check"], "dry-run": ["promote", "--dry-run"]}
        zones = {"check": "Pacific/Chatham", "dry-run": "America/St_Johns"}
        answers = {
            face: commands(
                self.fleet,
                [[*given, tag, "--target", level, "-o", "json"] for tag, level, _ in asked],
                zones[face],
            )
            for face, given in words.items()
        }
        for number, (tag, _, plan) in enumerate(asked):
            expected = {str(each.decision.place): each for each in engine(context, tag, plan)}
            for face, found in answers.items():
                self._plan_answer(face, found[number], expected, tag)
        context.ledger.close()

    def _plan(self, context: Context, level: str) -> tuple[Application, ...]:
        return ordered_places(
            [each for each in self.applications.values() if each.level == level], context.levels
        )

    def _plan_answer(self, face: str, answer: tuple[int, Any], expected: dict[str, Answer], tag: str) -> None:
        decisions = answer[1].get("decisions", ())
        # A place that cannot be written as asked is left out, and the plan is another one: then each says why.
        if len(decisions) != len(expected):
            assert answer[1]["refusals"], (face, tag)
            return
        for each in decisions:
            own = expected[each["place"]]
            assert each["facts"] == own.decision.facts, (face, tag, each["place"])
            assert each["digest"] == own.decided.digest, (face, tag, each["place"])
            assert _told(each["verdict"], each["findings"]) == own.told, (face, tag, each["place"])
            self.compared[face] += 1

    def gate(self, releases: int) -> None:
        """`gate sync` of a release's images, at all places of a level."""
        context = self.fleet.context()
        asked = [
            (tag, level, self._plan(context, level))
            for tag in self.random.sample(self.fleet.tags, k=releases)
            for level in self.fleet.environments
        ]
        lines = [_gate_line(self._manifest(tag), level, tag) for tag, level, _ in asked]
        for (tag, _, plan), (_, told) in zip(asked, commands(self.fleet, lines, "Asia/Kolkata"), strict=True):
            own = {(tag, str(each.decision.place)): each for each in engine(context, tag, plan)}
            self._gated("gate", told, own)
        context.ledger.close()

    def gate_by_bundle(self, whole: int) -> None:
        """`gate sync --bundle` of each release's images at all places, by the bundle that was exported: in one process
        that opens it once, and of so many questions as commands, which open it themselves and have to say the same.
        """
        asked = [
            (self._manifest(tag), level, tag if number % 2 else None)
            for number, tag in enumerate(self.fleet.tags)
            for level in self.fleet.environments
        ]
        told = gated(self.fleet, self._bundle_file, asked, "Asia/Yangon")
        for answer, (file, level, _) in zip(told, asked, strict=True):
            own = {
                (tag, place): each
                for (tag, place), each in self.alone.items()
                if file == self._manifest(tag) and self.applications[place].level == level
            }
            self._gated("gate-bundle", answer, own)
        chosen = self.random.sample(range(len(asked)), k=whole)
        lines = [[*_gate_line(*asked[number]), "--bundle", str(self._bundle_file)] for number in chosen]
        for number, (_, answer) in zip(chosen, commands(self.fleet, lines, "Asia/Seoul"), strict=True):
            assert answer == told[number], asked[number]
            self.compared["gate-bundle-command"] += 1

    def _gated(self, face: str, answer: dict[str, Any], own: dict[Key, Answer]) -> None:
        """Every image of a release, at every place that was asked about, is told what was decided of the release."""
        told = [(each["release"], each["place"], each["component"]) for each in answer["images"]]
        named = {(f"{PRODUCT}/{tag}", place) for tag, place in own}
        assert sorted(told) == sorted((*each, component) for each in named for component in COMPONENTS)
        for image in answer["images"]:
            key = (image["release"].partition("/")[2], image["place"])
            assert _told(image["verdict"], image["findings"]) == own[key].told, (face, key)
        self.compared[face] += len(own)

    def _manifest(self, tag: str) -> Path:
        """A manifest with a release's images."""
        file = self.fleet.root.parent / f"{self.fleet.root.name}-pod-{tag}.yaml"
        if not file.exists():
            context = self.fleet.context()
            file.write_text(_pod(context, tag))
            context.ledger.close()
        return file


def _gate_line(file: Path, target: str, release: str | None) -> list[str]:
    named = ["--release", release] if release is not None else []
    return ["gate", "sync", "-f", str(file), "--target", target, *named, "-o", "json"]


def _told(verdict: str, findings: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    unmet = [each for each in findings if each["outcome"] != "satisfied"]
    return verdict, tuple((each["requirement"], each["outcome"], each["code"]) for each in unmet)


def _pod(context: Context, tag: str) -> str:
    images = [
        {"name": each.name, "image": f"{each.source}@{each.digest}"}
        for each in pinned(context, tag).release.images
    ]
    return json.dumps({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": images}})


def _payload(file: Path) -> bytes:
    found = read_envelope(file.read_bytes())
    payload: bytes = found.payload  # type: ignore[union-attr]
    return payload


def _running(environment: BundleEnvironment) -> dict[str, bool]:
    """The digests of an allow list, and whether each runs already."""
    found: dict[str, bool] = {}
    for each in environment.allowed:
        found[each.digest] = found.get(each.digest, False) or each.because is AllowedBecause.RUNNING
    return found


def _creatable(release: Release) -> Iterator[str]:
    for each in release.images:
        yield from creatable(each.identity)


def _digests(file: Path) -> set[str]:
    """Every digest that the allow lists beside an admission policy have."""
    lists = [each for each in yaml.safe_load_all(file.read_text()) if each["kind"] == "AllowList"]
    return {f"sha256:{digest}" for each in lists for digest in each["spec"]["images"]}
