"""Hundreds of broken workspaces: the place is named, nothing breaks off, nothing is changed, nothing is overlooked.

`make unit` takes every third of them, `make test` all.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.workspace.agreement import complete_topology, recorded_checks, recorded_products
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.load import ReadFiles, load_workspace, read_parts
from ldmrelease.config.workspace.model import FILE
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.validation_messages import validate
from tests.approvers import add_approvers
from tests.broken_workspaces import Broken, agreed, broken, dumped, plain_of
from tests.examples import FULL
from tests.workspace import WEEKLY, Site, copy_site

POLICIES = ("policies/commissioning.yaml", "policies/production.yaml")
TRUST = "trust.yaml"
ACT = ("promote", f"stack/{WEEKLY}", "--target", "usdfdev", "--dry-run")
ACTS = (
    ("promote", f"stack/{WEEKLY}", "--target", "usdfdev", "--yes"),
    ("rollback", "--target", "usdfdev/batch", "--yes"),
    ("retire", f"stack/{WEEKLY}", "--target", "usdfdev/nublado", "--yes"),
    ("release", "pin", WEEKLY),
    ("observe",),
    ("check-run", "smoke", WEEKLY, "--target", "usdfdev"),
    ("resume", "--all"),
    ("alias", "move", "recommended", WEEKLY, "--target", "usdfdev/nublado", "--yes"),
)
"""What would change something: each broken workspace is tried with every one of them."""

MANY = {"policies/development.yaml:spec.accepts[0]:removed": 2}
"""What is wrong in two places: both levels that come after it lose what may enter."""


@pytest.fixture(scope="module")
def site(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A workspace whose files have every value on a line of its own, and whose policies are agreed."""
    site = copy_site(template, tmp_path_factory.mktemp("broken") / "workspace")
    site.release_weekly()
    site.ok("release", "pin", WEEKLY)
    add_approvers(site.root)
    trust = plain_of(site.root / TRUST)
    trust["version"] += 1
    for name in [FILE, *(f"policies/{each.name}" for each in (site.root / "policies").glob("*.yaml"))]:
        path = site.root / name
        plain = plain_of(path)
        if name == FILE:
            plain["clock"] = str(plain["clock"])
        path.write_text(dumped(plain))
        if name != FILE:
            trust = plain_from(agreed(trust, plain["metadata"]["name"], path.read_bytes()))
    (site.root / TRUST).write_text(dumped(trust))
    return site


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files are read once, by whatever commands; what is made of that each finds for itself."""
    of_bytes = lru_cache(4)(lambda path, _files: read_parts(path))

    def read_once(path: Path) -> ReadFiles:
        names = sorted([*path.parent.glob("*.yaml"), *path.parent.glob("policies/*.yaml")])
        return of_bytes(path, tuple((name, name.read_bytes()) for name in names))

    for module in ("load", "lint"):
        monkeypatch.setattr(f"ldmrelease.config.workspace.{module}.read_parts", read_once)


def plain_from(text: str) -> Any:
    return json.loads(json.dumps(read.parse(text.encode(), "trust.yaml").plain))


def write(site: Site, each: Broken, trust: Any) -> None:
    """Put the broken file there; what is agreed of it is agreed anew, where it can be read."""
    (site.root / each.file).write_text(each.text)
    if each.file == FILE:
        try:
            document = read.parse(each.text.encode(), each.file)
            topology = complete_topology(validate(WorkspaceFile, document), document, site.root)
        except (BadInput, KeyError, ValueError, AssertionError):
            return
        targets = {name: [topology.target_digest(name)] for name in topology.environments}
        own = {"products": recorded_products(topology), "checks": recorded_checks(topology)}
        (site.root / TRUST).write_text(json.dumps({**trust, "targets": targets, **own}))
    elif each.file in POLICIES:
        (site.root / TRUST).write_text(agreed(trust, Path(each.file).stem, each.text.encode()))


OWN_SOAK = "policies/production.yaml:spec.environments.usdfprod-prompt-processing.enter[0]"
"""Replaces the soak of the level, which is out of reach there: without it that one is told."""


def is_named(each: Broken, problem: Problem) -> bool:
    """Whether a finding leads to the fault: by its lines, or by the name that is not there any more."""
    if str(each).startswith(OWN_SOAK) and "prompt-processing" in problem.message:
        return True
    here = problem.file == each.file and problem.line is not None
    name = str(each.path[-1])
    return (here and each.lines[0] <= problem.line <= each.lines[1]) or any(
        word in f"{problem.message} {problem.remedy}"
        for word in (name, str(each.path[-2] if len(each.path) > 1 else name), each.file, *each.names)
    )


def is_unusable(file: Path) -> bool:
    """Whether it cannot be read; what lint finds beyond that stops those alone who need it, such as one key's owner."""
    try:
        load_workspace(file)
    except BadInput:
        return True
    return False


