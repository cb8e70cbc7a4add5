"""The demonstration with a verification campaign, notes of a release, and places in enclaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

CAMPAIGN = """\
# campaigns/spring-2022.yaml
apiVersion: ldmrelease/v1alpha1
kind: Campaign
title: Pipelines Release Spring 2022
milestone: LDM-503-15a
catalogue: 2023-04-22          # the revision; the latest where it is left out
requirements:
  DMS-REQ-0285: {title: Level 1 catalogs, features: [DM-AP-12]}
test-cases:
  LVV-T1: {title: PSF of the template, verifies: [DMS-REQ-0285], version: "1.0"}
  LVV-T2: {verifies: [DM-DRP-27]}
"""
NOTES = """\
milestones: [LDM-503-15a]         # whose release it is: it brings their features
features: [DM-SUIT-3]             # and these
compatibility:                    # what somebody signed counts in its place
  requires: {apdb: ">=4,<5"}
  provides: {alert: "7.1"}
known-issues:
  - {text: Forced photometry is slow, ticket: DM-38712, workaround: ask for less}
deprecations:
  - {name: lsst.afw.old, instead: lsst.afw.new, removal: w.2023.40}
tickets:
  - {ticket: DM-38000, text: A new calibration}
"""
SITES = """\
sites:
  base:
    enclaves:
      commissioning-cluster:
        places: [base]                        # an environment, or ENVIRONMENT/APPLICATION
        services: {nublado: [base/nublado]}
"""
RESULTS = "Test Case Key,Status,Comment\nLVV-T1,Pass,\nLVV-T2,In Progress,half of the fields\nLVV-T9,Pass,\n"


def prepare(home: Path, run: Callable[[str], object]) -> None:
    """The demonstration's workspace in `release`, with them. run: gives a command to a shell in `home`."""
    run("ldmrelease demo release")
    workspace = home / "release"
    for name, text in (
        ("campaigns/spring-2022.yaml", CAMPAIGN),
        ("documents/w.2023.16/notes.yaml", NOTES),
        ("results.csv", RESULTS),
    ):
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text)
    file = workspace / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("environments:\n", f"{SITES}environments:\n", 1))
    run(
        "ldmrelease -C release trust role tester --type verification --environment '*' --repository '*' --yes"
    )
    run("ldmrelease -C release key new tess --out release/keys/tess.pem")
    run("ldmrelease -C release trust add-key tess release/keys/tess.pem --person tess --role tester --yes")
