"""From a rendered image back to the scalars that decide it."""

import yaml

from ldmrelease.trees.charts import Charts
from ldmrelease.trees.rendering.sentinels import Sentinels, as_yaml
from ldmrelease.trees.values import YamlScalar, read_mapping
from tests.unit.trees.tree_samples import phalanx_tree


def marked(text: str) -> tuple[Sentinels, dict[str, dict[str, str]]]:
    sentinels = Sentinels()
    values = sentinels.marked(read_mapping(text.encode(), "values.yaml"))
    return sentinels, yaml.safe_load(as_yaml(values))


def test_an_image_is_read_back_with_its_parts() -> None:
    sentinels, values = marked("image:\n  repository: example.org/lab\n  tag: v1\n")
    image = values["image"]
    read = sentinels.read(f"{image['repository']}:{image['tag']}")
    assert read.text == "example.org/lab:v1"
    assert [each.line for each in read.parts] == [2, 3]


def test_a_version_stays_a_version_so_that_charts_may_compare() -> None:
    _, values = marked("image: {repository: a/b, tag: v1.2.3}\n")
    assert values["image"]["tag"].startswith("v77")
    assert values["image"]["tag"].endswith(".0.0")


def test_numbers_keep_their_value_and_are_found_beside_the_other_parts() -> None:
    sentinels, values = marked(
        "a:\n  image: {repository: x/y, revision: 4}\nb:\n  image: {repository: x/z, revision: 4}\n"
    )
    assert values["a"]["image"]["revision"] == 4  # type: ignore[comparison-overlap]
    read = sentinels.read(f"{values['b']['image']['repository']}:c0044.004")  # type: ignore[index]
    assert read.text == "x/z:c0044.004"
    assert [each.path for each in read.parts] == [("b", "image", "repository"), ("b", "image", "revision")]


def test_what_is_no_part_of_an_image_stays() -> None:
    text = "image: {pullPolicy: Always, repository: a/b}\nimagePullSecrets: [{name: pull}]\nname: lab\nenabled: true\n"
    _, values = marked(text)
    assert (values["name"], values["enabled"], values["image"]["pullPolicy"]) == ("lab", True, "Always")  # type: ignore[comparison-overlap]
    assert values["imagePullSecrets"] == [{"name": "pull"}]  # type: ignore[comparison-overlap]


def test_one_scalar_has_one_sentinel_wherever_it_is_used() -> None:
    sentinels = Sentinels()
    version = YamlScalar("9.1.0", True, "Chart.yaml", 4, ("appVersion",))
    assert sentinels.scalar(version) == sentinels.scalar(version)


def test_the_values_of_all_charts_are_given_as_the_application_takes_them() -> None:
    charts = Charts(phalanx_tree())
    layers = [charts.values("applications/auxtel/values-summit.yaml")]
    values = Sentinels().values(charts.instances("applications/auxtel", layers))
    given = yaml.safe_load(as_yaml(values))
    assert given["ataos"]["image"]["revision"] == 4
    assert given["atdome"]["enabled"] is True
    assert given["ataos"]["image"]["repository"] != given["atdome"]["image"]["repository"]


def test_text_that_looks_like_something_else_stays_text() -> None:
    values = read_mapping(b'a: "012"\nb: 0.50\nc: null\nd: on\ne: ""\nf: "x: [y]"\ng: 12:30\n', "values.yaml")
    given = yaml.safe_load(as_yaml(values))
    assert given == {"a": "012", "b": 0.5, "c": None, "d": True, "e": "", "f": "x: [y]", "g": "12:30"}
