"""A proposal as the text of a workspace, with the reasons as comments."""

import re
from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from ldmrelease.domain.product_grammar import AnyGrammar, PatternGrammar
from ldmrelease.services.adoption.alike import CommonPlaces, common_places
from ldmrelease.services.adoption.model import (
    ProposedApplication,
    ProposedComponent,
    ProposedEnvironment,
    ProposedProduct,
    ProposedSetting,
    TreeProposal,
)
from ldmrelease.targets.yamledit.spelling import spelling

_PRODUCTS = "# What is tagged together, and where its parts are found."
_TREES = "# The tree that patterns write to."
_PATTERNS = "# What is alike in several places: {environment} and {application} stand for their names."
_CHECKS_TEXT = """\
# What policies may ask for. These are told by whoever ran them (`ldmrelease evidence sign`); make `smoke` a command of
# your own with `kind: command` and `command: [sh, checks/smoke.sh]`.
checks:
  smoke:
    kind: reported
    tests: [starts]
    deadline: 1d
  versions:
    kind: reported
    tests: [versions]
    deadline: 1d
"""
_LAST_RECEIPT = "    production: keys/receipts-production.pem\n"
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./#-]*")
_NO_TEXT = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


class TreeOfWorkspace(Struct, frozen=True):
    """The tree that settings are written to: its repository as the workspace names it, and its branch."""

    repository: str
    branch: str


def workspace_text(empty: str, proposal: TreeProposal, tree: TreeOfWorkspace) -> str:
    """The workspace's file. empty: that of a workspace without products and environments."""
    head = empty[: empty.index(_PRODUCTS)]
    own = {each.level for site in proposal.environments for each in site.applications if each.level}
    receipts = "".join(f"    {each}: keys/receipts-{each}.pem\n" for each in sorted(own))
    head = head.replace(_LAST_RECEIPT, _LAST_RECEIPT + receipts)
    products = (
        "\n".join(["products:", *product_lines(proposal.products)]) if proposal.products else "products: {}"
    )
    patterns, rest = common_places(proposal.environments)
    sites = list(environment_lines(rest, tree))
    environments = "\n".join(["environments:", *sites]) if sites else "environments: {}"
    if patterns:
        of_tree = f"{{repository: {quoted(tree.repository)}, branch: {quoted(tree.branch)}}}"
        alike = "\n".join(line for each in patterns for line in pattern_lines(each))
        environments += f"\n\n{_TREES}\ntrees:\n  tree: {of_tree}\n\n{_PATTERNS}\npatterns:\n{alike}"
    return (
        f"{head}{_PRODUCTS} Adopted from {tree.repository}, branch {tree.branch}.\n{products}\n\n"
        f"{_CHECKS_TEXT}\n# Sites in the order of promotion, the level of each, and what runs there.\n"
        f"# trust.yaml has to put them at the same level.\n{environments}\n"
    )


def product_lines(products: tuple[ProposedProduct, ...]) -> Iterator[str]:
    """The entries of products."""
    for each in products:
        parts = [(quoted(one.name), _component(one)) for one in each.components]
        if len(parts) == 1 and not isinstance(each.grammar, PatternGrammar):
            (name, text) = parts[0]
            yield f"  {quoted(each.name)}: {{grammar: {each.grammar}, components: {{{name}: {text}}}}}"
            continue
        yield f"  # {each.reason}."
        yield f"  {quoted(each.name)}:"
        yield from _grammar_lines(each.grammar)
        yield "    components:"
        yield from (f"      {name}: {text}" for name, text in parts)


def _component(component: ProposedComponent) -> str:
    spelling = f", tag: {quoted(component.spelling)}" if component.spelling else ""
    return f"{{image: {quoted(component.repository)}{spelling}}}"


def environment_lines(environments: tuple[ProposedEnvironment, ...], tree: TreeOfWorkspace) -> Iterator[str]:
    """The entries of environments that have applications."""
    filled = (each for each in environments if each.applications or each.is_used)
    for level, group in groupby(filled, key=lambda each: each.level):
        yield f"  # {level.capitalize()}."
        for each in group:
            yield f"  {quoted(each.name)}:"
            yield f"    level: {level}  # {each.reason}"
            if each.applications:
                yield "    applications:"
            for application in each.applications:
                yield from application_lines(application, tree)


def pattern_lines(places: CommonPlaces) -> Iterator[str]:
    """The entry of places that are alike."""
    application = places.application
    yield f"  - applications: [{', '.join(map(quoted, places.applications))}]"
    yield f"    environments: [{', '.join(map(quoted, places.environments))}]"
    if application.level is not None:
        yield f"    level: {application.level}"
    yield "    target:"
    yield "      gitops:"
    yield f"        file: {quoted(application.file)}"
    yield "        settings:"
    for each in application.settings:
        yield f"          - {{{_setting(each, application.file)}}}"


def application_lines(application: ProposedApplication, tree: TreeOfWorkspace) -> Iterator[str]:
    """The entry of an application."""
    runs = list(dict.fromkeys(each.component for each in application.settings))
    yield f"      {quoted(application.name)}:"
    if application.level is not None:
        yield f"        level: {application.level}"
    yield f"        runs: [{', '.join(map(quoted, runs))}]"
    yield "        target:"
    yield "          gitops:"
    yield f"            repository: {quoted(tree.repository)}"
    yield f"            branch: {quoted(tree.branch)}"
    yield f"            file: {quoted(application.file)}"
    yield "            settings:"
    for each in application.settings:
        yield f"              - {{{_setting(each, application.file)}}}"


def quoted(text: str) -> str:
    """A text as YAML reads it in a flow mapping, quoted where it would be something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT and "#" not in text[:1]:
        return text
    return spelling(text, '"')


def _grammar_lines(grammar: AnyGrammar) -> Iterator[str]:
    if not isinstance(grammar, PatternGrammar):
        yield f"    grammar: {grammar}"
        return
    yield "    grammar:"
    for kind, patterns in groupby(grammar.patterns, key=lambda each: each.kind):
        own = [quoted(each.text) for each in patterns]
        yield f"      {kind}: {own[0] if len(own) == 1 else '[' + ', '.join(own) + ']'}"


def _setting(setting: ProposedSetting, file: str) -> str:
    selector = setting.selector
    fields = [f"component: {quoted(setting.component)}"]
    texts = {each.name: [one.within(file) for one in each.addresses] for each in selector.parts}
    if selector.template is None:
        (own,) = texts.values()
        fields.append(f"path: {_one_or_more(own)}")
        fields += [f"writes: {selector.writes}"] if selector.writes != "tag" else []
    else:
        parts = ", ".join(f"{name}: {_one_or_more(own)}" for name, own in texts.items())
        fields += [f"template: {quoted(selector.template)}", f"parts: {{{parts}}}"]
    return ", ".join(fields)


def _one_or_more(texts: list[str]) -> str:
    return quoted(texts[0]) if len(texts) == 1 else f"[{', '.join(map(quoted, texts))}]"
