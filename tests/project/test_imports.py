"""What a command loads: it decides how long one waits for an answer, long before the work does.

Nothing is timed here; `benchmarks/commands` does that.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ldmrelease.config.workspace.cache import NO_CACHE
from tests.workspace import PLACE, WEEKLY, Site, new_site

LEDGER_ONLY = {
    "where": ("where",),
    "history": ("history",),
    "promotions": ("promotions", "list"),
    "releases": ("release", "list"),
}
"""Commands that ask nobody but the ledger."""
DECIDING = {
    "check": ("check", WEEKLY, "--target", PLACE),
    "promote": ("promote", WEEKLY, "--target", PLACE, "--yes"),
}
"""Commands that decide, and here find nothing to do."""

NEVER = {
    "pydantic",
    "kubernetes",
    "docker",
    "rich",
    "dataclasses",
    "ldmrelease.domain.selectors",
    "urllib3",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.backends.openssl.backend",
    "ldmrelease.cluster.client.api",
    "ldmrelease.ledger.transfer",
    "ldmrelease.ledger.verify",
}
"""None of it is needed where a workspace has not changed, its images are in folders, and its keys are spelled as
`key new` spells them."""
NOT_FOR_THE_LEDGER = NEVER | {"json", "yaml", "zoneinfo", "concurrent.futures"}
NOT_TO_DECIDE = NEVER | {
    "concurrent.futures",
    "semver",
    "ldmrelease.services.promotions.driver",
    "ldmrelease.services.promotions.turn",
}
"""Nor are threads for what is in folders, other grammars than the tag's, and what carries a promotion on."""

OF_THE_WORKSPACE = {"ldmrelease.checks", "ldmrelease.checks.check_files"}
"""Whether a workspace has changed depends on the files of its checks, too: nothing but paths and digests."""

MOST_FOR_THE_LEDGER, MOST = 171, 369
"""Modules of this program: to be lowered when it can be, raised with a reason. Whoever promotes looks at its keys, at
names and at fences of a ledger that is lost, before it can say that there is nothing to do: six small modules.
What was let in for less than is asked is marked wherever it is told of: two small modules.
Registries, each a file, and signed fences are some more; so are what refuses an option that is given twice,
addresses in several files, settings that are added to a file, and words for what is not advised. Who asks the
ledger may name times, filters and conditions: three modules of options. Kinds of events are a file per noun, and
imported history is one. What is read of a ledger is proven by a signed index: its trees, their pages, and who is
believed are ten; another one reads rows of observations. A rule is a file: all of them are loaded; so are types of
statements, and what facts have of the workspace's own files. What people decide is a kind of event, too, with the
scopes that it is about; each kind of act is read in a file of its own, and what approvals rest on, quorums and
waivers are one each. Results of campaigns are a type of statement, a rule and a fact, and what they say together.
Whoever may ask for less than everybody is asked, and what is owed for it, is looked at by each promotion."""

_SCRIPT = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
from ldmrelease.faces.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A workspace in which a promotion has ended, and which one command has found valid."""
    made = new_site(tmp_path_factory.mktemp("imports") / "site")
    made.release_weekly()
    made.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    loaded(made, "history")
    return made


def loaded(site: Site, *words: str) -> set[str]:
    """The modules that are there at the end of a command."""
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", NO_CACHE)}
    command = [sys.executable, "-c", _SCRIPT, "-C", str(site.root), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def own(modules: set[str]) -> list[str]:
    return sorted(each for each in modules if each.partition(".")[0] == "ldmrelease")


@pytest.mark.parametrize("words", LEDGER_ONLY.values(), ids=LEDGER_ONLY)
def test_who_asks_the_ledger_loads_what_reads_a_ledger(site: Site, words: tuple[str, ...]) -> None:
    modules = loaded(site, *words)
    assert not modules & NOT_FOR_THE_LEDGER
    assert len(own(modules)) <= MOST_FOR_THE_LEDGER, own(modules)
    rooms = ("registry", "cluster", "targets", "policy", "checks", "sources")
    loaded_rooms = {each for each in own(modules) if each.split(".")[1:2] and each.split(".")[1] in rooms}
    assert loaded_rooms <= OF_THE_WORKSPACE


@pytest.mark.parametrize("words", DECIDING.values(), ids=DECIDING)
def test_who_decides_loads_no_client_that_nobody_is_asked_by(site: Site, words: tuple[str, ...]) -> None:
    modules = loaded(site, *words)
    assert not modules & NOT_TO_DECIDE
    assert len(own(modules)) <= MOST, own(modules)


def test_a_workspace_that_has_changed_is_validated(site: Site) -> None:
    site.edit(lambda text: f"{text}\n# changed\n")
    assert "pydantic" in loaded(site, "history")
    assert "pydantic" not in loaded(site, "history")
