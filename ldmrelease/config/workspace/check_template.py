"""Templates of checks, read from a file: a Job manifest that is safe to run, or every reason why it is not.

The rules are those of the Pod Security Standard "restricted" as far as a template could break them, and ours:
one container, no key inside, nothing that runs the check a second time.
"""

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ldmrelease.checks.job.templates import SCHEME, SETTLE, VERDICT, JobTemplate
from ldmrelease.checks.outcome import OutcomeRule
from ldmrelease.checks.registry import traits
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem, spelled
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.suggestions import did_you_mean, one_of
from ldmrelease.config.yaml.validation_messages import Path as Place
from ldmrelease.domain.images import digest_of
from ldmrelease.domain.topology import Check

OWN = ("notebook", "script", "starts", "versions")
"""The templates that come with the program."""

_POD: Place = ("spec", "template", "spec")
_CONTAINER: Place = (*_POD, "containers", 0)
_VOLUMES = ("configMap", "downwardAPI", "emptyDir")
# What the program says of a run, so that a template does not.
_JOB_KEYS = {"backoffLimit": 0, "template": None}
_FORBIDDEN_POD = {
    "hostNetwork": "the check would see the node's network",
    "hostPID": "the check would see the node's processes",
    "hostIPC": "the check would see the node's memory",
    "automountServiceAccountToken": "a check has no rights",
}


def template_of(check: Check, root: Path) -> JobTemplate:
    """The template of a check: its own file in the workspace, one of `OWN` by name, or the usual one.

    Without a template, a check with a command is a `script`, one without asks whether the image `starts`.
    Raises `BadInput`.
    """
    return read_template(template_file(check, root))


def template_file(check: Check, root: Path) -> Path:
    """The file of a check's template."""
    name = check.template or ("script" if check.command else "starts")
    return _own_folder() / f"{name}.yaml" if name in OWN else root / name


def with_document(check: Check, root: Path) -> Check:
    """The check with the digest of its template, where it has one. Raises `BadInput`."""
    if not traits(check.kind).runs_image:
        return check
    return replace(check, document=template_of(check, root).digest)


def read_template(path: Path) -> JobTemplate:
    """Read a template. Raises `BadInput` with everything that is wrong with it."""
    document = read.read(path)
    problems = list(_problems(document))
    if problems:
        raise BadInput(problems)
    return JobTemplate(document.file, document.plain, digest_of(document.data))


def _own_folder() -> Path:
    package = Path(str(resources.files("ldmrelease")))
    # An installed package has them inside, a checkout beside it.
    inside = package / "manifests" / "checks"
    return inside if inside.is_dir() else package.parent / "manifests" / "checks"


def _problems(document: YamlDocument) -> Iterator[Problem]:
    wrong = list(_shape(document))
    yield from wrong
    if not wrong:
        yield from _verdict(document)
        yield from _job(document)
        yield from _pod(document)
        yield from _container(document)


def _shape(document: YamlDocument) -> Iterator[Problem]:
    """What has to be there before anything else can be looked at."""
    for key, wanted in (("apiVersion", "batch/v1"), ("kind", "Job")):
        found = document.plain.get(key) if isinstance(document.plain, dict) else None
        if found != wanted:
            yield document.problem(
                (key,), f"found {spelled(found)}", f"write {wanted}: a template is a Job", expected=wanted
            )
    mappings: tuple[Place, ...] = (("spec",), ("spec", "template"), _POD)
    for path in mappings:
        if not isinstance(_at(document.plain, path), dict):
            yield document.problem(path, "missing", "write a mapping", expected="a mapping")
            return
    containers = _at(document.plain, (*_POD, "containers"))
    if not isinstance(containers, list) or len(containers) != 1 or not isinstance(containers[0], dict):
        yield document.problem(
            (*_POD, "containers"),
            f"found {_counted(containers)}",
            "write one container",
            expected="one container",
        )
        return
    yield from _parts(document)


def _parts(document: YamlDocument) -> Iterator[Problem]:
    """Lists of mappings with a name each, mappings where mappings are."""
    for path in ((*_CONTAINER, "env"), (*_POD, "volumes")):
        found = _at(document.plain, path)
        named = isinstance(found, list) and all(isinstance(_at(each, ("name",)), str) for each in found)
        if found is not None and not named:
            yield document.problem(
                path, f"found {spelled(found)}", "write a list whose entries have a name", expected="a list"
            )
    mappings: tuple[Place, ...] = (
        ("metadata",),
        ("metadata", "labels"),
        ("metadata", "annotations"),
        ("spec", "template", "metadata"),
        (*_POD, "securityContext"),
        (*_CONTAINER, "securityContext"),
    )
    for path in mappings:
        found = _at(document.plain, path)
        if found is not None and not isinstance(found, dict):
            yield document.problem(path, f"found {spelled(found)}", "write a mapping", expected="a mapping")


