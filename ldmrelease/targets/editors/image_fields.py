"""The image fields of workloads: what they say, what a release wants there, and what an apply of them says.

Pure; `cluster` does the work. A field is named `Deployment/prompt/main`: kind, name, container.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ldmrelease.cluster.objects.custom import Located, PointerStep, locate, pointer
from ldmrelease.cluster.objects.owners import Owner, image_field, owners
from ldmrelease.cluster.objects.workloads import POD_SPEC_AT, VOLUME, Workload
from ldmrelease.domain import canonical
from ldmrelease.domain.release import Release
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.targets.guarded import GuardedObject
from ldmrelease.targets.image_setting import ImageSetting, NamedRepository, named_by_reference
from ldmrelease.targets.results import Refusal, Snapshot, Value, Values

PROMOTION = "ldmrelease.dev/promotion"
RELEASE = "ldmrelease.dev/release"


def field_name(workload: Workload, container: str) -> str:
    """How a container's image field is named."""
    return f"{workload.key}/{container}"


def values_of(workload: Workload) -> dict[str, str]:
    """The images that the fields of its mapped containers say."""
    images = workload.images
    return {field_name(workload, each): images[each] for each in workload.components if each in images}


def snapshot_of(workloads: Iterable[Workload]) -> Snapshot:
    """What all of them say. The revision names these workloads with these images, and nothing else of them:
    an autoscaler does not change it."""
    values: dict[str, Value] = {}
    components: dict[str, str] = {}
    uids: dict[str, str] = {}
    for each in workloads:
        uids[each.key] = each.uid
        values |= values_of(each)
        components |= {field_name(each, name): component for name, component in each.components.items()}
    revision = canonical.digest_of({"uids": uids, "images": dict(values)})
    return Snapshot(revision, "", values, {}, components)


def paths(_target: KubernetesTarget) -> tuple[str, ...]:
    """None: the workloads are asked which fields they have."""
    return ()


def optional(_target: KubernetesTarget) -> tuple[str, ...]:
    """None may be absent."""
    return ()


def shared(_target: KubernetesTarget) -> tuple[str, ...]:
    """None."""
    return ()


def beside(_target: KubernetesTarget) -> tuple[str, ...]:
    """Nothing is read along."""
    return ()


