"""Templates of checks: what comes with the program, what a run makes of them, and what a template may not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from ldmrelease.checks.container_settings import Unsuitable, expanded, settings
from ldmrelease.checks.job.templates import ImageRun, JobTemplate, fill, job_name
from ldmrelease.checks.outcome import OutcomeRule
from ldmrelease.config.workspace.check_template import OWN, read_template, template_of
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.topology import Check

DATA = Path(__file__).parents[3] / "data" / "checks"
DIGEST = f"sha256:{'a' * 64}"
CHECK = Check("smoke", "job", ("starts",), ("sh", "-c", "sleep 1"), 60, "app")


def run_of(template: JobTemplate, *command: str) -> ImageRun:
    told = {"LDMRELEASE_TAG": "w.2025.10"}
    check = replace(CHECK, command=command)
    return ImageRun(
        check, template, "run-00c0ffee00c0ffee", f"registry.example/app@{DIGEST}", frozenset({DIGEST}), told
    )


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    return file


def own(name: str) -> str:
    return Path(template_of(replace(CHECK, template=name), Path()).file).read_text()


def test_a_job_is_the_one_that_a_cluster_took() -> None:
    sent = json.loads((DATA / "job-sent.json").read_text())
    container = sent["spec"]["template"]["spec"]["containers"][0]
    told = {each["name"]: each["value"] for each in container["env"] if each["name"] != "HOME"}
    labels = {"ldmrelease.dev/promotion": "p-1"}
    run = ImageRun(
        CHECK,
        template_of(CHECK, Path()),
        "run-00c0ffee00c0ffee",
        container["image"],
        frozenset(),
        told,
        labels,
    )
    assert fill(run) == sent
    assert fill(run) == fill(run)


@pytest.mark.parametrize("name", OWN)
def test_our_own_templates_have_no_rights_no_key_and_one_try(name: str) -> None:
    job = fill(run_of(template_of(replace(CHECK, template=name), Path()), "x"))
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (job["spec"]["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert (pod["automountServiceAccountToken"], pod["serviceAccountName"]) == (False, "ldmrelease-check")
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 65534
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["limits"]) == {"cpu", "memory"}
    assert all(set(each) == {"name", "emptyDir"} for each in pod["volumes"])


def test_what_the_safety_of_a_run_rests_on_is_set_whatever_the_template_says(tmp_path: Path) -> None:
    bare = """
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - {name: check, image: "component://prompt", args: [--fast], env: [{name: LDMRELEASE_TAG, value: forged}]}
    """
    template = read_template(written(tmp_path, bare))
    job = fill(run_of(template))
    pod = job["spec"]["template"]["spec"]
    assert template.component == "prompt"
    assert (job["spec"]["backoffLimit"], pod["automountServiceAccountToken"]) == (0, False)
    assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod["containers"][0]["env"] == [{"name": "LDMRELEASE_TAG", "value": "w.2025.10"}]
    assert pod["containers"][0]["args"] == ["--fast"]
    assert "args" not in fill(run_of(template, "sh"))["spec"]["template"]["spec"]["containers"][0]


def test_a_check_without_a_template_has_the_usual_one() -> None:
    assert template_of(replace(CHECK, command=()), Path()).verdict is OutcomeRule.STARTS
    assert template_of(CHECK, Path()).verdict is OutcomeRule.TESTS
    assert template_of(replace(CHECK, template="versions"), Path()).verdict is OutcomeRule.VERSIONS
    assert template_of(CHECK, Path()).component is None


def test_a_template_of_the_workspace_is_found_there(tmp_path: Path) -> None:
    written(tmp_path, own("starts").replace('value: "10"', 'value: "33"'))
    found = template_of(replace(CHECK, template="mine.yaml"), tmp_path)
    assert (found.settle, found.verdict) == (33, OutcomeRule.STARTS)


def test_the_name_of_a_job_comes_from_its_run() -> None:
    assert job_name("run-00c0ffee00c0ffee") == "check-00c0ffee00c0ffee"


WRONG = [
    ("kind: Job", "kind: Pod", "kind", "write Job"),
    ("component://checked", "registry.example/app:latest", "image", "component://"),
    ("component://checked", "component://", "image", "component://"),
    ("verdict: starts", "verdict: start", "verdict", "did you mean starts?"),
    ("backoffLimit: 0", "backoffLimit: 2", "backoffLimit", "write 0"),
    ("backoffLimit: 0", "ttlSecondsAfterFinished: 0", "ttlSecondsAfterFinished", "leave it out"),
    ("restartPolicy: Never", "restartPolicy: OnFailure", "restartPolicy", "write Never"),
    ("restartPolicy: Never", "hostNetwork: true", "hostNetwork", "leave it out"),
    ("automountServiceAccountToken: false", "automountServiceAccountToken: true", "automount", "leave it out"),
    ("runAsUser: 65534", "runAsUser: 0", "runAsUser", "is root"),
    ("allowPrivilegeEscalation: false", "privileged: true", "privileged", "leave it out"),
    ("capabilities: {drop: [ALL]}", "capabilities: {add: [NET_ADMIN]}", "capabilities.add", "leave it out"),
    ("emptyDir: {sizeLimit: 256Mi}", "hostPath: {path: /}", "hostPath", "emptyDir"),
    ("emptyDir: {sizeLimit: 256Mi}", "secret: {secretName: key}", "secret", "emptyDir"),
    ('value: "10"', "value: 10", "value", "quotes"),
    ('value: "10"', "value: soon", "value", "whole seconds"),
    ("value: /tmp}", "valueFrom: {secretKeyRef: {name: x, key: y}}}", "valueFrom", "leave it out"),
    ("- name: check\n", "- name: other\n          image: x\n        - name: check\n", "containers", "one container"),
    ("- name: check\n", "- \n", "name", "missing"),
    ("      containers:\n", "      initContainers: [{name: x}]\n      containers:\n", "initContainers", "leave it out"),
    ("          env:\n", "          envFrom: [{}]\n          env:\n", "envFrom", "name each variable"),
    ("  template:\n", "  template: text\n  other:\n", "spec.template", "write a mapping"),
    ("      securityContext:\n        runAsNonRoot", "      securityContext: x\n      other:\n        runAsNonRoot",
     "securityContext", "write a mapping"),
    ("      volumes:\n", "      volumes: x\n      other:\n", "volumes", "have a name"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "field", "remedy"), WRONG, ids=[f"{w[2]}-{i}" for i, w in enumerate(WRONG)]
)
def test_what_a_template_may_not_say_is_told_with_its_line(
    right: str, wrong: str, field: str, remedy: str, tmp_path: Path
) -> None:
    text = own("starts")
    assert right in text
    with pytest.raises(BadInput) as caught:
        read_template(written(tmp_path, text.replace(right, wrong, 1)))
    told = [each for each in caught.value.problems if field in each.field]
    assert told, caught.value
    assert all(each.line for each in told)
    assert any(remedy in str(each) for each in told), told


@pytest.mark.parametrize(
    "text", ["[]", "text", "kind: Job", "{}", "spec: {template: {spec: {containers: [1]}}}"]
)
def test_what_is_no_job_at_all_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_template(written(tmp_path, text))


def test_a_container_runs_what_the_pod_would() -> None:
    run = run_of(template_of(CHECK, Path()), "sh", "-c", "echo $(LDMRELEASE_TAG) $(UNKNOWN) $$(HOME)")
    found = settings(run)
    options = found.options
    assert found.name == "ldmrelease-run-00c0ffee00c0ffee"
    assert options["entrypoint"] == ["sh", "-c", "echo w.2025.10 $(UNKNOWN) $(HOME)"]
    assert options["environment"] == {"LDMRELEASE_TAG": "w.2025.10", "HOME": "/tmp"}
    assert (options["network_mode"], options["read_only"], options["cap_drop"]) == ("none", True, ["ALL"])
    assert (options["user"], options["mem_limit"]) == ("65534:65534", 2**30)
    assert set(options["tmpfs"]) == {"/tmp"}
    assert f"size={256 * 2**20}" in options["tmpfs"]["/tmp"]
    assert not found.own_user


def test_a_variable_is_expanded_from_those_before_it() -> None:
    assert expanded("$(A)$(B)$$$(A)$", {"A": "x"}) == "x$(B)$x$"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("emptyDir: {sizeLimit: 256Mi}", "configMap: {name: script}", "the volume tmp"),
        ("value: /tmp}", "valueFrom: {fieldRef: {fieldPath: metadata.name}}}", "the variable HOME"),
        ("memory: 1Gi", 'memory: "1.5"', "1.5"),
    ],
)
def test_what_only_a_cluster_has_is_said(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    template = read_template(written(tmp_path, own("script").replace(right, wrong)))
    with pytest.raises(Unsuitable, match=said):
        settings(run_of(template))


def test_the_images_own_user_is_used_where_the_template_has_none(tmp_path: Path) -> None:
    text = own("script").replace("        runAsUser: 65534\n", "").replace("        runAsGroup: 65534\n", "")
    found = settings(run_of(read_template(written(tmp_path, text))))
    assert found.own_user
    assert "user" not in found.options


def test_the_namespace_of_checks_gives_nothing_away() -> None:
    folder = Path(template_of(CHECK, Path()).file).parent
    objects: dict[str, Any] = {
        each["kind"]: each for each in yaml.safe_load_all((folder / "namespace.yaml").read_text())
    }
    assert set(objects) == {"Namespace", "ServiceAccount", "NetworkPolicy", "ResourceQuota"}
    assert objects["Namespace"]["metadata"]["name"] == CHECK.namespace
    assert objects["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert objects["ServiceAccount"]["automountServiceAccountToken"] is False
    assert objects["NetworkPolicy"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
