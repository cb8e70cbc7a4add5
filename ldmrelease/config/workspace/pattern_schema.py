"""The shape of what makes an entry of a workspace's file a pattern."""

from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from ldmrelease.config.workspace.tree_questions import question
from ldmrelease.config.workspace.variables import NAME
from ldmrelease.config.yaml.fields import Name, Strict, Text, expected, said

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}
_PLACE = r"^[^/]+/[^/]+$"


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _address(text: str) -> str:
    try:
        question(text)
    except ValueError:
        expected("write FILE#PATH, such as environments/values-{environment}.yaml#applications.{application}")
    return text


def _variable(text: Any) -> Any:
    if not (isinstance(text, str) and NAME.fullmatch(text)):
        expected("write a variable's name: lower-case letters, digits and underscore")
    return text


Variable = Annotated[
    str, BeforeValidator(_variable), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})
]
SomeText = Annotated[
    list[Text],
    Field(min_length=1),
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [_TEXT, _TEXTS]}),
]
AddressText = Annotated[Text, BeforeValidator(lambda text: _address(text) if isinstance(text, str) else text)]
Addresses = Annotated[
    list[AddressText],
    Field(min_length=1),
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [_TEXT, _TEXTS]}),
]


class FromTreeEntry(Strict):
    """A question to the tree: for each scalar that answers, the entry is made once."""

    path: Addresses = Field(
        description="FILE#PATH with variables; of several, the first one that has an answer."
    )
    value: Text | None = Field(
        None, description="What the scalar says, with variables, such as ghcr.io/lsst/{component}."
    )


def _questions(value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    return [{"path": each} if isinstance(each, str) else each for each in listed]


class _OneOrMany:
    """Marks a list that may be written as its one item, and an item that may be written as text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_questions, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        listed = handler(schema)
        either = {"anyOf": [listed["items"], _TEXT]}
        return {"anyOf": [{**listed, "items": either}, *either["anyOf"]]}


Questions = Annotated[list[FromTreeEntry], Field(min_length=1), _OneOrMany()]


def _exception(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    environment, found, application = value.partition("/")
    if not (environment and found and application):
        expected("write ENVIRONMENT/APPLICATION, or a mapping of variables such as {environment: base}")
    return {"environment": environment, "application": application}


Exceptions = Annotated[
    list[
        Annotated[
            dict[Variable, Text],
            Field(min_length=1),
            BeforeValidator(_exception),
            WithJsonSchema(
                {
                    "anyOf": [
                        {"type": "string", "pattern": _PLACE},
                        {"type": "object", "minProperties": 1, "additionalProperties": _TEXT},
                    ]
                }
            ),
        ]
    ],
    Field(min_length=1),
    BeforeValidator(_as_list),
]


class Repeated(Strict):
    """What makes an entry a pattern: it stands for as many entries as it says."""

    for_: Annotated[dict[Variable, SomeText], Field(min_length=1)] | None = Field(
        None, description="Pattern: variables, each with the texts that it stands for."
    )
    from_tree: Questions | None = Field(
        None,
        description="Pattern: what is asked of the tree, one after the other: FILE#PATH with variables, or a mapping "
        "with path and value.",
    )
    where: Addresses | None = Field(
        None,
        description="Pattern: made only where the tree says true; of several, where the first one there does.",
    )
    except_: Exceptions | None = Field(
        None,
        description="Pattern: what is not made: ENVIRONMENT/APPLICATION, or a mapping of variables; * in either stands "
        "for anything.",
    )
    tree: Name | None = Field(
        None, description="Pattern: which of the trees is asked, where there are several."
    )

    @model_validator(mode="after")
    def _only_in_patterns(self) -> Self:
        own = self.model_fields_set & Repeated.model_fields.keys()
        if own and type(self) is not Repeated:
            said(
                "stands for one entry here: patterns are items of `patterns`, products, components and environments"
            )
        return self


class PlacesHead(Repeated):
    """What makes places of a pattern."""

    environments: SomeText = Field(
        default_factory=lambda: ["*"],
        description="Environments of this file; * in a name stands for anything.",
    )
    applications: SomeText = Field(
        default_factory=lambda: ["*"],
        description="Names of applications; * in a name stands for anything, among those that the tree has.",
    )

    @model_validator(mode="after")
    def _only_in_patterns(self) -> Self:
        return self


class PatternTree(Strict):
    """A tree that patterns read and write."""

    repository: Text = Field(description="A git repository: a folder or a URL.")
    branch: Text = Field("main", description="The branch that is deployed.")


HEAD = frozenset({"for", "from-tree", "where", "except", "tree"})
"""The keys that make an entry a pattern."""
PLACES_HEAD = HEAD | {"environments", "applications"}
