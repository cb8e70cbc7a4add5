"""A small tree in Phalanx's shape: two environments, a control system with cycles, and charts that share a chart."""

from pathlib import Path

from ldmrelease.trees.files import MemoryTree

FILES = {
    "environments/Chart.yaml": "apiVersion: v2\nname: environments\nversion: 1.0.0\n",
    "environments/values.yaml": "applications:\n  auxtel: false\n  lab: true\n  gone: false\ncontrolSystem: {}\n",
    "environments/values-base.yaml": 'name: base\napplications:\n  auxtel: true\ncontrolSystem:\n  imageTag: "c0044"\n',
    "environments/values-summit.yaml": "name: summit\napplications:\n  auxtel: true\n  lab: false\ncontrolSystem:\n"
    '  imageTag: "c0042"\n',
    "environments/templates/auxtel.yaml": """\
{{- if .Values.applications.auxtel }}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: auxtel}
spec:
  destination: {namespace: auxtel}
  source:
    path: applications/auxtel
    helm:
      parameters:
        - name: "global.controlSystem.imageTag"
          value: {{ .Values.controlSystem.imageTag | quote }}
      valueFiles: ["values.yaml", "values-{{ .Values.name }}.yaml"]
{{- end }}
""",
    "environments/templates/lab.yaml": """\
{{- if .Values.applications.lab }}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: lab}
spec:
  destination: {namespace: lab}
  source:
    path: applications/lab
    helm:
      valueFiles: ["values.yaml", "values-{{ .Values.name }}.yaml"]
{{- end }}
""",
    "charts/csc/Chart.yaml": "apiVersion: v2\nname: csc\nversion: 1.0.0\n",
    "charts/csc/values.yaml": "enabled: false\nimage:\n  repository: example.org/test\n  revision:\n",
    "charts/csc/templates/job.yaml": """\
apiVersion: batch/v1
kind: Job
metadata: {name: {{ .Chart.Name }}}
spec:
  template:
    spec:
      initContainers:
        - {name: init, image: "example.org/init:1"}
      containers:
        - name: csc
          {{- $tag := .Values.global.controlSystem.imageTag }}
          {{- if kindIs "float64" .Values.image.revision }}
          image: {{ printf "%s:%s.%03d" .Values.image.repository $tag (int .Values.image.revision) }}
          {{- else }}
          image: {{ printf "%s:%s" .Values.image.repository $tag }}
          {{- end }}
""",
    "applications/auxtel/Chart.yaml": """\
apiVersion: v2
name: auxtel
version: 1.0.0
dependencies:
  - {name: csc, alias: ataos, version: 1.0.0, repository: "file://../../charts/csc"}
  - {name: csc, alias: atdome, version: 1.0.0, repository: "file://../../charts/csc", condition: atdome.enabled}
  - {name: csc, alias: atmcs, version: 1.0.0, repository: "file://../../charts/csc", condition: atmcs.enabled}
  - {name: redis, version: ">=1.0.0", repository: "https://charts.example.org"}
""",
    "applications/auxtel/values.yaml": "ataos: {}\natdome: {}\n",
    "applications/auxtel/values-base.yaml": "ataos:\n  image: {repository: example.org/ataos}\n",
    "applications/auxtel/values-summit.yaml": """\
ataos:
  image:
    repository: example.org/ataos
    revision: 4
atdome:
  enabled: true
  image:
    repository: example.org/atdome
    revision: 0
redis:
  image: {repository: example.org/redis, tag: "7.4"}
""",
    "applications/lab/Chart.yaml": 'apiVersion: v2\nname: lab\nversion: 1.0.0\nappVersion: "9.1.0"\n',
    "applications/lab/values.yaml": """\
controller:
  image: {repository: example.org/lab, tag: ""}
proxy:
  image: {repository: example.org/proxy, tag: "1.38"}
helper:
  enabled: false
  image: {repository: example.org/helper, tag: "2.0"}
initImage: example.org/init:3
""",
    "applications/lab/values-base.yaml": "proxy:\n  image:\n    tag: 1.40\n",
    "applications/lab/templates/pod.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: lab}
spec:
  template:
    spec:
      initContainers:
        - {name: init, image: {{ .Values.initImage | quote }}}
      containers:
        - name: controller
          {{- with .Values.controller.image }}
          image: "{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}"
          {{- end }}
        - name: proxy
          image: "{{ .Values.proxy.image.repository }}:{{ .Values.proxy.image.tag }}"
""",
    "applications/gone/Chart.yaml": "apiVersion: v2\nname: gone\nversion: 1.0.0\n",
    "applications/gone/values.yaml": "image: {repository: example.org/gone, tag: v1}\n",
}


def phalanx_tree() -> MemoryTree:
    """The tree."""
    return MemoryTree({path: text.encode() for path, text in FILES.items()})


def with_file(path: str, text: str | None) -> MemoryTree:
    """The tree with one file changed, or without it."""
    files = {name: each for name, each in (FILES | {path: text}).items() if each is not None}
    return MemoryTree({name: each.encode() for name, each in files.items()})


def write_tree(folder: Path) -> Path:
    """The tree in Phalanx's shape as a folder; gives the folder."""
    return write_files(folder, FILES)


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Files below a folder; gives the folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def memory_tree(files: dict[str, str]) -> MemoryTree:
    """A tree of these files."""
    return MemoryTree({path: text.encode() for path, text in files.items()})


_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  template:
    spec:
      containers:
        - {name: main, image: "example.org/%s:%s"}
"""

KUSTOMIZE = {
    "shop/base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "shop/base/deployment.yaml": _DEPLOYMENT % ("api", "api", "1.0")
    + "        - {name: side, image: 'example.org/side:1.0'}\n        - {name: box, image: busybox}\n",
    "shop/overlays/dev/kustomization.yaml": "resources: [../../base]\n",
    "shop/overlays/prod/kustomization.yaml": f"""\
resources: [../../base]
images:
  - {{name: example.org/api, newTag: "2.0"}}
  - {{name: example.org/side, newName: mirror.example.org/side, digest: "sha256:{"b" * 64}"}}
namePrefix: prod-
""",
    "blog/base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "blog/base/deployment.yaml": _DEPLOYMENT % ("blog", "blog", "3.0"),
    "blog/prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
    "blog/prod/patch.yaml": _DEPLOYMENT % ("blog", "blog", "3.1"),
    "tools/kustomization.yaml": "resources: [cron.yaml]\n",
    "tools/cron.yaml": _DEPLOYMENT % ("cron", "cron", "7"),
}
"""A tree of kustomizations: overlays beside a base, an environment that patches it, and one that stands alone."""
