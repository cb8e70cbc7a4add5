"""Trees that Flux deploys, and plain manifests."""

from ldmrelease.trees.files import MemoryTree
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.layouts import flux, plain
from ldmrelease.trees.registry import layout_of
from tests.unit.trees.tree_samples import KUSTOMIZE, memory_tree


def deployment(name: str, path: str, more: str = "") -> str:
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}}}
spec:
  path: ./{path}
  sourceRef: {{kind: GitRepository, name: flux-system}}
{more}"""


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: "${APP}"}
spec:
  chartRef: {kind: OCIRepository, name: app}
  values:
    env: [{name: &name A}, {name: &name B, value: *name}]
    controllers:
      main:
        containers:
          app:
            image: {repository: example.org/plex, tag: "1.43@sha256:%s"}
          helper:
            image: {repository: "example.org/${APP}-helper", tag: 2.0.1}
""" % ("c" * 64)

FILES = {
    "clusters/prod/apps.yaml": deployment("shop", "shop/overlays/prod"),
    "clusters/prod/media.yaml": deployment("media", "media"),
    "clusters/dev/apps.yaml": deployment("shop", "shop/overlays/dev"),
    "media/plex/ks.yaml": deployment("plex", "media/plex/app", "  postBuild: {substitute: {APP: plex}}\n"),
    "media/plex/kustomization.yaml": "resources: [ks.yaml]\n",
    "media/plex/app/kustomization.yaml": "resources: [release.yaml]\n",
    "media/plex/app/release.yaml": RELEASE,
} | {path: text for path, text in KUSTOMIZE.items() if path.startswith("shop/")}


def read(tree: MemoryTree, environment: str) -> dict[str | None, TreeImage]:
    return {each.image: each for each in flux.read(tree, [environment]) if isinstance(each, TreeImage)}


def test_each_cluster_is_an_environment() -> None:
    tree = memory_tree(FILES)
    assert layout_of(tree) == "flux"
    assert flux.environments(tree) == ["dev", "prod"]
    assert "example.org/api:1.0" in read(tree, "dev")
    assert "example.org/api:2.0" in read(tree, "prod")


def test_the_values_of_a_release_say_its_images_wherever_it_is_brought_in() -> None:
    found = read(memory_tree(FILES), "prod")
    image = found[f"example.org/plex:1.43@sha256:{'c' * 64}"]
    assert (image.application, [each.line for each in image.parts]) == ("plex", [12, 12])
    assert "example.org/plex-helper:2.0.1" in found
    assert not [each for each in read(memory_tree(FILES), "dev") if each and "plex" in each]


def test_a_tree_without_clusters_is_one() -> None:
    files = {f"kubernetes/{path}": text for path, text in FILES.items() if path.startswith("media")}
    files["kubernetes/media/plex/ks.yaml"] = deployment("plex", "kubernetes/media/plex/app")
    tree = memory_tree(files)
    assert flux.environments(tree) == ["cluster"]
    assert f"example.org/plex:1.43@sha256:{'c' * 64}" in read(tree, "cluster")


def test_one_bad_file_is_named_and_the_others_are_read() -> None:
    tree = memory_tree(FILES | {"shop/base/deployment.yaml": "kind: ["})
    found = list(flux.read(tree, ["prod"]))
    assert [each.where for each in found if isinstance(each, NotUnderstood)] == ["shop/base/deployment.yaml"]
    assert [each for each in found if isinstance(each, TreeImage) and "plex" in str(each.image)]


def test_plain_manifests_are_what_is_applied() -> None:
    files = {
        f"prod/{path.replace('/', '-')}": text for path, text in KUSTOMIZE.items() if "deployment" in path
    }
    tree = memory_tree(
        files | {"README.md": "x", "top.yaml": KUSTOMIZE["tools/cron.yaml"], "bad.yaml": "a: ["}
    )
    assert layout_of(tree) == "plain"
    assert plain.environments(tree) == ["default", "prod"]
    found = list(plain.read(tree, ["default", "prod"]))
    images = {
        (each.environment, each.application, each.kind, each.name, each.container, each.image)
        for each in found
        if isinstance(each, TreeImage)
    }
    assert ("prod", "shop-base-deployment", "Deployment", "api", "main", "example.org/api:1.0") in images
    assert ("default", "top", "Deployment", "cron", "main", "example.org/cron:7") in images
    assert [each.where for each in found if isinstance(each, NotUnderstood)] == ["bad.yaml"]