def desired(target: KubernetesTarget, release: Release, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What the fields say when the release is there: the images of its components, by digest.

    Fields of components that it does not have are left out. Refused: `no-component` (it has none of them).
    """
    images = {each.name: each for each in release.images}
    wanted: dict[str, Value] = {}
    for path in snapshot.values:
        component = images.get(snapshot.components.get(path, ""))
        if component is not None:
            wanted[path] = f"{site_repository(component.source, target.registry)}@{component.digest}"
    if not wanted:
        names = sorted(target.workloads.components)
        return Refusal("no-component", {"file": str(target), "found": names, "release": release.name})
    return wanted


def aliased(
    target: KubernetesTarget, alias: str, _release: Release, _snapshot: Snapshot
) -> dict[str, Value] | Refusal:
    """Refused: `no-alias`. No name stands for anything there."""
    return Refusal("no-alias", {"file": str(target), "alias": alias, "found": []})


def retired(target: KubernetesTarget, release: Release, _snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """Refused: `not-a-menu`. Something has to run there."""
    return Refusal("not-a-menu", {"file": str(target), "tag": release.tag})


def restricted_cycle(_target: KubernetesTarget, _snapshot: Snapshot) -> None:
    """Everything that is set is there."""


def aliases(_target: KubernetesTarget) -> dict[str, str]:
    """None."""
    return {}


def stated(target: KubernetesTarget, snapshot: Snapshot) -> tuple[ImageSetting, ...]:
    """What each field says as read; lines are 0, since there is no file."""
    return tuple(
        setting_of(str(target), component, path, snapshot.values[path])
        for path, component in snapshot.components.items()
        if path in snapshot.values
    )


def others(workload: Workload, edits: Values) -> tuple[tuple[str, Owner], ...]:
    """The fields that would change, each with everybody who owns it."""
    found: list[tuple[str, Owner]] = []
    for each in workload.containers:
        name = field_name(workload, each.name)
        if each.name in workload.components and edits.get(name, each.image) != each.image:
            field = image_field(workload, each)
            found += [(name, owner) for owner in owners(workload.manifest, field)]
    return tuple(found)


def images_to_apply(workload: Workload, edits: Values, manager: str) -> dict[str, str]:
    """The image of every container that is mapped, or that `manager` has written before.

    A field that an apply leaves out is taken away where its manager owned it alone: so all are always said.
    """
    images = {}
    for each in workload.containers:
        own = any(
            owner.manager == manager for owner in owners(workload.manifest, image_field(workload, each))
        )
        wanted = edits.get(field_name(workload, each.name), each.image)
        if (own or each.name in workload.components) and wanted:
            images[each.name] = str(wanted)
    return images


def wanted_images(workload: Workload, edits: Values) -> dict[str, str]:
    """The images that these edits give to its mapped containers."""
    named = {each: field_name(workload, each) for each in workload.components}
    return {container: str(edits[name]) for container, name in named.items() if name in edits}


def body(
    workload: Workload, path: str, images: Mapping[str, str], annotations: dict[str, str]
) -> dict[str, Any]:
    """What an apply of these images and annotations says, of this workload in this state."""
    lists: dict[str, Any] = {}
    for each in workload.containers:
        if each.name in images:
            lists.setdefault(each.field, []).append(_item(each.field, each.name, images[each.name]))
    nested = lists
    for step in reversed(POD_SPEC_AT[workload.kind]):
        nested = {step: nested}
    return GuardedObject(path, workload.manifest).body(annotations) | nested


def operations(workload: Workload, edits: Values, annotations: dict[str, str]) -> list[dict[str, Any]]:
    """The JSON Patch that writes the images and annotations of a custom resource in this state: its lists have no
    keys, and to apply a part of one would take the rest away."""
    metadata = workload.manifest["metadata"]
    found = [
        _operation("test", ("metadata", "uid"), workload.uid),
        _operation("test", ("metadata", "resourceVersion"), workload.version),
    ]
    if "annotations" not in metadata:
        found.append(_operation("add", ("metadata", "annotations"), {}))
    found += [_operation("add", ("metadata", "annotations", key), each) for key, each in annotations.items()]
    for located, wanted in _custom_images(workload, edits).items():
        found += [
            _operation("test", located.steps, located.text),
            _operation("replace", located.steps, wanted),
        ]
    return found


def _custom_images(workload: Workload, edits: Values) -> dict[Located, Value]:
    """What is to stand in a custom resource, each place once: several containers may run the image of one."""
    assert workload.custom is not None
    found: dict[Located, Value] = {}
    for container, path in workload.custom.images.items():
        located, name = locate(workload.manifest, path), field_name(workload, container)
        if located is not None and name in edits:
            found[located] = edits[name]
    return found


def _operation(kind: str, steps: Iterable[PointerStep], value: Any) -> dict[str, Any]:
    return {"op": kind, "path": pointer(steps), "value": value}


def _item(field: str, name: str, image: str) -> dict[str, Any]:
    if field == "volumes":
        return {"name": name.removeprefix(VOLUME), "image": {"reference": image}}
    return {"name": name, "image": image}


def setting_of(file: str, component: str, path: str, value: Value) -> ImageSetting:
    """What a field says; `file` is the name of its place in a cluster."""
    named = named_by_reference(value if isinstance(value, str) else "")
    repository = NamedRepository(named.repository, file, path, 0) if named.repository is not None else None
    return ImageSetting(
        component, path, 0, named.tag, named.digest, invalid=named.invalid, repository=repository
    )
