"""A tag that several products' grammar reads: it is the one's that is there, or that has it; else a question."""

import json
import shlex
from pathlib import Path

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.shop import NEW, OLD, build, new_shop
from tests.workspace import Site

_PRODUCTS = """products:
  api:
    grammar: semver
    components:
      api: {image: oci:images/api}
  worker:
    grammar: semver
    components:
      worker: {image: oci:images/worker}
checks:
"""


@pytest.fixture(scope="module")
def two_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = new_shop(tmp_path_factory.mktemp("two") / "workspace")

    def split(text: str) -> str:
        head, rest = text[: text.index("products:\n")], text[text.index("checks:\n") + len("checks:\n") :]
        head = head[: head.rindex("# What is tagged together")] + _PRODUCTS + rest
        both = head.replace("shop/api", "api/api").replace("shop/worker", "worker/worker")
        # Production has the one alone.
        there = both.index("  prod:\n")
        only = both[there:].replace("runs: [api/api, worker/worker]", "runs: [api/api]", 1)
        lines = [each for each in only.splitlines(keepends=True) if "component: worker/worker" not in each]
        return both[:there] + "".join(lines)

    site.edit(split)
    site.ok("trust", "agree", "--yes")
    return site


@pytest.fixture
def two(two_once: Site, tmp_path: Path) -> Site:
    """Two products of one grammar; both run everywhere but in production, which has `api` alone."""
    return two_once.copy(tmp_path / "workspace")


def test_where_several_have_the_tag_they_are_named_with_the_command_to_copy(two: Site) -> None:
    asked = ("promote", NEW, "--target", "dev", "--dry-run")
    done = two.run(*asked)
    assert (done.exit_code, done.stdout) == (ExitCode.BAD_INPUT, "")
    assert f"'{NEW}' may be a tag of 2 products; it is pinned or built of api and worker" in done.stderr
    commands = done.stderr.split("say which: ")[1].strip().strip("`").split("` or `")
    there = ["-C", str(two.root)]
    for product, command in zip(("api", "worker"), commands, strict=True):
        words = shlex.split(command)
        # As it was typed, with the product in front of the tag.
        assert words[:3] == ["ldmrelease", *there]
        assert words[3:] == ["promote", f"{product}/{NEW}", *asked[2:]]
        assert two.run(*words[3:]).exit_code == 0


def test_the_only_one_at_the_target_is_meant(two: Site) -> None:
    done = two.run("check", NEW, "--target", "prod", "-o", "json")
    assert json.loads(done.stdout)["decisions"][0]["release"] == f"api/{NEW}"
    assert f"{NEW} is api/{NEW} (the only product there that has such tags)" in done.stderr


def test_the_only_one_that_has_the_tag_is_meant(two: Site) -> None:
    build(two.root, "worker", "1.7.0")
    done = two.run("release", "pin", "1.7.0")
    assert done.exit_code == 0
    assert "1.7.0 is worker/1.7.0 (no other has it)" in done.stderr
    assert "pinned (revision 1): worker/1.7.0" in done.stdout
    again = two.run("release", "show", "1.7.0")
    assert again.exit_code == 0


def test_what_none_has_names_those_that_may(two: Site) -> None:
    done = two.run("check", "9.9.9", "--target", "dev")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "'9.9.9' may be a tag of 2 products; it is pinned or built of nothing" in done.stderr
    assert f"ldmrelease -C {two.root} check api/9.9.9 --target dev" in done.stderr


def test_who_cannot_be_asked_may_have_it_too(two: Site) -> None:
    """What is not certain is not understood."""
    (two.root / "images" / "worker" / "index.json").write_text("not json")
    done = two.run("check", OLD, "--target", "dev")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "worker could not be asked" in done.stderr
    assert f"check api/{OLD} --target dev" in done.stderr
