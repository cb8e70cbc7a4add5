"""Whole manifests of workloads, whose images are named by component: `image: component://scipipe`.

In whole-manifest mode they are applied with the images of a release; `resolve_manifest` writes those into the
text, for whoever applies it otherwise.
"""

import copy
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from ldmrelease.cluster.objects.workloads import POD_SPEC_AT, VOLUME, Workload
from ldmrelease.domain.release import Release
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.domain.workload_selection import WorkloadKind, Workloads
from ldmrelease.targets.results import Refusal, RefusedError, joined
from ldmrelease.targets.yamledit.splice import Splice, apply

SCHEME = "component://"
_SCALED = (WorkloadKind.DEPLOYMENT, WorkloadKind.STATEFUL_SET)
_LISTS = ("containers", "initContainers")


class Document(Struct, frozen=True):
    """One manifest of a folder; `lines` says where each scalar that names a component stands first."""

    file: str
    line: int
    content: dict[str, Any]
    lines: dict[str, int]

    @property
    def key(self) -> str:
        """What it is a manifest of, such as `Deployment/prompt`."""
        return f"{self.content.get('kind')}/{self._metadata.get('name')}"

    @property
    def namespace(self) -> str | None:
        """The namespace that it names, if any."""
        return self._metadata.get("namespace")

    @property
    def _metadata(self) -> dict[str, Any]:
        metadata = self.content.get("metadata")
        return metadata if isinstance(metadata, dict) else {}


def resolve_manifest(text: str, release: Release, registry: str | None, file: str = "") -> str | Refusal:
    """The text with every `component://NAME` in place of a scalar as that component's image by digest.

    Everything else stays: comments, quotes, other documents. registry: where the site keeps its images, None
    for where they were built. Refused, with every one of them: `unknown-component`; also `not-yaml`.
    """
    images = {each.name: each for each in release.images}
    splices, refusals = [], []
    try:
        for token in _components(text, file):
            name = token.value.removeprefix(SCHEME)
            if name not in images:
                values = {"found": name, "known": sorted(images), "release": release.name}
                line = token.start_mark.line + 1
                refusals.append(Refusal("unknown-component", {"file": file, "line": line, **values}))
                continue
            image = f"{site_repository(images[name].source, registry)}@{images[name].digest}"
            splices.append(Splice(token.start_mark.index, token.end_mark.index, _quoted(token, image)))
    except RefusedError as refused:
        return refused.refusal
    if refusals:
        return joined(refusals)
    return apply(text, splices)


def load(workspace: Path, folder: str) -> tuple[Document, ...]:
    """Every manifest of a folder of the workspace. Raises `Refused`: `no-manifests`, `not-yaml`."""
    directory = workspace / folder
    files = sorted(each for each in directory.rglob("*") if each.suffix in (".yaml", ".yml"))
    documents: list[Document] = []
    for path in files:
        name = f"{folder.rstrip('/')}/{path.relative_to(directory)}"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RefusedError("not-yaml", file=name, found=str(error)) from None
        documents += read(text, name)
    if not documents:
        raise RefusedError("no-manifests", file=folder)
    return tuple(documents)


def read(text: str, file: str) -> Iterator[Document]:
    """The manifests of one file; empty documents are passed over. Raises `Refused` (`not-yaml`)."""
    lines: dict[str, int] = {}
    for token in _components(text, file):
        lines.setdefault(token.value, token.start_mark.line + 1)
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            line = node.start_mark.line + 1
            content = loader.construct_document(node)
            if isinstance(content, dict):
                yield Document(file, line, content, lines)
            elif content is not None:
                raise RefusedError("not-yaml", file=file, line=line, found="no mapping")
    except yaml.YAMLError as error:
        raise _unreadable(error, file) from None
    finally:
        loader.dispose()


def problems(documents: Sequence[Document], workloads: Iterable[Workload], asked: Workloads) -> list[Refusal]:
    """Why the manifests cannot be applied to what is selected; `workloads` is what was found of it.

    `other-namespace`, `not-selected`, `two-manifests`, `no-manifest`, `unknown-component` (no container of
    that name is mapped to that component), `no-component-image` (a mapped container whose image names none).
    """
    found = {each.key: each for each in workloads}
    refusals: list[Refusal] = []
    seen: set[str] = set()
    for each in documents:
        where: dict[str, Any] = {"file": each.file, "line": each.line}
        if each.namespace not in (None, asked.namespace):
            values = {"found": each.namespace, "expected": asked.namespace}
            refusals.append(Refusal("other-namespace", where | values))
        if each.key not in found:
            # That a selected workload is not there yet is said already.
            if each.key not in map(str, asked.selections):
                known = {"found": each.key, "known": sorted(found)}
                refusals.append(Refusal("not-selected", where | known))
            continue
        if each.key in seen:
            refusals.append(Refusal("two-manifests", where | {"found": each.key}))
        seen.add(each.key)
        refusals += _container_problems(each, found[each.key])
    refusals += [Refusal("no-manifest", {"found": key}) for key in sorted(set(found) - seen)]
    return refusals


