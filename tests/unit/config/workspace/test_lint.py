"""What lint finds beyond what a workspace is refused for: each with file, line and field, in one go."""

import hashlib
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ldmrelease.config.policies.load import load_level
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import generate, load_signer
from tests.approvers import add_approvers
from tests.unit.faces.cli.running import run

AT = datetime(2023, 4, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    init_workspace(tmp_path, "rubin", AT)
    add_approvers(tmp_path)
    (tmp_path / "ledger.db").touch()
    subprocess.run(["git", "init", "-q", "gitops"], check=True)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def edit_policy(folder: Path, level: str, old: str, new: str) -> None:
    """Change a policy, and agree to it."""
    path = folder / "policies" / f"{level}.yaml"
    before = load_level(path).digest
    edit(path, old, new)
    edit(folder / "trust.yaml", before, f"sha256:{_digest(path)}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def found(folder: Path) -> list[Problem]:
    return list(lint(folder / "ldmrelease.yaml"))


def one(folder: Path) -> Problem:
    (problem,) = found(folder)
    assert problem.line is not None
    return problem


def test_every_bad_key_file_is_told_at_once(folder: Path):
    keys = folder / "keys"
    private = rsa.generate_private_key(65537, 2048)
    contents = {
        "me": load_signer(keys / "me.pem").public_pem.encode(),
        "runner": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "observer": b"garbage",
    }
    for name, data in contents.items():
        (keys / f"{name}.pem").write_bytes(data)
    (keys / "promoter.pem").chmod(0o644)
    (keys / "receipts-production.pem").unlink()
    generate(KeyKind.ED25519).write_key(keys / "receipts-production.pem")
    (keys / "ledger.pem").unlink()
    generate().write_key(keys / "ledger.pem")
    told = {each.field: each.message for each in found(folder)}
    assert set(told) == {
        "keys.me", "keys.runner", "keys.observer", "keys.promoter", "keys.ledger", "keys.receipts.production"
    }  # fmt: skip
    assert "a public key" in told["keys.me"]
    assert "neither ECDSA on P-256 nor ed25519" in told["keys.runner"]
    assert "no private key that can be read" in told["keys.observer"]
    assert "others can read or write it" in told["keys.promoter"]
    assert "nobody in the trust document has it" in told["keys.ledger"]
    assert "P-256" in told["keys.receipts.production"]


def test_public_keys_of_the_trust_document_that_are_none_are_told_and_a_private_one_is_not_repeated(
    folder: Path,
):
    private = rsa.generate_private_key(65537, 2048)
    secret = (folder / "keys" / "me.pem").read_text()
    (folder / "a.pem").write_text(secret)
    (folder / "b.pem").write_bytes(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    entry = "  {0}:\n    person: {0}\n    roles: [ci]\n    not-before: 2023-04-01\n    public: {0}.pem\n"
    trust = folder / "trust.yaml"
    trust.write_text(trust.read_text() + entry.format("a") + entry.format("b"))
    a, b = found(folder)
    assert (a.field, b.field) == ("keys.a.public", "keys.b.public")
    assert "a private key" in a.message
    assert "neither ECDSA on P-256 nor ed25519" in b.message
    assert secret.splitlines()[1] not in str(a)


def test_types_and_environments_of_roles_that_are_none(folder: Path):
    trust = folder / "trust.yaml"
    edit(trust, "types: [observation, import]", "types: [observations, import]")
    text = trust.read_text()
    role = re.search(r"  receipts-production:\n.*\n    environments: \[(.*)\]", text)
    assert role is not None
    edit(trust, f"environments: [{role[1]}]", f"environments: [{role[1]}, usdfprd]")
    types, environments = found(folder)
    assert (types.field, types.remedy) == ("roles.observer.types[0]", "did you mean observation?")
    assert environments.remedy == "did you mean usdfprod?"


def test_a_role_that_does_not_cover_a_place_of_its_level(folder: Path):
    text = (folder / "trust.yaml").read_text()
    role = re.search(r"  receipts-commissioning:\n.*\n    environments: \[(.*)\]", text)
    assert role is not None
    edit(folder / "trust.yaml", role[1], "base")
    problem = one(folder)
    assert problem.field == "keys.receipts-commissioning.roles"
    assert "may not sign receipt for summit" in problem.message


@pytest.mark.parametrize(
    ("level", "old", "new", "field", "message"),
    [
        ("commissioning", "level: development\n      for: 2h", "level: commissioning\n      for: 2h", "spec.enter[2]",
         "a level cannot come after itself"),
        ("commissioning", "environment: base", "environment: summit", "spec.environments.summit.enter[0]",
         "summit/ocps cannot come after itself"),
        ("commissioning", "    summit:\n",
         "    base: {enter: [{id: first, rule: after, environment: summit}]}\n    summit:\n",
         "spec.environments.base.enter[0]",
         "circular `after`: base/ocps -> summit/ocps -> base/ocps"),
        ("commissioning", "accepts: [release, weekly, daily, candidate]", "accepts: [weekly]", "spec.enter[2]",
         "commissioning can admit weekly, and production accepts release"),
        ("development", "accepts: [", "accepts: [experimental] # [", "spec.accepts", "can ever enter"),
    ],
)  # fmt: skip
def test_orders_that_lead_nowhere(folder: Path, level: str, old: str, new: str, field: str, message: str):
    edit_policy(folder, level, old, new)
    told = found(folder)
    assert (told[0].field, message in told[0].message) == (field, True)
    assert len({each.message for each in told}) == len(told)


@pytest.mark.parametrize("id", ["accepts", "complete", "held", "empty", "ran-here", "present", "live"])
def test_an_id_that_every_decision_has_is_refused(folder: Path, id: str):
    edit_policy(folder, "commissioning", "id: no-return", f"id: {id}")
    assert [each.field for each in found(folder)] == ["spec.enter[4].id"]


@pytest.mark.parametrize("platform", ["linux/amd65", "linux/x86_64", "linus/amd64"])
def test_a_platform_that_is_none(folder: Path, platform: str):
    path = folder / "policies" / "jupyterlab.yaml"
    edit(path, "platforms: [linux/amd64]", f"platforms: [{platform}]")
    problem = one(folder)
    assert (problem.field, problem.expected) == ("spec.enter[0].platforms[0]", "a platform like linux/amd64")


def test_a_deadline_of_nothing(folder: Path):
    edit(folder / "ldmrelease.yaml", "deadline: 10m", "deadline: 0m")
    problem = one(folder)
    assert (problem.field, problem.found) == ("checks.smoke.deadline", '"0m"')


def test_components_that_were_built_on_each_other(folder: Path):
    edit(
        folder / "ldmrelease.yaml",
        'tag: "al9-{eups}"}',
        'tag: "al9-{eups}", derived-from: prompt-processing/prompt-service}',
    )
    assert one(folder).message == (
        "circular derived-from: stack/scipipe -> prompt-processing/prompt-service -> stack/scipipe"
    )


def test_a_policy_file_with_another_ending(folder: Path):
    (folder / "policies" / "extra.yml").write_text("{}")
    (problem,) = found(folder)
    assert (problem.file, problem.remedy) == ("policies/extra.yml", "rename it to extra.yaml")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("policies: policies", "policies: policy", "policies"),
        ("trust: trust.yaml", "trust: trusts.yaml", "trust"),
        ("ledger: ledger.db", "ledger: ledgers.db", "ledger"),
        (
            "repository: gitops",
            "repository: gitop",
            "environments.idfdev.applications.nublado.target.menu.repository",
        ),
        ("command: [sh, checks/smoke.sh]", "command: [sh, checks/smok.sh]", "checks.smoke.command[1]"),
        ("command: [sh, checks/smoke.sh]", "command: [shh, checks/smoke.sh]", "checks.smoke.command[0]"),
    ],
)
def test_what_is_not_there_is_told_at_the_line_that_names_it(folder: Path, old: str, new: str, field: str):
    edit(folder / "ldmrelease.yaml", old, new)
    fields = [each.field for each in found(folder)]
    assert field in fields
    assert len(fields) == 1 or field.startswith(("policies", "trust"))


def test_a_check_in_a_cluster_where_there_is_none(folder: Path):
    edit(
        folder / "ldmrelease.yaml",
        "    kind: command\n    command: [sh, checks/smoke.sh]",
        "    kind: job\n    image: stack/scipipe",
    )
    told = found(folder)
    assert {each.field for each in told if "runs in a cluster" in each.message} == {
        "spec.enter[3].check",
        "spec.confirm[0].check",
    }
    rest = [each for each in told if "is not what trust.yaml records" not in each.message]
    assert all(each.file.startswith("policies/") for each in rest)


@pytest.mark.parametrize(
    ("line", "field", "gives_up"),
    [
        (
            "components: any",
            "spec.enter[2].components",
            "the others enter without having run anywhere before",
        ),
        ("admitted: false", "spec.enter[2].admitted", "nothing has to have let it in"),
    ],
)
def test_what_a_policy_gives_up_is_a_notice_and_no_fault(folder: Path, line: str, field: str, gives_up: str):
    edit_policy(folder, "commissioning", "level: development\n", f"level: development\n      {line}\n")
    problem = one(folder)
    assert (problem.notice, problem.file, problem.field) == (True, "policies/commissioning.yaml", field)
    assert problem.line == 1 + next(
        number for number, each in enumerate((folder / problem.file).read_text().splitlines()) if line in each
    )
    assert gives_up in problem.message
    done = run("workspace", "lint", folder=folder)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"notice: {problem.file}:{problem.line}:")
    assert done.stdout.endswith("ldmrelease.yaml: nothing is wrong, 1 notice\n")
    (answer,) = json.loads(run("policy", "lint", "-o", "json", folder=folder).stdout)
    assert (answer["severity"], answer["field"]) == ("notice", field)


