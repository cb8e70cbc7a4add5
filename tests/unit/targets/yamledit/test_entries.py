"""Entries of YAML mappings: put where they belong, and every other line stays."""

import pytest
import yaml

from ldmrelease.targets.results import Refusal
from ldmrelease.targets.yamledit.entries import put, spell_keys

TEXT = """\
# The head.
version: 1   # rises
policies: {}
environments:
  base: test  # why
  # below
roles:   # nobody yet
flow: {a: b}
keys:
  me:
    public: |
      AA
      BB

  # the end
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("policies", "dev"), {"version": 1, "digest": "sha256:00"}),
        (("environments", "base"), "production"),
        (("environments", "base/a.b"), "production"),
        (("roles", "ci"), {"types": ["check", "*"], "n": "12"}),
        (("flow", "c"), {"d": ["e"]}),
        (("keys", "you"), {"public": "CC\nDD\n"}),
        (("keys", "me", "person"), "Ada: <ada@lsst.org>"),
        (("new", "deep", "deeper"), "é"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_value_is_put_and_all_else_stays(path, value, newline):
    data = TEXT.replace("\n", newline).encode()
    changed = put(data, path, value, "f.yaml")
    assert isinstance(changed, bytes)
    wanted = yaml.safe_load(data)
    inner = wanted
    for key in path[:-1]:
        if not isinstance(inner.get(key), dict):
            inner[key] = {}
        inner = inner[key]
    inner[path[-1]] = value
    assert yaml.safe_load(changed) == wanted
    gone = [each for each in TEXT.splitlines() if each not in changed.decode().splitlines()]
    assert len(gone) <= 1
    assert all("#" not in each or each.partition("#")[2] in changed.decode() for each in gone)
    assert (b"\r\n" in changed) == (newline == "\r\n")
    assert b"\n" not in changed.replace(b"\r\n", b"") or newline == "\n"


def test_a_file_whose_last_line_has_no_end():
    assert put(b"a:\n  b: c", ("a", "d"), "e", "f") == b"a:\n  b: c\n  d: e\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x {b: c}\n", "anchor"),
        ("x: &x {b: c}\na: *x\n", "alias"),
        ("x: &x {b: c}\na:\n  <<: *x\n", "merge-key"),
        ("a: [b]\n", "not-a-mapping"),
        ("a: {b: c}\na: {b: c}\n", "duplicate-key"),
    ],
)
def test_what_would_change_elsewhere_too_is_refused(text, code):
    found = put(text.encode(), ("a", "d"), "e", "f.yaml")
    assert isinstance(found, Refusal)
    assert (found.code, found.values["file"]) == (code, "f.yaml")


def test_keys_are_spelled_as_paths_are_read():
    assert spell_keys(("a", "b.c", "d/e", 'f"g')) == 'a."b.c".d/e."f\\"g"'