def body(
    documents: Sequence[Document], workload: Workload, images: Mapping[str, str], annotations: dict[str, str]
) -> dict[str, Any]:
    """What an apply of a workload's whole manifest says: with these images, this state of the object, and
    without the number of replicas, which is an autoscaler's."""
    document = next(each for each in documents if each.key == workload.key)
    content = of_this_state(copy.deepcopy(document.content), workload, annotations)
    content.pop("status", None)
    if workload.kind in _SCALED:
        content["spec"].pop("replicas", None)
    for name, holder, key in _images(workload.kind, content):
        if name in images and str(holder[key]).startswith(SCHEME):
            holder[key] = images[name]
    return content


def put_images(kind: WorkloadKind, content: dict[str, Any], images: Mapping[str, str]) -> None:
    """Let the containers of a manifest that are named have these images."""
    for name, holder, key in _images(kind, content):
        if name in images:
            holder[key] = images[name]


def of_this_state(content: dict[str, Any], workload: Workload, annotations: dict[str, str]) -> dict[str, Any]:
    """What an apply says, about this object in the state that was read."""
    metadata = content.setdefault("metadata", {})
    metadata |= {
        "name": workload.name,
        "namespace": workload.namespace,
        "uid": workload.uid,
        "resourceVersion": workload.version,
        "annotations": (metadata.get("annotations") or {}) | annotations,
    }
    return {key: workload.manifest[key] for key in ("apiVersion", "kind")} | content


def _container_problems(document: Document, workload: Workload) -> Iterator[Refusal]:
    mapped = dict(workload.components)
    for name, holder, key in _images(workload.kind, document.content):
        image = str(holder.get(key, ""))
        component = image.removeprefix(SCHEME) if image.startswith(SCHEME) else None
        wanted = mapped.pop(name, None)
        if component == wanted:
            continue
        where = {"file": document.file, "line": document.lines.get(image, document.line), "container": name}
        if component is None:
            yield Refusal("no-component-image", where | {"found": image, "expected": f"{SCHEME}{wanted}"})
        else:
            known = sorted(set(workload.components.values()))
            yield Refusal("unknown-component", where | {"found": component, "known": known})
    for name, wanted in mapped.items():
        where = {"file": document.file, "line": document.line, "container": name}
        yield Refusal("no-component-image", where | {"found": "", "expected": f"{SCHEME}{wanted}"})


def _images(kind: WorkloadKind, content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each container's name (`volume/NAME` for an image volume), and what holds its image under which key."""
    spec: Any = content
    for step in POD_SPEC_AT[kind]:
        spec = spec.get(step) if isinstance(spec, dict) else None
    for name in _LISTS:
        for each in _items(spec, name):
            yield str(each.get("name")), each, "image"
    for each in _items(spec, "volumes"):
        if isinstance(each.get("image"), dict):
            yield f"{VOLUME}{each.get('name')}", each["image"], "reference"


def _items(spec: Any, name: str) -> list[dict[str, Any]]:
    """The mappings of a list; what has another shape is for the API server to refuse."""
    found = spec.get(name) if isinstance(spec, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _components(text: str, file: str) -> Iterator[Any]:
    """The tokens of the scalars that name a component."""
    try:
        deque(yaml.parse(text, Loader=yaml.CSafeLoader), maxlen=0)  # tokens alone need make no document
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.ScalarToken) and token.value.startswith(SCHEME):
                yield token
    except yaml.YAMLError as error:
        raise _unreadable(error, file) from None


def _unreadable(error: yaml.YAMLError, file: str) -> RefusedError:
    mark = getattr(error, "problem_mark", None)
    found = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return RefusedError("not-yaml", file=file, line=mark.line + 1 if mark else None, found=found)


def _quoted(token: Any, image: str) -> str:
    quote = token.style if token.style in ("'", '"') else ""
    return f"{quote}{image}{quote}"
