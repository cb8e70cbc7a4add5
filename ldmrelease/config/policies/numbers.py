"""Numbers and names that single rules take: decimals are text, since a float is not what was written."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from ldmrelease.config.yaml.fields import expected
from ldmrelease.domain.predicates.document import is_document_kind
from ldmrelease.domain.predicates.metric import is_decimal


def _decimal(found: object) -> str:
    # A whole number is one whether it is in quotes or not.
    text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(text, str) or not is_decimal(text):
        expected('write a decimal number in quotes, such as "0.05"')
    return text


def _tolerance(found: object) -> str:
    text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    number = text.removesuffix("%") if isinstance(text, str) else ""
    if not isinstance(text, str) or not is_decimal(number) or number.startswith("-"):
        expected('write a number or a percentage in quotes, such as "0.1" or "5%"')
    return text


def _kind(text: str) -> str:
    if not is_document_kind(text):
        expected("write a kind of document: small letters, digits and dashes, like release-notes")
    return text


Decimal = Annotated[
    str, BeforeValidator(_decimal), WithJsonSchema({"type": "string", "examples": ["0.05", "-12", "1e-3"]})
]
Tolerance = Annotated[
    str, BeforeValidator(_tolerance), WithJsonSchema({"type": "string", "examples": ["0.1", "5%"]})
]
DocumentKind = Annotated[
    str,
    AfterValidator(_kind),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$", "examples": ["release-notes"]}),
]