def test_a_signature_by_a_role_that_nobody_holds(folder: Path):
    trust = folder / "trust.yaml"
    edit(
        trust,
        "\nroles:\n",
        "\nroles:\n  builder:\n    types: [provenance]\n    environments: ['*']\n    repositories: ['*']\n",
    )
    edit_policy(folder, "commissioning", "by: [ci]", "by: [builder]")
    problem = one(folder)
    assert problem.field == "spec.enter[1].by"
    assert "no key in the trust document has the role builder" in problem.message


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        ("by: [release-manager], quorum: 2", "by", "it takes 2 of release-manager, and"),
        ("each: {commissioning-manager: 2}", "each", "it takes 2 of commissioning-manager, and"),
    ],
    ids=["quorum", "each"],
)
def test_more_approvals_than_there_are_persons_are_a_notice_that_says_how_one_is_added(
    folder: Path, asked: str, field: str, told: str
) -> None:
    clause = f"    - {{id: board, rule: approval, {asked}}}\n"
    edit_policy(folder, "commissioning", "    - id: images\n", f"{clause}    - id: images\n")
    problem = one(folder)
    assert (problem.field, problem.notice) == (f"spec.enter[0].{field}", True)
    assert told in problem.message
    assert "`ldmrelease trust add-key NAME FILE --person PERSON --role " in (problem.remedy or "")


