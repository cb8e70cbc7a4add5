"""Rules about others' evidence in policy files, in their cases and to `policy lint`."""

from pathlib import Path

import pytest

from ldmrelease.answers.sentences.requirements import requirement_words
from ldmrelease.config.policies.cases import read_cases
from ldmrelease.config.policies.load import load_level
from ldmrelease.config.policies.policy_lint import lint_policies
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.policy.cases.verdicts import run_case

HEAD = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: production, version: 1}
spec:
  accepts: [weekly, release]
  enter:
"""


def policy(folder: Path, *clauses: str) -> Path:
    path = folder / "production.yaml"
    path.write_text(HEAD + "".join(f"    - {each}\n" for each in clauses))
    return path


@pytest.mark.parametrize(
    ("clause", "told"),
    [
        ("{id: a, rule: vulnerabilities, limits: {dreadful: 0}}", "limits.dreadful: unknown key"),
        ("{id: a, rule: vulnerabilities, limits: {hihg: 0}}", "did you mean high?"),
        ("{id: a, rule: vulnerabilities, limits: {}}", "write a limit for a severity"),
        ("{id: a, rule: vulnerabilities, limits: {critical: -1}}", "limits.critical"),
        ("{id: a, rule: metric, metric: AM1}", "write what the value has to be"),
        ("{id: a, rule: metric, metric: AM1, at-most: 0.05}", None),
        ("{id: a, rule: metric, metric: AM1, at-most: much}", "write a decimal number in quotes"),
        ("{id: a, rule: metric, metric: AM1, no-worse-than: running}", "better go together"),
        (
            '{id: a, rule: metric, metric: AM1, at-most: "1", tolerance: "5%"}',
            "tolerance is one of no-worse-than",
        ),
        ("{id: a, rule: reviewed, quorum: 0}", "quorum"),
        ("{id: a, rule: documents, kinds: []}", "kinds"),
        ("{id: a, rule: documents, kinds: [../secret]}", "write a kind of document"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, clause: str, told: str | None) -> None:
    file = policy(tmp_path, clause)
    if told is None:
        load_level(file)
        return
    with pytest.raises(BadInput) as caught:
        load_level(file)
    assert told in str(caught.value)


def test_lint_tells_limits_that_a_scan_of_any_age_keeps(tmp_path: Path) -> None:
    file = policy(tmp_path, "{id: scan, rule: vulnerabilities, limits: {critical: 0}}")
    found = lint_policies([file])
    assert [each.notice for each in found] == [True, True]
    assert {each.remedy for each in found} == {
        "write max-age, such as 7d",
        "write database-max-age, such as 2d",
    }
    whole = "{id: scan, rule: vulnerabilities, limits: {critical: 0}, max-age: 7d, database-max-age: 2d}"
    assert lint_policies([policy(tmp_path, whole)]) == ()


ASKED = (
    "{id: scan, rule: vulnerabilities, limits: {critical: 0}, max-age: 7d, database-max-age: 1d, by: [scanner],"
    " sbom: required, grace: 2d, vex-by: [security]}",
    '{id: astrometry, rule: metric, metric: AM1, at-most: "20", no-worse-than: running, better: lower}',
    "{id: reviewed, rule: reviewed, quorum: 2, owners: true}",
    "{id: notes, rule: documents, kinds: [release-notes]}",
    "{id: schemas, rule: compatible, interfaces: [apdb]}",
    "{id: milestone, rule: verified, campaign: spring, by: [tester], milestone-complete: refuse}",
)
CASES = """\
apiVersion: ldmrelease/v1alpha1
kind: PolicyTest
policy: production.yaml
given:
  at: 2023-04-21T18:00:00Z
  place: summit/batch
  release: {tag: w.2023.16, configurations: {https://github.com/lsst/phalanx: c0ffee}}
  statements:
    scan: {by: [scanner], platform: linux/amd64, age: 1h, scan: {database: 6h, found: {CVE-1: {severity: high}}}}
    sbom: {by: [scanner], platform: linux/amd64, packages: 300}
    astrometry: {metrics: {AM1: "9.5"}}
    review: {review: {reviewers: {ada: {}, eve: {}}, owners: {/docs/: ["@eve"]}}}
    release-notes: {document: {}}
    ranges: {compatibility: {requires: {apdb: ">=3,<5"}}}
    spring: {by: [tester], verification: {results: {LVV-T1: passed, LVV-T2: passed}}}
  campaigns: {spring: {milestone: LDM-503-15a, complete: true, features: {DM-AP-12: [LVV-T1, LVV-T2]}}}
  running: {w.2023.15: {metrics: {AM1: "9.6"}}}
  documents: {release-notes: text}
  interfaces: {apdb: "4.1"}
cases:
  - {name: with all of it it enters, expect: {verdict: allowed}}
  - name: a scan with a stale database shows nothing
    with: {statements: {scan: {scan: {database: 2d}}}}
    expect: {verdict: refused, findings: {scan: missing/stale-database}}
  - name: an empty list of packages shows nothing
    with: {statements: {sbom: {packages: 0}}}
    expect: {verdict: refused, findings: {scan: missing/empty-sbom}}
  - name: a critical one may stay for two days
    with: {statements: {scan: {scan: {found: {CVE-2: {severity: critical}}}}}}
    expect: {verdict: allowed}
  - name: and no longer
    with: {statements: {scan: {age: 2d, scan: {found: {CVE-2: {severity: critical}}}}}}
    expect: {verdict: refused, findings: {scan: failed/too-many}}
  - name: but where it does not affect the image
    with:
      statements:
        scan: {age: 2d, scan: {found: {CVE-2: {severity: critical}}}}
        vex: {by: [security], platform: linux/amd64, vex: {CVE-2: {}}}
    expect: {verdict: allowed}
  - name: a worse value than the running one is refused
    with: {running: {w.2023.15: {metrics: {AM1: "9.4"}}}}
    expect: {verdict: refused, findings: {astrometry: failed/worse-than-running}}
  - name: new commits void an approval
    with: {statements: {review: {review: {reviewers: {eve: {commit: old}}}}}}
    expect: {verdict: refused, findings: {reviewed: missing/new-commits}}
  - name: a changed document is refused
    with: {documents: {release-notes: changed}}
    expect: {verdict: refused, findings: {notes: failed/changed}}
  - name: a document that is gone is missing
    with: {documents: null}
    expect: {verdict: refused, findings: {notes: missing/file-gone}}
  - name: another schema is refused
    with: {interfaces: {apdb: "5.0"}}
    expect: {verdict: refused, findings: {schemas: failed/incompatible}}
  - name: a feature is verified by all of its test cases
    with: {statements: {spring: {verification: {results: {LVV-T2: failed}}}}}
    expect: {verdict: refused, findings: {milestone: failed/failed}}
  - name: results are of the campaign as it is
    with: {statements: {spring: {verification: {definition: before}}}}
    expect: {verdict: refused, findings: {milestone: missing/not-verified}}
  - name: a milestone that is complete before its features
    with: {campaigns: {spring: {incomplete: [DM-AP-12]}}}
    expect: {verdict: refused, findings: {milestone: failed/milestone-incomplete}}
"""


def test_cases_give_scans_metrics_reviews_documents_and_schemas(tmp_path: Path) -> None:
    level = load_level(policy(tmp_path, *ASKED))
    (tmp_path / "cases.yaml").write_text(CASES)
    (found,) = read_cases([tmp_path / "cases.yaml"])
    results = [run_case(each.case, level) for each in found.cases]
    assert [(each.case.name, each.differences) for each in results if not each.passed] == []
    assert len(results) == CASES.count("- name:") + CASES.count("- {name:")


def test_each_is_explained_in_a_sentence(tmp_path: Path) -> None:
    told = [requirement_words(each) for each in load_level(policy(tmp_path, *ASKED)).enter]
    assert told == [
        "The scans of every image, signed by scanner, at most 7d ago found at most 0 critical; by a database at most "
        "1d old; 2d of grace from the first sight of each; VEX of security counts; a list of its packages (SBOM) is "
        "there.",
        "The metric AM1 of the release is at most 20 and not higher than that of what runs here.",
        "At the last commit of the change 2 persons approved the commit of each configuration, an owner of each part "
        "that it changes among them.",
        "release-notes of the release are files of the workspace, and unchanged since they were signed.",
        "The schemas and protocols that the release needs (apdb) are those of the environment.",
        "All that campaign spring claims is verified in the release's content, signed by tester, and the catalogue "
        "does not mark the milestone complete while features of it are not.",
    ]
