"""What is left over or was forgotten beside a workspace's records: folders, .gitignore, locks of git, caches.

Nothing of it holds what cannot be made again, and none is part of the trust document or of the ledger.
"""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from ldmrelease.config.workspace.cache import unused_entries
from ldmrelease.config.workspace.folders import is_local, repositories
from ldmrelease.config.workspace.load import named_keys
from ldmrelease.config.workspace.patterns.documents import workspace_document
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.domain.times import spell_seconds
from ldmrelease.ledger.registry import ledger_file, located
from ldmrelease.services.operations.fix import Fix
from ldmrelease.targets.git.local_repository import layout_of
from ldmrelease.targets.git.mirror import mirror_folder, mirror_of

_STALE = 3600
"""Seconds after which no work of git holds a lock any more: ours takes less than one."""


def housekeeping(file: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Fix]:
    """What may be made or removed, one after the other. Raises `BadInput` where the workspace's file cannot be read."""
    root, entry = file.resolve().parent, workspace_document(file)[0]
    ledger = ledger_file(located(entry.ledger, root))
    if ledger is not None and not ledger.parent.exists():
        yield Fix(f"make the folder {ledger.parent}", partial(ledger.parent.mkdir, parents=True))
    yield from _ignored(file, root, ledger)
    yield from _locks(entry, root)
    yield from _mirrors(entry, root)
    for path in unused_entries(environ):
        yield Fix(
            f"remove {path}, a cache of a workspace that is gone", partial(path.unlink, missing_ok=True)
        )


def _ignored(file: Path, root: Path, ledger: Path | None) -> Iterator[Fix]:
    """Private keys and the ledger belong in no repository."""
    secret = [each for each in named_keys(file).values() if each.is_relative_to(root)]
    wanted = {
        f"/{path.relative_to(root)}" if path.parent == root else f"/{path.parent.relative_to(root)}/": path
        for path in secret
    }
    if ledger is not None and ledger.is_relative_to(root):
        wanted[f"/{ledger.relative_to(root)}*"] = ledger
    path = root / ".gitignore"
    text = path.read_text() if path.is_file() else ""
    there = {line.strip().strip("/").removesuffix("/*") for line in text.splitlines()}
    lines = [each for each in wanted if each.strip("/") not in there]
    if lines:
        more = "".join(f"{each}\n" for each in lines)
        start = text if not text or text.endswith("\n") else f"{text}\n"
        yield Fix(f"write into {path}: {' '.join(lines)}", partial(_write, path, start + more))


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _locks(entry: WorkspaceFile, root: Path) -> Iterator[Fix]:
    """Locks that a git which was killed has left in the repositories of the workspace."""
    local = {root / text for _, text in repositories(entry) if is_local(text)}
    for folder in sorted({*local, *mirror_folder(root).glob("*.git")}):
        layout = layout_of(folder) if folder.is_dir() else None
        if layout is None:
            continue
        homes = {layout.git_directory, layout.common}
        found = [path for home in homes for path in home.glob("*.lock")]
        for path in sorted({*found, *layout.common.glob("refs/**/*.lock")}):
            age = int(time.time() - path.stat().st_mtime)
            if age > _STALE and path.is_file():
                what = f"remove {path}, a lock that git left {spell_seconds(age)} ago"
                yield Fix(what, partial(path.unlink, missing_ok=True))


def _mirrors(entry: WorkspaceFile, root: Path) -> Iterator[Fix]:
    """Copies of remote repositories that the workspace does not name any more."""
    named = {mirror_of(text, root) for _, text in repositories(entry) if not is_local(text)}
    for path in sorted(mirror_folder(root).glob("*.git")):
        if path not in named:
            what = f"remove {path}, a copy of a repository that {root / 'ldmrelease.yaml'} does not name"
            yield Fix(what, partial(shutil.rmtree, path))
