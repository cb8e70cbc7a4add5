"""The text of a workspace says what was found, whatever characters names have."""

import pytest
import yaml

from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, environment_lines, quoted
from tests.unit.services.adoption.test_proposal import DEPLOYMENT, proposed

NAMES = [
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "\ufeffa",
    "a\ufeff",
    "a\x1b[2Jb",
    "a\nb",
    "a\tb",
    'a"b\\',
    "ä€\U0001f600",
    "a: b #",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_it_was_found(name: str) -> None:
    assert yaml.safe_load(f"[{quoted(name)}]") == [name]
    assert quoted(name).isprintable()


@pytest.mark.parametrize("name", ["a\x85b", "a\u2028b", "a\ufeffb"])
def test_a_folder_with_such_a_name_is_one_file_of_the_tree(name: str) -> None:
    found = proposed({f"dev/{name}/deployment.yaml": DEPLOYMENT})
    text = "\n".join(environment_lines(found.environments, TreeOfWorkspace("r", "main")))
    (site,) = yaml.safe_load(text).values()
    files = [each["target"]["gitops"]["file"] for each in site["applications"].values()]
    assert files == [f"dev/{name}/deployment.yaml"]
