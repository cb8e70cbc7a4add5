"""The demonstration with people: a board, an operator, a notebook administrator, and policies that ask them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ldmrelease.demo.artifacts import push
from ldmrelease.registry.opening import Registries

RELEASE = "1.2.0"
"""The next release of prompt processing: built, and not yet pinned."""
PLACE = "usdfprod-prompt-processing"
"""Where it is to go."""
ROLES = {
    "release-manager": ("approval", "document", "hold", "lift", "pin", "request", "review", "waiver"),
    "change-control-board": ("approval", "waiver"),
    "stakeholder": ("approval",),
    "commissioning-operator": ("request", "hold", "lift"),
    "notebook-administrator": ("pin", "request", "hold", "lift"),
}
PEOPLE = {
    "grace": "change-control-board",
    "joan": "change-control-board",
    "olga": "commissioning-operator",
    "carl": "commissioning-manager",
    "nora": "notebook-administrator",
    "lee": "stakeholder",
    "mia": "stakeholder",
}
_PRODUCTION = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: production, version: 2}
spec:
  accepts: [release]
  ask: always
  enter:
    - {id: images, rule: images, platforms: [linux/amd64]}
    - {id: soaked, rule: after, environment: usdfdev-prompt-processing, for: 2h}
    - {id: versions, rule: check, check: versions, about: release, waivable-by: [release-manager, change-control-board]}
    - {id: release-notes, rule: documents, kinds: [release-notes], by: [release-manager]}
    - {id: board, rule: approval, by: [change-control-board], quorum: 2, observed: [jira]}
  confirm:
    - {id: smoke, rule: check, check: smoke, about: release, where: here, max-age: 24h}
"""
_MENUS = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: jupyterlab, version: 2}
spec:
  accepts: [release, weekly, daily, candidate, experimental]
  enter:
    - {id: images, rule: images, platforms: [linux/amd64]}
    - {id: stakeholders, rule: approval, by: [stakeholder], quorum: 2, intents: [alias], aliases: ['recommended*']}
"""
_EMERGENCY = """\
  emergency: {by: [commissioning-operator], keep: [], for: 4h, review-within: 1d}
"""


def people(home: Path, run: Callable[[str], object]) -> None:
    """The demonstration's workspace in `release`, with them in it. run: gives a command to a shell in `home`."""
    run("ldmrelease demo release")
    workspace = home / "release"
    push(Registries(workspace), "prompt-service", RELEASE)
    for role, types in ROLES.items():
        options = " ".join(f"--type {each}" for each in types)
        run(
            f"ldmrelease -C release trust role {role} {options} --environment '*' --repository '*' --yes",
        )
    for name, role in PEOPLE.items():
        run(f"ldmrelease -C release key new {name} --out release/keys/{name}.pem")
        person = f"--person {name} --role {role}"
        run(f"ldmrelease -C release trust add-key {name} release/keys/{name}.pem {person} --yes")
    policies = workspace / "policies"
    (policies / "production.yaml").write_text(_PRODUCTION)
    (policies / "jupyterlab.yaml").write_text(_MENUS)
    commissioning = policies / "commissioning.yaml"
    commissioning.write_text(commissioning.read_text() + _EMERGENCY)
    run("ldmrelease -C release trust agree --yes")
    (workspace / "RFC-1012.json").write_text(json.dumps(_rfc(), indent=1))


def ask(workspace: Path, run: Callable[[str], object]) -> None:
    """What the release manager does first. run: gives a command to a shell in the workspace."""
    about = f"{RELEASE} --product prompt-processing"
    run(f"ldmrelease release pin {about}")
    run(f"ldmrelease promote {about} --target usdfdev-prompt-processing")
    notes = workspace / "documents" / RELEASE / "release-notes.md"
    notes.parent.mkdir(parents=True)
    notes.write_text(f"# Prompt processing {RELEASE}: alerts are sent once\n")
    kind = "--kind release-notes"
    run(f"ldmrelease evidence document documents/{RELEASE}/release-notes.md {kind} --release {about}")
    there = f"--target {PLACE}"
    run(f"ldmrelease waive versions --release {about} {there} --reason 'the report comes on Monday' --yes")
    run(f"ldmrelease request {about} {there} --reason RFC-1012; test $? = 4")


def _rfc() -> dict[str, object]:
    """What Jira answers about an RFC that was adopted."""
    adopted = {
        "field": "status",
        "fieldtype": "jira",
        "from": "1",
        "fromString": "Flagged",
        "to": "2",
        "toString": "Adopted",
    }
    return {
        "id": "1",
        "key": "RFC-1012",
        "self": "https://jira.example/rest/api/2/issue/1",
        "fields": {
            "summary": f"Prompt processing {RELEASE}",
            "status": {"name": "Adopted"},
            "labels": [],
        },
        "changelog": {
            "startAt": 0,
            "maxResults": 100,
            "total": 1,
            "histories": [
                {
                    "id": "9",
                    "author": {"name": "joan", "displayName": "Joan"},
                    "created": "2023-04-21T17:23:17.000+0000",
                    "items": [adopted],
                }
            ],
        },
    }
