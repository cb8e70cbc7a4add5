"""Argo CD's applications, as rendered manifests say them, and what each one's chart asks for."""

import posixpath
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ldmrelease.trees.charts import Charts
from ldmrelease.trees.rendering.helm import Helm
from ldmrelease.trees.rendering.rendered_containers import RenderedImage, without_sentinels
from ldmrelease.trees.rendering.sentinels import Sentinels
from ldmrelease.trees.values import (
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    child,
    mapping_at,
    read_mapping,
    text_at,
)


class ArgoApplication(Struct, frozen=True):
    """Where an application comes from and what is passed to it (argo-cd.readthedocs.io, "Helm").

    folder: of its chart in the tree. files: values files, from that folder. values: those given in the manifest,
    above the files. parameters: by path, above all else.
    """

    name: str
    namespace: str
    folder: str
    files: tuple[str, ...]
    values: YamlMapping
    parameters: Mapping[str, str]


def applications(documents: list[YamlValue]) -> Iterator[ArgoApplication]:
    """Those of rendered manifests that have their chart in a tree."""
    for each in documents:
        source = child(each, "spec", "source")
        folder = text_at(source, "path")
        if text_at(each, "kind") == "Application" and folder is not None:
            yield _application(each, source, folder)


def rendered_images(
    helm: Helm, charts: Charts, sentinels: Sentinels, application: ArgoApplication
) -> Iterator[RenderedImage]:
    """The containers of an application. Raises `NotRendered` and `UnreadableFile`."""
    values = _all_values(charts, sentinels, application)
    found = helm.containers(
        application.name, application.folder, application.namespace, values, application.parameters
    )
    yield from without_sentinels(found, sentinels)


def inputs_of(helm: Helm, charts: Charts, sentinels: Sentinels, application: ArgoApplication) -> str:
    """A digest of all that goes into an application's containers. Raises `NotRendered` and `UnreadableFile`."""
    values = _all_values(charts, sentinels, application)
    return helm.inputs(
        application.name, application.folder, application.namespace, values, application.parameters
    )


def _all_values(charts: Charts, sentinels: Sentinels, application: ArgoApplication) -> YamlValue:
    files = [posixpath.normpath(posixpath.join(application.folder, each)) for each in application.files]
    layers = [charts.values(each) for each in files]
    return sentinels.values(charts.instances(application.folder, [*layers, application.values]))


def _application(manifest: YamlValue, source: YamlValue | None, folder: str) -> ArgoApplication:
    helm = child(source, "helm")
    name = text_at(manifest, "metadata", "name") or ""
    listed = (text_at(each, "name") for each in _items(helm, "parameters"))
    given = (text_at(each, "value") for each in _items(helm, "parameters"))
    return ArgoApplication(
        text_at(helm, "releaseName") or name,
        text_at(manifest, "spec", "destination", "namespace") or "default",
        posixpath.normpath(folder),
        tuple(each.printed() or "" for each in _items(helm, "valueFiles") if isinstance(each, YamlScalar)),
        _values(helm, name),
        {path: value or "" for path, value in zip(listed, given, strict=True) if path},
    )


def _values(helm: YamlValue | None, name: str) -> YamlMapping:
    """`valuesObject`, or the text of `values` where that is not there."""
    inline = text_at(helm, "values")
    if child(helm, "valuesObject") is None and inline:
        return read_mapping(inline.encode(), f"the values of application {name}")
    return mapping_at(helm, "valuesObject")


def _items(value: YamlValue | None, name: str) -> tuple[YamlValue, ...]:
    found = child(value, name)
    return found.items if isinstance(found, YamlSequence) else ()
