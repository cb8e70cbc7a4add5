"""Of what Helm prints, only documents that may have a container are read."""

from ldmrelease.trees.rendering.helm import with_images
from ldmrelease.trees.values import read_documents, text_at

RENDERED = b"""\
---
# Source: a/templates/config.yaml
kind: ConfigMap
data:
  page: |
    ---
    an indented line of a text ends no document
---
# Source: a/templates/job.yaml
kind: Job
image: one
--- # a comment behind the marker
kind: CronJob
image: two
"""


def test_documents_without_images_are_left_out_and_others_stay_whole() -> None:
    kept = read_documents(with_images(RENDERED), "a")
    assert [(text_at(each, "kind"), text_at(each, "image")) for each in kept] == [
        ("Job", "one"),
        ("CronJob", "two"),
    ]


def test_nothing_is_left_of_what_has_no_image() -> None:
    assert read_documents(with_images(b"---\nkind: ConfigMap\n"), "a") == []
