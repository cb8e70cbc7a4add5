"""`ldmrelease gate`: gate deployments in CI. Each command is in a file of its own, which adds itself here."""

from ldmrelease.faces.cli import gate_merge, gate_sync
from ldmrelease.faces.cli.options import examples, new_app

app = new_app(
    "Gate changes of a GitOps tree, and rendered manifests, in CI: what may not enter fails the job.",
    examples=examples(
        "ldmrelease gate merge --base origin/main --head HEAD",
        "ldmrelease gate sync -f rendered.yaml --target summit/ocps",
    ),
)
gate_merge.add_to(app)
gate_sync.add_to(app)
