"""A site is of one cycle: what would bring it another one is refused, and names what stands in the way."""

from pathlib import Path

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image
from tests.workspace import Site

PRODUCT = """\
  observatory:
    grammar: cycle
    components:
      atdome: {image: oci:images/atdome}
"""
CONTROL = """\
      control:
        runs: [observatory/atdome]
        target:
          gitops:
            repository: gitops
            file: applications/control/values-summit.yaml
            settings:
              - {component: observatory/atdome, path: image.tag, writes: tag}
"""
POLICY = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: %s, version: 2}
spec:
  excludes: [branch]
  enter:
    - {id: images, rule: images}
    - {id: one-cycle, rule: same-cycle%s}
  environments:
    summit: {excludes: [moving]}
"""


@pytest.fixture
def summit(site: Site) -> Site:
    """The summit is of cycle 29; its control software is a place beside the menu of notebook images."""
    site.edit(lambda text: text.replace("products:\n", f"products:\n{PRODUCT}", 1))
    values = site.root / "gitops" / "applications" / "control" / "values-summit.yaml"
    values.parent.mkdir()
    values.write_text("image:\n  tag: c0029.001\n")
    site.git("add", ".")
    site.git("commit", "-q", "-m", "The control software")
    repository = Registries(site.root).open(parse_reference("oci:images/atdome"))
    for tag in ("c0029", "c0029.001", "c0029.008", "c0030.000"):
        put_sample_image(repository, tag, seed=tag)
    policies(site)
    head, _, tail = (site.root / "ldmrelease.yaml").read_text().partition("  summit:\n")
    tail = tail.replace("    applications:\n", f"    applications:\n{CONTROL}", 1)
    site.edit(lambda _: f"{head}  summit:\n{tail}")
    return site


def policies(site: Site, first: str = "") -> None:
    for name in ("commissioning", "jupyterlab"):
        (site.root / "policies" / f"{name}.yaml").write_text(POLICY % (name, first))
    site.ok("trust", "agree", "--yes")


def test_another_cycle_is_refused_and_names_what_is_of_this_one(summit: Site) -> None:
    refused = summit.run("promote", "c0030.000", "--product", "observatory", "--target", "summit/control")
    assert refused.exit_code == 1
    assert "summit would have two cycles: this is of c0030, and there is" in refused.stdout
    assert "summit/nublado sal-sciplat-lab w_2023_15_c0029.007 (c0029)" in refused.stdout
    assert "c0029.001" in summit.committed("summit/control")


def test_another_build_of_the_cycle_may_enter(summit: Site) -> None:
    summit.ok("promote", "c0029.008", "--product", "observatory", "--target", "summit/control")
    assert "c0029.008" in summit.committed("summit/control")


def test_what_goes_first_is_followed_by_the_menu(summit: Site) -> None:
    policies(summit, ", first: [control]")
    told = summit.ok("check", "c0030.000", "--product", "observatory", "--target", "summit/control")
    assert "all of summit is of c0030 then, or follows: summit/nublado" in told


def test_the_moving_tag_is_excluded_at_the_summit_alone(summit: Site) -> None:
    put_sample_image(
        Registries(summit.root).open(parse_reference("oci:images/atdome")), "c0031", seed="c0031"
    )
    refused = summit.run("check", "c0031", "--product", "observatory", "--target", "summit/control")
    assert "c0031 is of kind moving, which is excluded here by name" in refused.stdout


def test_who_goes_first_has_to_be_there(summit: Site) -> None:
    policy: Path = summit.root / "policies" / "commissioning.yaml"
    policy.write_text(policy.read_text().replace("same-cycle", "same-cycle, first: [controll]"))
    told = summit.run("workspace", "lint")
    assert "no application 'controll' in base, summit; did you mean control?" in told.stdout + told.stderr
