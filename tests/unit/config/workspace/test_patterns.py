"""Patterns of the workspace's file: what they make, what they leave out, and how their faults are told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.load import read_parts
from ldmrelease.config.workspace.patterns.documents import workspace_document
from ldmrelease.config.workspace.patterns.expand import expanded
from ldmrelease.config.workspace.patterns.facts import (
    FILE,
    RecordedTree,
    recorded_trees,
    trees_file,
    trees_text,
)
from ldmrelease.config.workspace.patterns.show import expanded_text
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import parse
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Topology
from tests.unit.config.workspace.pattern_workspaces import (
    HEAD,
    PATTERNS,
    TREE,
    asked,
    made_tree,
    record,
    workspace,
)


def topology(file: Path) -> Topology:
    return build_topology(workspace_document(file)[0])


def places(file: Path) -> dict[str, list[str]]:
    """The settings of each place."""
    return {
        str(each.place): [setting.path for setting in each.target.settings]
        for each in topology(file).applications
    }


def told(file: Path) -> list[Problem]:
    """What is wrong with the workspace's own file, but that nobody has agreed to it, and that it has no keys."""
    read = read_parts(file)
    return [
        each
        for each in BadInput(read.told(read.problems)).problems
        if each.file.endswith("ldmrelease.yaml") and "trust.yaml" not in each.message
    ]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return workspace(tmp_path, PATTERNS)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_places_are_made_where_the_tree_says_that_they_are_on(made: Path) -> None:
    assert places(made) == {
        "base/mobu": ["front.image.tag"],
        "base/portal": ["image.tag"],
        "summit/portal": ["image.tag"],
    }
    assert told(made) == []


def test_what_is_made_has_the_repository_of_the_tree_and_runs_what_it_writes(made: Path) -> None:
    found = {str(each.place): each for each in topology(made).applications}["base/mobu"]
    assert found.target.location == GitFile(
        "https://git.example/gitops", "main", "applications/mobu/values-base.yaml"
    )
    assert (found.runs, found.level) == (("web/front",), "development")


def test_products_have_the_components_that_the_tree_names(made: Path) -> None:
    [product] = topology(made).products
    assert {each.name: each.source for each in product.components} == {
        "front": "ghcr.io/a/front",
        "portal": "ghcr.io/a/portal",
    }


@pytest.mark.parametrize(
    ("exception", "left"),
    [
        ("[base/mobu]", ["base/portal", "summit/portal"]),
        ('["*/portal"]', ["base/mobu"]),
        ("[{environment: base}]", ["summit/portal"]),
        ("[{environment: base, application: portal}]", ["base/mobu", "summit/portal"]),
    ],
)
def test_exceptions_are_left_out(made: Path, exception: str, left: list[str]) -> None:
    edit(made, "patterns:\n  - where:", f"patterns:\n  - except: {exception}\n    where:")
    assert list(places(made)) == left


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("applications: [portal]", ["base/portal", "summit/portal"]),
        ("applications: ['po*']", ["base/portal", "summit/portal"]),
        ("environments: [summit]", ["summit/portal"]),
        ("environments: ['b*']", ["base/mobu", "base/portal"]),
    ],
)
def test_environments_and_applications_are_chosen_by_name(made: Path, choice: str, left: list[str]) -> None:
    edit(made, "patterns:\n  - where:", f"patterns:\n  - {choice}\n    where:")
    assert sorted(places(made)) == left


def test_a_list_is_written_once_for_all_of_its_names(tmp_path: Path) -> None:
    text = f"""{HEAD}
products:
  "{{name}}":
    for: {{name: [a, b], site: [x, y]}}
    grammar: semver
    components:
      "{{name}}-{{part}}": {{for: {{part: [one, two]}}, image: "a.b/{{name}}/{{part}}", tag: "v-{{name}}-{{git}}"}}
"""
    found = topology(workspace(tmp_path, text)).products
    assert {
        each.name: [(part.name, part.source, part.spelling) for part in each.components] for each in found
    } == {
        name: [(f"{name}-{part}", f"a.b/{name}/{part}", f"v-{name}-{{git}}") for part in ("one", "two")]
        for name in ("a", "b")
    }


