"""VEX: what a supplier says of vulnerabilities in a product (OpenVEX 0.2.0)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain.predicates.interface import Predicate, StatementType, read_time
from ldmrelease.domain.statement_facts import VexFact, VexStatus

MOST_STATEMENTS = 10_000


class _Vulnerability(Struct):
    name: str | None = None
    id: str | None = field(name="@id", default=None)
    aliases: list[str] = field(default_factory=list)


class _Component(Struct):
    id: str | None = field(name="@id", default=None)
    identifiers: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


class _Product(_Component):
    subcomponents: list[_Component] = field(default_factory=list)


class _Statement(Struct):
    vulnerability: _Vulnerability
    status: VexStatus
    products: list[_Product] = field(default_factory=list)
    justification: str | None = None
    timestamp: str | None = None
    last_updated: str | None = None


class _Document(Struct):
    statements: list[_Statement]
    timestamp: str | None = None


def read_vex(predicate: Predicate) -> tuple[VexFact, ...] | str:
    """What a document says, or the code of why it cannot be said: `bad-vex`, `too-many-findings`."""
    try:
        document = msgspec.convert(predicate, _Document)
        if len(document.statements) > MOST_STATEMENTS:
            return "too-many-findings"
        return tuple(_fact(each, document.timestamp) for each in document.statements)
    except (msgspec.ValidationError, ValueError):
        return "bad-vex"


def _fact(said: _Statement, timestamp: str | None) -> VexFact:
    its = said.vulnerability
    names = tuple(dict.fromkeys(each for each in (its.name, its.id, *its.aliases) if each))
    if not names:
        raise ValueError("a vulnerability without a name")
    time = said.last_updated or said.timestamp or timestamp
    packages = (name for each in said.products for one in each.subcomponents for name in _names(one))
    return VexFact(
        names=names,
        status=said.status,
        products=tuple(dict.fromkeys(name for each in said.products for name in _names(each))),
        packages=tuple(dict.fromkeys(packages)),
        justification=said.justification,
        time=None if time is None else read_time(time),
    )


def _names(component: _Component) -> Iterator[str]:
    if component.id:
        yield component.id
    yield from component.identifiers.values()
    if "sha-256" in component.hashes:
        yield f"sha256:{component.hashes['sha-256']}"


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    vex = read_vex(predicate)
    return {"code": vex} if isinstance(vex, str) else {"vex": vex}


TYPE = StatementType(
    name="vex",
    # As cosign names it, and as vexctl does.
    uris=("https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0"),
    times=(("last_updated",), ("timestamp",)),
    facts=_facts,
)
