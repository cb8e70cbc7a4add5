"""One fleet, and whether everybody says the same of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import yaml

from ldmrelease.domain import canonical
from ldmrelease.domain.bundle import Bundle
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.topology import Application
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.place_order import ordered_places
from ldmrelease.trust.dsse import read_envelope
from tests.same_answer.faces import Answer, commands, engine, pinned, recorded, replayed
from tests.same_answer.fleet import make_fleet

Key = tuple[str, str]
"""A release's tag, and a place."""


class Comparison:
    """Decides about every release at every place of a fleet; then each face is asked, and has to say the same.

    `facts` counts what was decided on, `verdicts` what came out, `compared` how many answers of each face there were.
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
        file = self.fleet.root.parent / f"{self.fleet.root.name}-bundle.json"
        many = str(len(self.fleet.tags) + 1)
        ((code, _),) = commands(
            self.fleet, [["bundle", "export", str(file), "--releases", many, "-o", "json"]], "Asia/Tokyo"
        )
        assert code == 0
        bundle = canonical.from_plain(json.loads(_payload(file)), Bundle)
        self._decisions("bundle", bundle.decisions)
        self._admission_policies(bundle, file)

    def _decisions(self, face: str, decisions: Sequence[Decision]) -> None:
        for each in decisions:
            expected = self.alone.get((each.name.partition("/")[2], str(each.place)))
            if expected is not None:
                assert canonical.encode(each) == expected.decided.document, (face, each.name, each.place)
                self.compared[face] += 1

    def _admission_policies(self, bundle: Bundle, file: Path) -> None:
        """What may be created, by the policy of the API server's own, is what the bundle's list allows."""
        environments = self.random.sample(bundle.environments, k=min(3, len(bundle.environments)))
        out = [str(file.with_suffix(f".{each.name}.yaml")) for each in environments]
        lines = [
            ["bundle", "export", name, "--admission-policy", "-e", each.name, "--bundle", str(file)]
            for name, each in zip(out, environments, strict=True)
        ]
        answers = commands(self.fleet, [[*each, "-o", "json"] for each in lines], "America/Lima")
        for (code, _), name, each in zip(answers, out, environments, strict=True):
            assert code == 0
            assert _digests(Path(name)) == set(each.digests), each.name
            self.compared["admission"] += 1

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

    def gate(self, count: int) -> None:
        """`gate sync` of manifests with the images of a release, at a place."""
        context = self.fleet.context()
        keys = self.random.sample(list(self.alone), k=count)
        lines = []
        for number, (tag, place) in enumerate(keys):
            file = self.fleet.root.parent / f"{self.fleet.root.name}-pod-{number}.yaml"
            file.write_text(_pod(context, tag))
            lines.append(["gate", "sync", "-f", str(file), "--target", place, "--release", tag, "-o", "json"])
        for key, (_, told) in zip(keys, commands(self.fleet, lines, "Asia/Kolkata"), strict=True):
            own = self.alone[key]
            for image in told["images"]:
                assert (image["verdict"], image["place"]) == (own.told[0], key[1]), key
                assert _told(image["verdict"], image["findings"]) == own.told, key
                self.compared["gate"] += 1
        context.ledger.close()


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


def _digests(file: Path) -> set[str]:
    """Every digest that the allow lists beside an admission policy have."""
    lists = [each for each in yaml.safe_load_all(file.read_text()) if each["kind"] == "AllowList"]
    return {f"sha256:{digest}" for each in lists for digest in each["spec"]["images"]}