def test_approvals_of_a_role_that_there_is_not_are_a_fault(folder: Path) -> None:
    clause = "    - {id: board, rule: approval, each: {nobody-there: 1}}\n"
    edit_policy(folder, "commissioning", "    - id: images\n", f"{clause}    - id: images\n")
    problem = one(folder)
    assert (problem.field, problem.notice) == ("spec.enter[0].each", False)
    assert "the trust document has no role 'nobody-there'" in problem.message


def test_a_new_workspace_has_roles_whose_persons_come_one_after_the_other(tmp_path: Path) -> None:
    """The board and the stakeholders have nobody yet, which is said, and keeps nobody from working."""
    init_workspace(tmp_path / "new", "rubin", AT)
    subprocess.run(["git", "init", "-q", "gitops"], check=True, cwd=tmp_path / "new")
    board, stakeholders = sorted(
        (each for each in lint(tmp_path / "new" / "ldmrelease.yaml") if each.notice),
        key=lambda each: each.message,
        reverse=True,
    )
    assert "it takes 2 of change-control-board, and the trust document has 0" in board.message
    assert "1 of stakeholder-community, 1 of stakeholder-middleware" in stakeholders.message
    assert "usdfprod" in load_workspace(tmp_path / "new" / "ldmrelease.yaml").topology.environments


