"""The shape of what says in the workspace file where Argo CD is."""

from pydantic import Field

from ldmrelease.config.yaml.fields import Name, Strict, Text


class ArgoCdEntry(Strict):
    """Where the Applications of an environment are, if not in the namespace argocd of its own cluster."""

    namespace: Name = Field("argocd", description="The namespace that Argo CD runs in.")
    context: Text | None = Field(
        None, description="The context of the cluster that it runs in, where that is not the environment's."
    )
    kubeconfig: Text | None = Field(None, description="A kubeconfig file for that context.")
