"""A site of all that is recorded, built into a folder."""

from collections.abc import Iterator
from pathlib import Path

from ldmrelease import __version__
from ldmrelease.domain import canonical
from ldmrelease.render.pages.site.act_pages import act_files
from ldmrelease.render.pages.site.content import frame_digest
from ldmrelease.render.pages.site.night_pages import night_files
from ldmrelease.render.pages.site.people_pages import people_files
from ldmrelease.render.pages.site.place_pages import place_files
from ldmrelease.render.pages.site.promotion_pages import evidence_files, promotion_files
from ldmrelease.render.pages.site.release_pages import release_files
from ldmrelease.render.pages.site.report_pages import report_files
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.services.reports.site_folder import SiteChanges, SiteFile, update_site


def build_site(folder: Path, data: SiteData) -> SiteChanges:
    """Make the folder the site of this data. Raises `NotASite`, `OSError`, `LedgerError`."""
    # What is not among the inputs of a page and may change it: the program, the frame, who may say what, and where.
    topology = data.deployments.topology
    told = (__version__, frame_digest(), data.workspace.trust_digest, canonical.digest_of(topology))
    return update_site(folder, _files(data), "\0".join(map(str, told)))


def _files(data: SiteData) -> Iterator[SiteFile]:
    yield from report_files(data)
    yield from night_files(data)
    yield from people_files(data)
    yield from release_files(data)
    yield from place_files(data)
    yield from promotion_files(data)
    yield from evidence_files(data)
    yield from act_files(data)