def _verdict(document: YamlDocument) -> Iterator[Problem]:
    path: Place = ("metadata", "annotations", VERDICT)
    found = _at(document.plain, path)
    if found is not None and found not in list(OutcomeRule):
        yield document.problem(
            path,
            f"found {spelled(found)}",
            did_you_mean(str(found), list(OutcomeRule)),
            expected=one_of(OutcomeRule),
        )


def _job(document: YamlDocument) -> Iterator[Problem]:
    for key, value in document.plain["spec"].items():
        if key not in _JOB_KEYS:
            yield document.problem(
                ("spec", key), "is said by the run, not by its template", "leave it out", True
            )
        elif _JOB_KEYS[key] is not None and value != _JOB_KEYS[key]:
            yield document.problem(
                ("spec", key), "a check is run once", f"write {_JOB_KEYS[key]}", expected=str(_JOB_KEYS[key])
            )


def _pod(document: YamlDocument) -> Iterator[Problem]:
    pod = document.plain["spec"]["template"]["spec"]
    for key, why in _FORBIDDEN_POD.items():
        if pod.get(key, False) is not False:
            yield document.problem((*_POD, key), why, "leave it out")
    if pod.get("restartPolicy", "Never") != "Never":
        yield document.problem(
            (*_POD, "restartPolicy"), "a check is run once", "write Never", expected="Never"
        )
    for key in ("initContainers", "ephemeralContainers"):
        if pod.get(key):
            yield document.problem(
                (*_POD, key), "the one container is all that is judged", "leave it out", True
            )
    if _at(pod, ("securityContext", "runAsUser")) == 0:
        yield document.problem(
            (*_POD, "securityContext", "runAsUser"), "is root", "write another user's number"
        )
    for index, volume in enumerate(pod.get("volumes") or []):
        for kind in sorted(set(volume) - {"name", *_VOLUMES}):
            message = f"{kind} brings in what is the node's, a key, or another image"
            yield document.problem((*_POD, "volumes", index, kind), message, _one_of(_VOLUMES), True)


def _container(document: YamlDocument) -> Iterator[Problem]:
    container = document.plain["spec"]["template"]["spec"]["containers"][0]
    image = container.get("image")
    if not isinstance(image, str) or not image.removeprefix(SCHEME) or not image.startswith(SCHEME):
        remedy = (
            f"write {SCHEME} and a component's name, or {SCHEME}checked for the image that the check names"
        )
        yield document.problem((*_CONTAINER, "image"), f"found {spelled(image)}", remedy)
    if not isinstance(container.get("name"), str):
        yield document.problem((*_CONTAINER, "name"), "missing", "write the container's name")
    yield from _rights(document, container.get("securityContext") or {})
    for index, each in enumerate(container.get("env") or []):
        yield from _variable(document, (*_CONTAINER, "env", index), each)
    if container.get("envFrom"):
        yield document.problem(
            (*_CONTAINER, "envFrom"), "may bring in a key", "name each variable in env", True
        )


def _rights(document: YamlDocument, given: Mapping[str, Any]) -> Iterator[Problem]:
    path: Place = (*_CONTAINER, "securityContext")
    for key in ("privileged", "allowPrivilegeEscalation"):
        if given.get(key, False) is not False:
            yield document.problem((*path, key), "a check has no rights on its node", "leave it out")
    if _at(given, ("capabilities", "add")):
        yield document.problem(
            (*path, "capabilities", "add"), "a check has no capabilities", "leave it out", True
        )
    if given.get("runAsUser") == 0:
        yield document.problem((*path, "runAsUser"), "is root", "write another user's number")


def _variable(document: YamlDocument, path: Place, given: Mapping[str, Any]) -> Iterator[Problem]:
    value = given.get("value", "")
    if not isinstance(value, str):
        yield document.problem(
            (*path, "value"), f"found {spelled(value)}", "write text; put it in quotes", expected="text"
        )
    elif given["name"] == SETTLE and not (value.isascii() and value.isdecimal()):
        yield document.problem(
            (*path, "value"),
            f"found {spelled(value)}",
            'write whole seconds, as "10"',
            expected="whole seconds",
        )
    if _at(given, ("valueFrom", "secretKeyRef")):
        yield document.problem(
            (*path, "valueFrom"), "brings in a key, where tested code runs", "leave it out"
        )


def _at(value: Any, path: Place) -> Any:
    """The value at a path, None where there is none."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _counted(containers: Any) -> str:
    return f"{len(containers)} of them" if isinstance(containers, list) else spelled(containers)


def _one_of(words: tuple[str, ...]) -> str:
    return f"use one of {', '.join(words)}"
