"""A whole workspace with real parts, in a folder of its own, and hands to play the world around it.

It is the sample of the observatory (`init --sample rubin`) with its images, EUPS lists and git repositories as
of 2023-04-13: products in three grammars, GitOps and menu places over four levels, keys, policies, a ledger.
The weekly `w.2023.16` has its build list but no images yet: `Site.release_weekly` brings them. Made once and
copied (`copy_site`), since that is quicker than a new one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from typer.testing import CliRunner, Result

from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.agreement import recorded_checks, recorded_products
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.demo import artifacts
from ldmrelease.demo.play import make_workspace, set_clock
from ldmrelease.domain.events import Event, Head
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import instant, spell
from ldmrelease.faces.cli.main import app
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_index
from ldmrelease.services.context import Context, Observer, open_context
from ldmrelease.services.operations.trust_document import next_version, sign
from tests.answers_fit import check_fit

BEGIN = instant("2023-04-20T12:00:00Z")
"""The clock of a new site: Thursday noon, the weekly was built two hours ago."""
WEEKLY = "w.2023.16"
BEFORE = "w.2023.15"
PLACE = "usdfdev/batch"
"""A GitOps place at level development, which runs `al9-w_2023_15` by hand."""
TESTSTAND = "tucson-teststand/ocps"
MENU = "usdfdev/nublado"
BASE = "base/ocps"
SUMMIT = "summit/ocps"


def said(event: Event) -> dict[str, Any]:
    """What the envelope of an event says, whoever signed it."""
    envelope = event.body.get("envelope")
    return json.loads(base64.b64decode(envelope["payload"]))["body"] if envelope else {}


_SAYS = "smoke-says"
_LISTEN = f"#!/bin/sh\nif [ -f {_SAYS} ]; then . ./{_SAYS}; fi\n"


@dataclass(slots=True)
class Site:
    """One workspace. `run` is the command line in this process; the clock stands still until it is moved."""

    root: Path
    now: datetime = BEGIN

    def run(self, *words: str, input: str | None = None) -> Result:
        """`ldmrelease -C <root> <words>`, with what it printed and its exit code. An exception is a bug."""
        done = CliRunner().invoke(app, ["-C", str(self.root), *words], input=input, catch_exceptions=False)
        check_fit(words, done.stdout)
        return done

    def ok(self, *words: str) -> str:
        """Run what must succeed; what it printed on stdout."""
        done = self.run(*words)
        assert done.exit_code == 0, f"{' '.join(words)}: exit {done.exit_code}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def clock(self, moment: datetime) -> None:
        """Set the workspace's clock, which its file carries."""
        self.now = moment
        set_clock(self.root, spell(moment))

    def advance(self, **span: float) -> None:
        """Put the clock forward, by the arguments of a timedelta."""
        self.clock(self.now + timedelta(**span))

    def wall_clock(self) -> None:
        """Take the fixed clock out of the workspace."""
        file = self.root / FILE
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(each for each in lines if not each.startswith("clock:")))

    def begin_on_the_wall(self) -> None:
        """Take the fixed clock out, and begin a ledger of real time in place of the one that there is."""
        self.wall_clock()
        for each in self.root.glob("ledger.db*"):
            each.unlink()
        self.ok("ledger", "init", "--anew", "--reason", "real time")
        self.ok("observe")

    def edit(self, change: Callable[[str], str], name: str = FILE) -> None:
        """Change the text of a file of the workspace."""
        path = self.root / name
        before = path.read_text()
        after = change(before)
        assert after != before, f"nothing of {name} was changed"
        path.write_text(after)
        if name == "trust.yaml":
            sign_trust(self.root)
        if name == FILE:
            agree_workspace(self.root)

    def release_weekly(self) -> None:
        """The images of the weekly are pushed: from now on it is complete."""
        registries = Registries(self.root)
        artifacts.push_scipipe(registries, artifacts.weekly())
        artifacts.push_lab(registries, artifacts.weekly())

    def move_tag(self, image: str, tag: str) -> None:
        """Somebody pushes another image under a tag that is there."""
        repository = Registries(self.root).open(parse_reference(f"oci:images/{image}"))
        put_sample_index(repository, tag, seed=f"moved:{image}:{tag}")

    def smoke(self, passes: bool) -> None:
        """What the smoke check says from now on. Its definition stays the same, its script included."""
        (self.root / _SAYS).write_text("exit 0\n" if passes else "exit 1\n")

    def context(self, observer: Observer | None = None) -> Context:
        """The workspace opened for the services; whoever opens it closes its ledger."""
        return open_context(load_workspace(self.root / FILE), observer=observer)

    def copy(self, root: Path) -> Site:
        """A copy in another folder, with its own clock: many tests may begin where one work has ended."""
        # A quarter of what `shutil.copytree` takes, and most tests begin with it.
        subprocess.run(["cp", "-a", str(self.root), str(root)], check=True)
        return Site(root, self.now)

    def head(self) -> Head:
        """The ledger's last event."""
        with open_ledger(self.root / "ledger.db", projectors=PROJECTORS) as ledger:
            return ledger.head()

    def events(self, kind: str | None = None, stream: str | None = None) -> list[Event]:
        """What the ledger has; beside the envelope, the body of each has what was signed."""
        with open_ledger(self.root / "ledger.db", projectors=PROJECTORS) as ledger:
            found = ledger.events(stream=stream, kinds=None if kind is None else [kind])
            return [replace(each, body={**said(each), **each.body}) for each in found]

    def refs(self, repository: str = "gitops") -> dict[str, str]:
        """Every ref of a git repository: branches, tags and fences."""
        lines = self.git(
            "for-each-ref", "--format=%(refname) %(objectname)", repository=repository
        ).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def git(self, *words: str, repository: str = "gitops") -> str:
        """What git prints in one of the repositories."""
        command = [
            "git",
            "-C",
            str(self.root / repository),
            "-c",
            "user.name=Ann",
            "-c",
            "user.email=ann@x",
            *words,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def committed(self, place: str) -> str:
        """The values file of a place as committed."""
        environment, application = place.split("/")
        return self.git("show", f"main:applications/{application}/values-{environment}.yaml")

    def commit_by_hand(self, place: str, old: str, new: str) -> None:
        """Somebody edits the values file of a place and commits."""
        environment, application = place.split("/")
        name = f"applications/{application}/values-{environment}.yaml"
        self.edit(lambda text: text.replace(old, new), f"gitops/{name}")
        self.git("commit", "-q", "-m", "By hand", "--", name)

    def everything(self) -> dict[str, str]:
        """A fingerprint of all that a look must leave alone: files by their bytes, the ledger by its head."""
        found = {"ledger": str(self.head())}
        for folder, _, files in os.walk(self.root):
            for path in (Path(folder, each) for each in files):
                name = str(path)[len(str(self.root)) + 1 :]
                # SQLite's own files change when they are read; git's index may be refreshed.
                own = name.startswith("ledger.db") or name.endswith(".git/index")
                if not own and path.is_file():
                    found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found


_HOSTS = re.compile(
    r"\b(oci\.example\.com|git\.example|registry(?:\.[a-z]+)?\.example|example\.org)(?=[:/\s])"
)


def own_hosts(text: str) -> str:
    """A text of a sample, where the reader has put hosts of his own in place of those that nobody has."""
    return _HOSTS.sub("registry.shop.internal", text)


def agree_workspace(root: Path) -> None:
    """The trust document records targets, products and checks as they are now, under a version of its own."""
    try:
        workspace = load_workspace(root / FILE)
    except BadInput:
        return
    topology = workspace.topology
    recorded: dict[str, dict[str, Any]] = {
        "targets": {each: [topology.target_digest(each)] for each in topology.environments},
        "products": recorded_products(topology),
        "checks": recorded_checks(topology),
    }
    lines = "".join(
        f"{part}:\n" + "".join(f"  {name}: {json.dumps(entry)}\n" for name, entry in entries.items())
        for part, entries in recorded.items()
        if entries
    )
    if workspace.notify is not None:
        lines += f"notify: {workspace.notify.digest}\n"
    path = root / "trust.yaml"
    before = path.read_text()
    after = _RECORDED.sub("", before).replace("\nroles:\n", f"\n{lines}roles:\n", 1)
    path.write_text(after)
    sign_trust(root)


def sign_trust(root: Path, key: str = "keys/me.pem", document: str = "trust.yaml") -> None:
    """What the trust document says is signed, under the next version."""
    trust = load_trust(root / document)
    if trust.unsigned is None:
        return
    if trust.chain.newest is not None:
        raised = f"version: {next_version(trust)}"
        text = (root / document).read_text()
        (root / document).write_text(re.sub(r"^version: \d+$", raised, text, flags=re.MULTILINE))
    signed = sign(root / document, [root / key])
    assert signed.trust.unsigned is None, (signed.trust.unsigned, signed.not_by_us)


_RECORDED = re.compile(r"^(?:targets|products|checks|notify):.*\n(?:[ -].*\n)*", re.MULTILINE)


def new_site(root: Path) -> Site:
    """Make one from nothing, with an empty ledger: half a second."""
    make_workspace(root)
    smoke = root / "checks" / "smoke.sh"
    smoke.write_text(smoke.read_text().replace("#!/bin/sh\n", _LISTEN))
    agree_workspace(root)
    trust = root / "trust.yaml"
    # Nobody has acted on the first version yet.
    trust.write_text(re.sub(r"^version: 2$", "version: 1", trust.read_text(), flags=re.MULTILINE))
    (root / "trust.signatures.json").unlink()
    sign_trust(root)
    _pack(root)
    site = Site(root)
    site.clock(BEGIN)
    return site


def _pack(root: Path) -> None:
    """Its git repositories in few files: every copy makes all of them anew."""
    for folder in root.rglob(".git"):
        subprocess.run(["git", "-C", str(folder.parent), "repack", "-adq"], check=True)
        for sample in folder.glob("hooks/*.sample"):
            sample.unlink()


def copy_site(template: Path, root: Path) -> Site:
    """A copy of one that was made before, and whose clock nobody has moved."""
    return Site(template).copy(root)
