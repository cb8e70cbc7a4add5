"""What a Docker engine is told for the run of a template: the part of a pod that a container alone can have. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ldmrelease.checks.job.templates import RUN, ImageRun, fill, pod_spec
from ldmrelease.domain.errors import LdmreleaseError

# Kubernetes' own rule: $(NAME) is replaced where NAME is known, $$ is a dollar sign.
_REFERENCE = re.compile(r"\$(?:\$|\(([A-Za-z_.-][A-Za-z0-9_.-]*)\))")
_QUANTITY = re.compile(r"([0-9]+)(Ki|Mi|Gi|Ti|k|M|G|T)?")
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_MEMORY = 2**30
_PROCESSES = 1024


class Unsuitable(LdmreleaseError):
    """A template that needs a cluster."""


class Settings(Struct, frozen=True):
    """`options` are those of `docker run` in the docker package's names, but for the image; `own_user` is true
    where the image's own user is used, which must not be root then."""

    name: str
    options: dict[str, Any]
    own_user: bool


def container_name(run: str) -> str:
    """The name of a run's container, so that a second one collides."""
    return f"ldmrelease-{run}"


def settings(run: ImageRun) -> Settings:
    """What to run. Raises `Unsuitable` for a template with parts that only a cluster has."""
    pod = pod_spec(fill(run))
    container = pod["containers"][0]
    context = {**pod["securityContext"], **container["securityContext"]}
    known = _environment(container["env"])
    user = _user(context)
    options: dict[str, Any] = {
        "environment": known,
        "tmpfs": _folders(pod.get("volumes", []), container.get("volumeMounts", [])),
        "network_mode": "none",
        "read_only": context["readOnlyRootFilesystem"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": _PROCESSES,
        "mem_limit": _bytes(container.get("resources", {}).get("limits", {}).get("memory"), _MEMORY),
        "labels": {**run.labels, RUN: run.run},
    }
    given = {
        "entrypoint": [expanded(each, known) for each in container.get("command", [])],
        "command": [expanded(each, known) for each in container.get("args", [])],
        "working_dir": container.get("workingDir"),
        "user": user,
    }
    options |= {key: value for key, value in given.items() if value}
    return Settings(container_name(run.run), options, user is None and context["runAsNonRoot"])


def expanded(text: str, known: Mapping[str, str]) -> str:
    """The text with `$(NAME)` replaced, as Kubernetes does in commands and variables."""

    def value(match: re.Match[str]) -> str:
        return known.get(match[1], match[0]) if match[1] else "$"

    return _REFERENCE.sub(value, text)


def _environment(entries: list[Mapping[str, Any]]) -> dict[str, str]:
    known: dict[str, str] = {}
    for each in entries:
        if "valueFrom" in each:
            raise Unsuitable(f"the variable {each['name']} comes from a cluster: use a check of kind job")
        known[each["name"]] = expanded(each.get("value", ""), known)
    return known


def _user(context: Mapping[str, Any]) -> str | None:
    user, group = context.get("runAsUser"), context.get("runAsGroup")
    if user is None:
        return None
    return str(user) if group is None else f"{user}:{group}"


def _folders(volumes: list[Mapping[str, Any]], mounts: list[Mapping[str, Any]]) -> dict[str, str]:
    """The empty folders, by path, with the options of their file systems in memory."""
    empty = {each["name"]: each["emptyDir"] or {} for each in volumes if "emptyDir" in each}
    folders = {}
    for mount in mounts:
        if mount["name"] not in empty:
            raise Unsuitable(f"the volume {mount['name']} comes from a cluster: use a check of kind job")
        size = _bytes(empty[mount["name"]].get("sizeLimit"), _MEMORY)
        folders[mount["mountPath"]] = f"rw,exec,nosuid,nodev,mode=1777,size={size}"
    return folders


def _bytes(quantity: Any, usual: int) -> int:
    """A Kubernetes quantity of memory in bytes."""
    if quantity is None:
        return usual
    match = _QUANTITY.fullmatch(str(quantity))
    if match is None:
        raise Unsuitable(f"{quantity} is not a whole number of bytes, Ki, Mi or Gi")
    return int(match[1]) * _UNITS.get(match[2], 1)