def test_the_expanded_file_loads_to_the_same_workspace(made: Path, tmp_path: Path) -> None:
    plain = tmp_path / "workspace" / "expanded.yaml"
    plain.write_text(expanded_text(made))
    trees_file(made).unlink()
    assert "patterns" not in plain.read_text()
    before = topology(plain)
    record(made, tmp_path / "tree")
    assert before == topology(made)


NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True), min_size=1, max_size=4, unique=True)


@given(environments=NAMES, applications=NAMES, off=st.data())
def test_expansion_keeps_what_it_is_given_and_makes_each_place_once(
    environments: list[str], applications: list[str], off: st.DataObject
) -> None:
    pairs = [(environment, application) for environment in environments for application in applications]
    on = {pair: off.draw(st.booleans()) for pair in pairs}
    except_ = off.draw(st.sets(st.sampled_from(pairs)))
    files = {
        f"values-{environment}.yaml": {
            f"on.{application}": str(on[environment, application]).lower() for application in applications
        }
        for environment in environments
    }
    asked_text = "values-*.yaml#on.* = *"
    recorded = {"tree": RecordedTree("r", "main", "c", frozenset([asked_text]), files)}
    exceptions = f"    except: [{', '.join('/'.join(pair) for pair in sorted(except_))}]\n" if except_ else ""
    text = f"""{HEAD}
trees: {{tree: {{repository: r}}}}
products: {{p: {{grammar: semver, components: {{c: {{image: ghcr.io/a/b}}}}}}}}
environments: {{{", ".join(f'"{each}": {{level: l}}' for each in environments)}}}
patterns:
  - where: values-{{environment}}.yaml#on.{{application}}
{exceptions}    target:
      gitops: {{file: "{{application}}/{{environment}}", settings: [{{component: p/c, path: "{{application}}.tag"}}]}}
"""
    found = expanded(parse(text.encode(), "w"), recorded)
    assert found.problems == ()
    built = build_topology(validate(WorkspaceFile, found.document))
    wanted = {pair for pair in pairs if on[pair] and pair not in except_}
    assert {(each.place.environment, each.place.application) for each in built.applications} == wanted
    assert len(built.applications) == len(wanted)
    again = expanded(found.document, {})
    assert again.document.plain == found.document.plain


def test_a_document_without_patterns_is_as_it_was() -> None:
    document = parse(f"{HEAD}environments: {{}}\n".encode(), "w")
    assert expanded(document, {}).document.plain == document.plain


def test_a_component_that_one_product_alone_has_needs_no_product_in_front_of_it(made: Path) -> None:
    before = topology(made)
    edit(made, "component: web/{component}", 'component: "{component}"')
    assert topology(made) == before


def test_a_component_of_two_products_needs_its_product(made: Path) -> None:
    edit(made, "component: web/{component}", 'component: "{component}"')
    assert told(made) == []
    other = "  other: {grammar: semver, components: {portal: {image: ghcr.io/b/portal}}}\n"
    edit(made, "\nenvironments:\n", f"\n{other}environments:\n")
    assert any("'portal' is not PRODUCT/COMPONENT" in each.message for each in told(made))


def test_environments_that_are_alike_are_written_once(made: Path) -> None:
    alike = '  "{site}": {for: {site: [base, summit]}, level: development}\n'
    edit(made, "  base: {level: development}\n  summit: {level: commissioning}\n", alike)
    assert {str(each.place): each.level for each in topology(made).applications} == {
        "base/mobu": "development",
        "base/portal": "development",
        "summit/portal": "development",
    }