def test_by_one_of_several_roles_is_enough(folder: Path):
    edit(folder / "trust.yaml", "\nroles:\n", "\nroles:\n  other:\n    types: [provenance]\n")
    edit_policy(folder, "commissioning", "by: [ci]", "by: [ci, other]")
    assert found(folder) == []


def test_a_folder_that_is_no_repository(folder: Path):
    shutil.rmtree(folder / "gitops" / ".git")
    told = found(folder)
    assert {each.message for each in told} == {"gitops is not a git repository"}
    lines = (folder / "ldmrelease.yaml").read_text().splitlines()
    assert all("repository: gitops" in lines[each.line - 1] for each in told)
    (line, count) = run("workspace", "lint", folder=folder).stdout.splitlines()
    assert "usdfdev/batch (line " in line
    assert count == f"{len(told)} problems"


WRONG_SHAPES = [
    ("kind: Workspace", "kind: Workspaces", "kind"),
    ("ledger: ledger.db", "ledger: [a]", "ledger"),
    ("    grammar: rubin", "    grammar: rubins", "products.stack.grammar"),
    ("    kind: command", "    kind: commands", "checks.smoke.kind"),
    ("observe-every: ", "observe-evry: ", None),
    ("  me: keys/me.pem", "  me: [keys/me.pem]", "keys.me"),
]


@pytest.mark.parametrize(("old", "new", "field"), WRONG_SHAPES)
def test_a_wrong_shape_hides_no_wrong_name_elsewhere(folder: Path, old: str, new: str, field: str | None):
    """Both are told in one run, each as one finding, and nothing that only follows from one of them."""
    file = folder / "ldmrelease.yaml"
    if old not in file.read_text():
        edit(file, "    applications:\n", f"    {old}1h\n    applications:\n")
    edit(file, old, new)
    shape = {(each.field, each.message) for each in found(folder)}
    assert len(shape) == 1
    edit(file, "runs: [prompt-processing/", "runs: [prompt-procesing/")
    edit_policy(folder, "commissioning", "by: [ci]", "by: [cy]")
    told = {(each.field, each.message) for each in found(folder)}
    assert shape < told
    assert {message for _, message in told - shape} == {
        "no product 'prompt-procesing'", "the trust document has no role 'cy'"
    }  # fmt: skip


def test_wrong_shapes_of_a_policy_and_of_the_trust_document_hide_no_wrong_name(folder: Path):
    edit_policy(folder, "production", "rule: attested", "rule: atested")
    edit(folder / "ldmrelease.yaml", "runs: [prompt-processing/", "runs: [prompt-procesing/")
    edit(folder / "trust.yaml", "  summit: commissioning", "  summit: [commissioning]")
    edit(folder / "trust.yaml", "roles: [observer]", "roles: [observr]")
    assert {each.field for each in found(folder)} == {
        "spec.enter[1].rule",
        "environments.usdfdev-prompt-processing.applications.prompt-processing.runs[0]",
        "environments.summit",
        "keys.observer.roles[0]",
    }


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_script_that_was_agreed_and_is_gone_is_told_as_gone(folder: Path, whole_folder: bool):
    """And not as something that could be agreed to anew."""
    (folder / "checks" / "smoke.sh").unlink()
    if whole_folder:
        (folder / "checks").rmdir()
    problem = one(folder)
    assert (problem.field, problem.message) == ("checks.smoke.command[1]", "checks/smoke.sh is not there")


def test_a_level_whose_policy_file_has_another_ending_is_one_finding(folder: Path):
    """Not one more for each line that names the level, with a hint to name another."""
    policy = folder / "policies" / "development.yaml"
    policy.rename(policy.with_suffix(".yml"))
    (problem,) = found(folder)
    assert problem.remedy == "rename it to development.yaml"
