"""The workspace: found like git's, read with all that it names, and every fault of it told at once."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE, VARIABLE, find_workspace
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.domain.tags import Kind, parse
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, MenuTarget, Setting, Writes
from ldmrelease.domain.topology import Check, ComponentKind, Place, Product
from ldmrelease.services.evidence.registered_runs import check_fact

DATA = Path(__file__).parents[3] / "data" / "config"
AT = datetime(2023, 4, 1, tzinfo=UTC)


def made(folder: Path, sample: str | None) -> Path:
    """The file of a new workspace, with a ledger: what is looked for is there."""
    file = init_workspace(folder, sample, AT).file
    (folder / "ledger.db").touch()
    if (folder / "gitops").is_dir():
        subprocess.run(["git", "init", "-q", str(folder / "gitops")], check=True)
    return file


def wrong(file: Path) -> list[Problem]:
    """What is wrong, without notices, as of a board that has nobody yet."""
    return [each for each in lint(file) if not each.notice]


@pytest.fixture(scope="module")
def rubin(tmp_path_factory):
    return made(tmp_path_factory.mktemp("rubin"), "rubin")


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return made(tmp_path, None)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def faults(file: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_workspace(file)
    assert set(caught.value.problems) <= set(lint(file))
    return [str(each) for each in caught.value.problems]


@pytest.mark.parametrize("name", ["bad-shape", "bad-names", "bad-demands", "bad-clusters", "bad-grammar"])
def test_every_fault_is_told_at_once_with_line_column_field_and_remedy(name, empty):
    empty.write_text((DATA / f"{name}.yaml").read_text())
    assert "\n".join(faults(empty)) + "\n" == (DATA / f"{name}.txt").read_text()


def test_faults_of_all_files_are_told_together(empty):
    edit(empty, "ledger: ledger.db", "ledger: sqlite://ledger.db")
    edit(empty.parent / "policies" / "production.yaml", "for: 7d", "for: a week")
    edit(empty.parent / "trust.yaml", "version: 1", "version: 0")
    assert [each.partition(": found")[0] for each in faults(empty)] == [
        "ldmrelease.yaml:7:9: ledger",
        "policies/production.yaml:34:12: spec.enter[2].for",
        "trust.yaml:7:10: version",
    ]


def test_a_workspace_is_read_into_places(rubin):
    workspace = load_workspace(rubin)
    base = workspace.topology.application(Place("base", "ocps"))
    assert (base.level, base.runs, base.observe_every) == ("commissioning", ("stack/scipipe",), 12 * 3600)
    assert base.target == ImageSettingsTarget(
        GitFile("gitops", "main", "applications/ocps/values-base.yaml"),
        (Setting("scipipe", "image.tag", Writes.TAG),),
    )
    menu = workspace.topology.application(Place("usdfdev", "nublado"))
    assert menu.level == "jupyterlab"
    assert menu.target == MenuTarget(
        GitFile("gitops", "main", "applications/nublado/values-usdfdev.yaml"),
        path="controller.config.images",
        component="sciplat-lab",
        keep={"release": 2, "weekly": 3, "daily": 3},
        aliases={"recommended": "recommendedTag"},
    )


def test_a_component_without_a_tag_pattern_is_spelled_as_its_kind_is(empty):
    edit(empty, "products: {}", "products: {p: {grammar: rubin, components: {i: {image: oci:i}, c: {configuration: c}, "
         "b: {build: b}}}}")  # fmt: skip
    (product,) = load_workspace(empty).topology.products
    assert [(each.kind, each.spelling) for each in product.components] == [
        (ComponentKind.IMAGE, "{image}"),
        (ComponentKind.CONFIGURATION, "{git}"),
        (ComponentKind.BUILD, "{eups}"),
    ]


def test_paths_are_relative_to_the_workspace_wherever_it_is_read_from(rubin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = load_workspace(rubin)
    root = rubin.parent.resolve()
    assert (workspace.root, workspace.ledger, workspace.trust) == (
        root,
        str(root / "ledger.db"),
        root / "trust.yaml",
    )
    assert workspace.keys["receipts/production"] == root / "keys" / "receipts-production.pem"
    assert all(each.is_file() for each in workspace.keys.values())


def test_the_samples_clock_counts_once_it_is_no_comment(tmp_path):
    file = made(tmp_path, "rubin")
    assert load_workspace(file).clock is None
    edit(file, "# clock: ", "clock: ")
    assert load_workspace(file).clock == datetime(2023, 4, 21, 18, tzinfo=UTC)


def test_an_edited_policy_is_local_and_lint_says_how_to_record_it(rubin, tmp_path, monkeypatch):
    file = made(tmp_path / "w", "rubin")
    monkeypatch.chdir(file.parent)
    edit(file.parent / "policies" / "commissioning.yaml", "for: 4h", "for: 1h")
    workspace = load_workspace(file)
    assert workspace.local_policies == ("commissioning",)
    (problem,) = wrong(file)
    assert str(problem) == (
        "policies/commissioning.yaml:6:12: metadata.version: is not what trust.yaml records: advisory only until that "
        f"is updated; record version 1 and {workspace.levels['commissioning'].digest} there, "
        "or use `ldmrelease trust agree`"
    )
    assert load_workspace(rubin).local_policies == ()


def test_a_place_that_the_trust_document_has_elsewhere_is_refused(tmp_path, monkeypatch):
    file = made(tmp_path, "rubin")
    monkeypatch.chdir(tmp_path)
    edit(tmp_path / "trust.yaml", "  summit: commissioning", "  summit: production")
    (fault,) = faults(file)
    assert fault.startswith("ldmrelease.yaml:")
    assert fault.endswith(
        "environments.summit.applications.ocps: is at level 'commissioning' here, and trust.yaml puts it at level "
        "'production'; write `summit/ocps: commissioning` there under environments"
    )


def test_lint_misses_key_files_and_receipt_keys_before_they_are_needed(tmp_path, monkeypatch):
    file = made(tmp_path, "rubin")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys" / "runner.pem").unlink()
    edit(file, "    production: keys/receipts-production.pem\n", "")
    without, absent = [str(each) for each in wrong(file)]
    assert without.startswith(
        "ldmrelease.yaml:19:1: keys: no key for 'receipts/production'; "
        "`ldmrelease key new receipts-production-2 --out keys/receipts-production-2.pem`"
    )
    assert absent.startswith(
        "ldmrelease.yaml:21:11: keys.runner: keys/runner.pem is not there; "
        "`ldmrelease key new runner-2 --out keys/runner-2.pem`"
    )


def test_a_policy_may_name_sites_that_no_place_of_its_level_is_at_yet(empty):
    assert load_workspace(empty).topology.applications == ()


class TestFinding:
    def test_upwards_from_a_folder_inside(self, rubin):
        inside = rubin.parent / "gitops" / "applications"
        assert find_workspace(inside, None, {}) == rubin.resolve()

    def test_the_nearest_one_wins(self, rubin):
        nested = rubin.parent / "checks" / FILE
        nested.write_text("")
        try:
            assert find_workspace(nested.parent, None, {}) == nested.resolve()
        finally:
            nested.unlink()

    def test_the_environment_wins_over_the_folder_and_the_option_over_both(self, rubin, empty):
        named = {VARIABLE: str(rubin.parent)}
        assert find_workspace(empty.parent, None, named) == rubin.resolve()
        assert find_workspace(Path("/"), empty.parent, named) == empty.resolve()
        assert find_workspace(rubin.parent.parent, Path(rubin.parent.name), {}) == rubin.resolve()

    def test_nowhere_says_how_to_make_one(self, tmp_path):
        with pytest.raises(
            BadInput, match=r"no ldmrelease.yaml here or above; make one with `ldmrelease init`"
        ):
            find_workspace(tmp_path, None, {})

    def test_a_named_one_that_is_not_there_says_who_named_it(self, tmp_path):
        with pytest.raises(BadInput, match="and LDMRELEASE_WORKSPACE names it"):
            find_workspace(tmp_path, None, {VARIABLE: "gone"})


def test_a_template_of_a_check_is_read_with_the_workspace_and_makes_it_another_check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = init_workspace(tmp_path, "kubernetes", AT).file
    usual = load_workspace(file).topology.check("smoke").document
    own = tmp_path / "smoke.yaml"
    own.write_text(
        "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n"
        "      - {name: check, image: 'component://checked'}\n"
    )
    edit(file, "[/app, smoke]\n", "[/app, smoke]\n    template: smoke.yaml\n")
    first = load_workspace(file).topology.check("smoke").document
    own.write_text(own.read_text().replace("name: check", "name: smoke"))
    assert len({usual, first, load_workspace(file).topology.check("smoke").document}) == 3
    own.write_text(own.read_text().replace("component://checked", "busybox"))
    assert [each.partition(": found")[0] for each in faults(file)] == [
        "smoke.yaml:7:30: spec.template.spec.containers[0].image"
    ]


def test_a_check_names_the_repository_of_its_long_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = made(tmp_path, "rubin")
    command, reported = "    command: [sh, checks/smoke.sh]\n", "    kind: reported\n"
    before = check_fact(load_workspace(file).topology.check("smoke"))
    edit(file, reported, f"{reported}    results: r.example/results\n")
    (message,) = faults(file)
    assert "a check of kind reported has no results" in message
    edit(file, f"{reported}    results: r.example/results\n", reported)
    edit(file, command, f"{command}    results: r.example/results:latest\n")
    (message,) = faults(file)
    assert message.startswith("ldmrelease.yaml:70:")
    assert (
        "checks.smoke.results: 'r.example/results:latest' names one image, where a repository is expected"
        in message
    )
    edit(file, "results:latest", "results")
    check = load_workspace(file).topology.check("smoke")
    assert check.results == "r.example/results"
    assert check_fact(check).digest != before.digest


def test_a_check_without_them_is_the_check_that_it_was_before_there_were_any():
    check = Check("smoke", "command", ("starts",), ("true",))
    assert check_fact(check).digest == (
        "sha256:4ce200bf68d6bdf93a0893d0bd63afe209009e1554ca74eede8d40a92b8462f9"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:hunter2@git.example/lsst/phalanx",
        "https://hunter2@git.example/x",
        "ssh://git:hunter2@git.example/x",
        "https://git.example/x.git?access_token=hunter2",
        "https://git.example/x.git#hunter2",
        "git.example/x?token=hunter2",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(rubin, tmp_path, monkeypatch, url):
    file = made(tmp_path / "w", "rubin")
    monkeypatch.chdir(file.parent)
    text = file.read_text()
    first = re.search(r"configuration: ([^,}\s]+)", text)
    assert first is not None
    line = text[: first.start()].count("\n") + 1
    file.write_text(text.replace(first[0], f"configuration: {url}", 1))
    told = faults(file)
    assert [
        each
        for each in told
        if each.startswith(f"ldmrelease.yaml:{line}:") and "docker keep credentials" in each
    ]
    assert "hunter2" not in "\n".join(told)


def test_a_user_alone_is_a_part_of_an_ssh_address(tmp_path, monkeypatch):
    file = made(tmp_path / "w", "rubin")
    monkeypatch.chdir(file.parent)
    text = file.read_text()
    first = re.search(r"configuration: ([^,}\s]+)", text)
    assert first is not None
    file.write_text(text.replace(first[0], "configuration: ssh://git@git.example/lsst/x", 1))
    assert load_workspace(file)


def test_patterns_are_the_products_grammar_and_survive_the_cache(empty):
    edit(empty, "products: {}", PORTAL)
    product = load_workspace(empty).topology.product("portal")
    assert product is not None
    again = msgspec.json.decode(msgspec.json.encode(product, enc_hook=str), type=Product)
    assert again == product
    assert parse("2026.11-rc2", again.grammar).kind is Kind.candidate
    assert parse("11-2026", again.grammar).parsed is False


PORTAL = """
products:
  portal:
    grammar:
      release: "{year:4d}.{month:2d}"
      candidate: ["{year:4d}.{month:2d}-rc{rc}"]
      order: [year, month, rc]
      within: []
    components:
      portal: {image: oci:portal}
"""