def tells(acted: Result) -> bool:
    """What is in no tree is told by whoever reads the tree, with the file, and its neighbours are planned."""
    return "is not a target" in acted.stderr or _REFUSED_PLACE.search(acted.stdout) is not None


_REFUSED_PLACE = re.compile(r"^REFUSED: usdfdev/\w+: applications/\S+: ", re.MULTILINE)


def faults(site: Site, file: str) -> Iterator[str]:
    before = (site.root / file).read_text()
    trust_text = (site.root / TRUST).read_text()
    trust = plain_from(trust_text)
    for number, each in enumerate(broken(file, plain_of(site.root / file))):
        if number % 3 and not FULL:
            continue
        write(site, each, trust)
        found = lint(site.root / FILE)
        unusable = is_unusable(site.root / FILE)
        acted = site.run(*ACT) if not unusable else None
        refused = [site.run(*ACTS[turn]) for turn in range(len(ACTS)) if unusable]
        (site.root / file).write_text(before)
        (site.root / TRUST).write_text(trust_text)
        if not found and acted.exit_code != ExitCode.OK and not tells(acted):
            yield f"{each}: overlooked: {acted.stdout}{acted.stderr}"
        if acted is not None and "Traceback" in acted.stderr:
            yield f"{each}: breaks off: {acted.stderr}"
        for done in refused:
            if done.exit_code != ExitCode.BAD_INPUT or "Traceback" in done.stderr:
                yield f"{each}: acted upon, exit {done.exit_code}: {done.stdout}{done.stderr}"
            elif not re.search(r"\b(ldmrelease|trust|[a-z]+)\.yaml(:\d+:\d+)?:", done.stderr):
                yield f"{each}: names no place: {done.stderr}"
        # The same trouble with the same name in several places is one line.
        distinct = {(problem.message, problem.remedy) for problem in found}
        if len(distinct) > MANY.get(str(each), 1):
            yield f"{each}: {len(distinct)} findings: {distinct}"
        if found and not any(is_named(each, problem) for problem in found):
            yield f"{each}: not led to: {found[0]}"


@pytest.mark.parametrize("file", [FILE, TRUST, *POLICIES])
def test_one_wrong_field_is_one_finding_at_its_place_and_what_lint_allows_can_be_planned(
    site: Site, file: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(site.root)
    monkeypatch.setenv("LDMRELEASE_NO_CACHE", "1")
    assert lint(site.root / FILE) == ()
    before = site.everything()
    found = list(faults(site, file))
    assert found == [], "\n".join(found)
    assert site.everything() == before


@pytest.mark.parametrize("sample", ["kubernetes", "simple"])
def test_a_small_workspace_broken_anywhere_says_where(
    sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    file = init_workspace(tmp_path, sample, datetime(2023, 4, 1, tzinfo=UTC)).file
    plain = plain_of(file)
    wrong = []
    for each in broken(FILE, plain, ways=2):
        file.write_text(each.text)
        for problem in lint(file):
            if problem.line is None or not problem.field:
                wrong.append(f"{each}: {problem}")
    assert wrong == []


def test_there_are_hundreds_of_them(site: Site):
    assert (
        sum(1 for file in (FILE, TRUST, *POLICIES) for _ in broken(file, plain_of(site.root / file))) >= 200
    )
