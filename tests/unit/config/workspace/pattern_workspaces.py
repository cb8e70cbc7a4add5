"""Workspaces with patterns, and the trees that they read, made on the spot."""

from datetime import UTC, datetime
from pathlib import Path

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.patterns.asked import AskedTree
from ldmrelease.services.inventory.tree_refresh import Refresh, refresh, write
from ldmrelease.trees.files import Folder, Tree

HEAD = """\
apiVersion: ldmrelease/v1alpha1
kind: Workspace
ledger: ledger.db
releases: oci:releases
"""
TREE = {
    "environments/values.yaml": "applications: {portal: false, mobu: false, tap: true}\n",
    "environments/values-base.yaml": "applications: {portal: true, mobu: true}\ncycle: c0044\n",
    "environments/values-summit.yaml": "applications: {portal: true, tap: false}\n",
    "applications/portal/values-base.yaml": "image: {repository: ghcr.io/a/portal, tag: 1.0.0}\n",
    "applications/portal/values-summit.yaml": "image: {repository: ghcr.io/a/portal, tag: 1.0.1}\n",
    "applications/mobu/values-base.yaml": "front: {image: {repository: ghcr.io/a/front, tag: 2.0.0}}\n",
}
PATTERNS = f"""\
{HEAD}
trees:
  gitops: {{repository: "https://git.example/gitops"}}
products:
  web:
    grammar: semver
    components:
      "{{component}}":
        from-tree: {{path: "applications/*/values-*.yaml#{{image}}.repository", value: "ghcr.io/a/{{component}}"}}
        image: ghcr.io/a/{{component}}
environments:
  base: {{level: development}}
  summit: {{level: commissioning}}
patterns:
  - where:
      - environments/values-{{environment}}.yaml#applications.{{application}}
      - environments/values.yaml#applications.{{application}}
    target:
      gitops:
        file: applications/{{application}}/values-{{environment}}.yaml
        settings:
          - from-tree:
              path: applications/{{application}}/values-{{environment}}.yaml#{{image}}.repository
              value: ghcr.io/a/{{component}}
            component: web/{{component}}
            path: "{{image}}.tag"
"""


def workspace(folder: Path, text: str, tree: dict[str, str] | None = None) -> Path:
    """The file of a workspace, with policies; what it asks of its tree is recorded."""
    file = init_workspace(folder / "workspace", "rubin", datetime(2023, 4, 1, tzinfo=UTC)).file
    file.write_text(text)
    (file.parent / "ledger.db").touch()
    record(file, made_tree(folder / "tree", TREE if tree is None else tree))
    return file


def made_tree(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def asked(file: Path, tree: Path) -> Refresh:
    """What the patterns of a workspace read from a folder."""

    def opened(_asked: AskedTree) -> tuple[Tree, str]:
        return Folder(tree), "0" * 40

    found = refresh(file, opened)
    assert isinstance(found, Refresh)
    return found


def record(file: Path, tree: Path) -> None:
    """Record what the patterns of a workspace read from a folder."""
    write(asked(file, tree))
