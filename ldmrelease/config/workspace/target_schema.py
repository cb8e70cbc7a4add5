"""The shape of what says in the workspace file how a place is written: settings, menus, workloads."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ldmrelease.config.workspace.pattern_schema import Repeated
from ldmrelease.config.yaml.fields import UNIQUE, Address, Name, Registered, Strict, Text, exactly_one, said
from ldmrelease.domain.tags import RELEASE_KINDS

TagKind = Annotated[str, Registered(lambda: RELEASE_KINDS)]

_ONE_OR_MORE = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True},
    ]
}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[
    list[Text], Field(min_length=1), UNIQUE, BeforeValidator(_as_list), WithJsonSchema(_ONE_OR_MORE)
]
"""A text, or several in a list."""


class SettingEntry(Repeated):
    """What says which image of a component is wanted: one scalar at path, or several that a template puts together."""

    component: Text = Field(description="A component that runs here.")
    path: OneOrMore | None = Field(
        None,
        description="Where it stands in the file, such as controller.image.tag; in another file FILE#PATH. Of several "
        "it is written at the first, and read at the first that is there, such as the chart's values.",
    )
    template: Text | None = Field(
        None,
        description="How parts are put together to the tag, such as {cycle}[.{revision:03d}]; what is in [ ] may be "
        "missing.",
    )
    parts: Annotated[dict[Text, OneOrMore], Field(min_length=1)] | None = Field(
        None,
        description="Where each part of the template stands: a path, or several, as for path. They are the parts of "
        "tags in the product's grammar, or tag and digest.",
    )
    writes: Literal["tag", "digest", "tag@digest", "image"] = Field(
        "tag", description="What the setting at path holds; with a digest, an image is pulled by that."
    )
    repository: Text | None = Field(
        None,
        description="Where the image's repository stands in the file, where that is not `repository` (and `registry`) "
        "beside the setting.",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.template is None) != (self.parts is None):
            said("a template and its parts go together")
        if (self.path is None) == (self.template is None):
            said("a setting has a path, or a template with parts")
        if self.template is not None and self.writes != "tag":
            said("a template says by its parts what is written: leave writes out")
        if self.writes == "image" and self.repository is not None:
            said("a whole image has its repository in itself: leave repository out")
        return self

    @property
    def written(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Each address that is written, with its place in the entry."""
        parts = (self.parts or {}).items()
        own = [(("path", 0), self.path[0])] if self.path is not None else []
        return [*own, *((("parts", name, 0), each[0]) for name, each in parts)]

    @property
    def addresses(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Each address that is read or written, with its place in the entry."""
        lists = [
            (("path",), self.path or []),
            *((("parts", name), each) for name, each in (self.parts or {}).items()),
        ]
        found: list[tuple[tuple[str | int, ...], str]] = [
            ((*place, index), each) for place, own in lists for index, each in enumerate(own)
        ]
        return [*found, *([(("repository",), self.repository)] if self.repository is not None else [])]


class GitOpsEntry(Strict):
    """Settings of one file of a GitOps tree."""

    repository: Address = Field(description="A git repository: a folder or a URL.")
    branch: Text = Field("main", description="The branch that is deployed.")
    file: Text = Field(description="The values file, from the root of the repository.")
    settings: Annotated[list[SettingEntry], Field(min_length=1)] = Field(description="What is written.")


class ConfigMapEntry(Strict):
    """A ConfigMap of the environment's cluster."""

    namespace: Name = Field(description="Its namespace.")
    name: Name = Field(description="Its name.")
    key: Text = Field(description="The key whose YAML text has the menu, such as config.yaml.")


class MenuEntry(Strict):
    """The menu of a notebook service: a mapping of a values file, or of a ConfigMap."""

    repository: Address | None = Field(None, description="A git repository: a folder or a URL.")
    branch: Text = Field("main", description="The branch that is deployed.")
    file: Text | None = Field(None, description="The values file, from the root of the repository.")
    config_map: ConfigMapEntry | None = Field(
        None, description="A ConfigMap in place of repository, branch and file."
    )
    path: Text = Field(description="The menu's mapping, such as controller.config.images.")
    component: Text = Field(description="The component whose images are on the menu.")
    keep: dict[TagKind, Annotated[int, Field(ge=0)]] = Field(
        {"release": 1, "weekly": 2, "daily": 3},
        description="How many images of a kind stay on the menu.",
    )
    aliases: dict[Name, Text] = Field(
        default_factory=dict, description="Names that move by promotion, with the menu's key that holds them."
    )
    defaults: Text | None = Field(
        None,
        description="The chart's own menu, which holds where a key is absent: FILE#PATH, such as "
        "applications/nublado/values.yaml#controller.config.images. Without it every key has to be there.",
    )

    @model_validator(mode="after")
    def _file_or_config_map(self) -> Self:
        if (self.config_map is None) != (self.repository is not None and self.file is not None):
            said("a menu has repository and file, or a config-map in place of both")
        if self.config_map is not None and self.defaults is not None:
            said("a menu in a config-map has no defaults beside it: write every key there")
        return self


class KubernetesEntry(Strict):
    """Image fields of the application's workloads, written by server-side apply."""

    take_over: Annotated[list[Text], UNIQUE] = Field(
        default_factory=list, description="Field managers whose image fields may be taken over."
    )
    manifests: Text | None = Field(
        None,
        description="A folder of whole manifests with component://NAME images, applied in place of fields.",
    )


class TargetEntry(Strict):
    """How it is written. Exactly one of gitops, menu and kubernetes."""

    gitops: GitOpsEntry | None = Field(None, description="Settings of a values file.")
    menu: MenuEntry | None = Field(None, description="A notebook service's menu.")
    kubernetes: KubernetesEntry | None = Field(None, description="Workloads of the environment's cluster.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        exactly_one(self, "gitops", "menu", "kubernetes")
        return self