# Faults: each is one finding, at the line of the pattern.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("component: web/{component}", "component: web/{components}", "no variable 'components'"),
        ('path: "{image}.tag"', 'paths: "{image}.tag"', "unknown key"),
        ('path: "{image}.tag"', 'path: "{image}..tag"', "is not a path of a setting"),
        ("component: web/{component}", "component: webb/{component}", "no product 'webb'"),
        ("  - where:", "  - wher:", "unknown key"),
        ("  - where:", "  - environments: [sumit]\n    where:", "no environment 'sumit'"),
        ("  - where:", "  - applications: [portall]\n    where:", "the tree has no application 'portall'"),
        ("  - where:", "  - except: [{site: base}]\n    where:", "no variable 'site'"),
        ("  - where:", "  - except: [base]\n    where:", 'found "base"'),
        ("  - where:", "  - tree: gitop\n    where:", "no tree 'gitop'"),
        ("    target:\n      gitops:\n", "    target:\n      gitopss:\n", "unknown key"),
        ("image: ghcr.io/a/{component}", "image: ghcr.io/A/{component}", "ghcr.io/A"),
        ("gitops: {repository", "gitops: {repositry", "unknown key"),
    ],
)
def test_one_wrong_line_is_one_finding(made: Path, old: str, new: str, message: str) -> None:
    edit(made, old, new)
    first = new.partition("\n")[0]
    wrong = next(n for n, line in enumerate(made.read_text().splitlines(), 1) if first in line)
    found = told(made)
    assert len(found) == 1, found
    assert message in found[0].message
    assert abs((found[0].line or 0) - wrong) <= new.count("\n"), found


def test_a_finding_says_what_the_pattern_was_made_for(made: Path) -> None:
    edit(made, "component: web/{component}", "component: webb/{component}")
    [found] = told(made)
    assert (
        found.message == "no product 'webb' (made for base/portal and 2 more)"
        or "and 2 more" in found.message
    )
    assert found.remedy == "did you mean web?"


def test_two_patterns_for_one_place_are_told_with_both_lines(made: Path) -> None:
    again = made.read_text().split("patterns:\n")[1]
    made.write_text(f"{made.read_text()}{again}")
    lines = [number for number, line in enumerate(made.read_text().splitlines(), 1) if line == "  - where:"]
    [found] = told(made)
    assert found.line == lines[1]
    assert f"and 2 more, which line {lines[0]} does too" in found.message
    assert found.remedy is not None
    assert "except:" in found.remedy


def test_a_pattern_does_not_replace_a_place_that_is_written_out(made: Path) -> None:
    own = """  summit:
    level: commissioning
    applications:
      portal:
        runs: [web/portal]
        target: {gitops: {repository: "https://a.b/g", file: f, settings: [{component: portal, path: a.b}]}}
"""
    edit(made, "  summit: {level: commissioning}\n", own)
    line = made.read_text().splitlines().index("      portal:") + 1
    [found] = told(made)
    assert f"makes summit/portal, which line {line} does too" in found.message


def test_without_what_the_tree_says_nothing_is_guessed(made: Path) -> None:
    trees_file(made).unlink()
    [found] = told(made)
    assert (found.field, found.message) == ("trees.gitops", f"nothing is recorded of it in {FILE}")
    assert "workspace refresh" in (found.remedy or "")


def test_a_question_that_was_not_asked_yet_is_told_at_its_line(made: Path) -> None:
    edit(made, "values.yaml#applications.{application}", "defaults.yaml#applications.{application}")
    [found] = told(made)
    assert "environments/defaults.yaml#applications.* = * is not recorded" in found.message


def test_patterns_are_for_patterns_and_products_alone(made: Path) -> None:
    made.write_text(f"""{HEAD}
products: {{p: {{grammar: semver, components: {{c: {{image: ghcr.io/a/b}}}}}}}}
environments:
  base:
    level: development
    applications:
      a:
        runs: [p/c]
        target:
          gitops: {{repository: r, file: f, settings: [{{component: c, path: a.b, for: {{x: [y]}}}}]}}
""")
    [found] = told(made)
    assert "stands for one entry here" in found.message


