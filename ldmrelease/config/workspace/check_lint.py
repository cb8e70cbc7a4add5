"""Checks that could be asked for and not be run."""

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from ldmrelease.checks.registry import traits
from ldmrelease.config.policies.clauses import HeldClause, clauses_at
from ldmrelease.config.policies.references import Policies
from ldmrelease.config.trust import Trust
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path as Field
from ldmrelease.domain.topology import Application, Check, Topology

_LEVEL = "level:"


def check_problems(
    policies: Policies, topology: Topology, document: YamlDocument, root: Path, trust: Trust | None
) -> Iterator[Problem]:
    """Commands whose program or script is not there, and checks that need a cluster where there is none."""
    for check in topology.checks:
        agreed = trust.checks.get(check.name) if trust is not None else None
        yield from _command(check, document, root, agreed.files if agreed is not None else ())
    without: dict[tuple[str, Field, str], list[str]] = {}
    for each in topology.applications:
        if each.level not in policies:
            continue
        level = policies[each.level][0]
        for clause in clauses_at(level, each.place.environment):
            check_name = _clusterless(clause, each, topology)
            if check_name is not None:
                where = (level.name, (*clause.path, "check"), check_name)
                without.setdefault(where, []).append(str(each.place))
    for (name, path, check_name), places in without.items():
        message = (
            f"the check {check_name!r} runs in a cluster, and {', '.join(places)} has no workloads in one"
        )
        remedy = "name a check of another kind, or write the workloads there"
        yield policies[name][1].problem(path, message, remedy)


def _clusterless(clause: HeldClause, place: Application, topology: Topology) -> str | None:
    """The check that a clause asks for and that needs a cluster where there is none."""
    if clause.requirement.rule != "check":
        return None
    check = topology.check(clause.requirement.parameters["check"])
    if check is None or not traits(check.kind).in_cluster:
        return None
    where = str(clause.requirement.parameters.get("where", "here"))
    if clause.phase == "confirm" or where == "here":
        return None if place.workloads is not None else check.name
    places = [each for each in topology.applications if _is_at(each, where)]
    return None if any(each.workloads is not None for each in places) else check.name


def _is_at(application: Application, where: str) -> bool:
    level = where.removeprefix(_LEVEL)
    return application.level == level if level != where else application.place.environment == where


def _command(check: Check, document: YamlDocument, root: Path, agreed: Collection[str]) -> Iterator[Problem]:
    """`agreed` are the files that the trust document records of the check: of its command's words, those are files."""
    if not check.command or not traits(check.kind).has_command:
        return
    program, *words = check.command
    own = str(root / program) if "/" in program else program
    if shutil.which(own) is None:
        message = f"there is no program {program!r} that can be run"
        yield document.problem(("checks", check.name, "command", 0), message, "name one that is there")
    for index, word in enumerate(words, start=1):
        if (word in agreed or _is_script(word, root)) and not (root / word).exists():
            yield document.problem(
                ("checks", check.name, "command", index), f"{word} is not there", "name a file that is"
            )


def _is_script(word: str, root: Path) -> bool:
    """Whether a word can only mean a file: a path into a folder of the workspace."""
    folder, slash, name = word.rpartition("/")
    plain = not word.startswith(("-", "/")) and "://" not in word and " " not in word
    return bool(slash and folder and name) and plain and (root / folder).is_dir()