def test_lint_tells_all_faults_of_patterns_at_once(made: Path) -> None:
    edit(made, "component: web/{component}", "component: web/{components}")
    edit(made, "image: ghcr.io/a/{component}", "image: ghcr.io/a/{componet}")
    messages = [each.message for each in lint(made) if each.file.endswith("ldmrelease.yaml")]
    assert "no variable 'components'" in messages
    assert "no variable 'componet'" in messages


# What is recorded of trees.


def test_what_is_recorded_is_what_was_asked_and_nothing_else(made: Path, tmp_path: Path) -> None:
    found = recorded_trees(trees_file(made))["gitops"]
    assert set(found.files) == {each for each in TREE if "values" in each}
    assert found.files["environments/values-base.yaml"] == {
        "applications.mobu": "true",
        "applications.portal": "true",
    }
    assert found.files["applications/mobu/values-base.yaml"] == {"front.image.repository": "ghcr.io/a/front"}


def test_a_tree_that_has_changed_differs_and_a_new_tag_does_not(made: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    made_tree(
        tree,
        {
            "applications/mobu/values-base.yaml": TREE["applications/mobu/values-base.yaml"].replace(
                "2.0", "3.0"
            )
        },
    )
    assert not asked(made, tree).differs
    made_tree(tree, {"environments/values-base.yaml": "applications: {portal: false, mobu: true}\n"})
    changed = asked(made, tree)
    assert changed.differs
    assert "-        applications.portal: 'true'\n+        applications.portal: 'false'" in changed.difference


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(made: Path, tmp_path: Path) -> None:
    made_tree(tmp_path / "tree", {"applications/mobu/values-base.yaml": "a: [\n"})
    found = asked(made, tmp_path / "tree")
    assert [each.file for each in found.unread] == ["applications/mobu/values-base.yaml"]
    assert "applications/portal/values-base.yaml" in found.after


def test_what_is_recorded_is_read_as_it_was_written(tmp_path: Path) -> None:
    tree = RecordedTree(
        "r", "main", "c", frozenset(["a#*", "a#* = *"]), {"a": {"b": "true", 'c."d.e"[0]': None, "f": "010"}}
    )
    file = tmp_path / FILE
    file.write_text(trees_text({"t": tree}))
    assert recorded_trees(file) == {"t": tree}


_DIGITS = (
    "{" + ", ".join(f"n{each}: [{', '.join(f'd{digit}' for digit in range(10))}]" for each in range(10)) + "}"
)


@pytest.mark.parametrize(
    "text",
    [
        f'products:\n  web:\n    grammar: semver\n    components:\n      "c{{n0}}":\n        for: {_DIGITS}\n'
        '        except: [{n0: "*"}]\n        image: a\n',
        f"environments: {{base: {{level: development}}}}\npatterns:\n  - applications: [web]\n    for: {_DIGITS}\n"
        '    except: [{n0: "*"}]\n    target: {gitops: {file: a}}\n',
        "trees: {gitops: {repository: r}}\nenvironments: {base: {level: development}}\npatterns:\n"
        '  - applications: [web]\n    from-tree: ["a#{x}.t", "a#{y}.t", "a#{z}.t"]\n'
        '    except: [{x: "*"}]\n    target: {gitops: {file: a}}\n',
    ],
)
def test_choices_are_weighed_before_they_are_made_or_excepted(text: str) -> None:
    many = {f"k{number}.t": None for number in range(1_000)}
    tree = RecordedTree("r", "main", "0" * 40, frozenset(["a#*.t"]), {"a": many})
    with pytest.raises(BadInput, match="more than 200000 values") as told:
        expanded(parse(f"{HEAD}{text}".encode(), "w.yaml"), {"gitops": tree})
    (found,) = told.value.problems
    assert found.line is not None
    assert found.line > HEAD.count("\n")
