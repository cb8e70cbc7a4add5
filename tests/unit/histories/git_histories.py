"""Git repositories whose commits tests write, each a day after the one before it."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.git_tree import read_git
from ldmrelease.targets.git.git_remote import open_repository

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)


class History:
    """A repository in a folder. `day` is that of the next commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        when = (BEGIN + timedelta(days=self.day)).isoformat()
        identity = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": when}
        identity |= {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}
        env = {**os.environ, **identity, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, files: dict[str, str | bytes | None]) -> str:
        """Write files, remove those that are None, and commit; the commit's id."""
        for path, text in files.items():
            if text is None:
                (self.folder / path).unlink()
            else:
                self.write(path, text)
        return self.commit_all()

    def commit_all(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", f"day {self.day}")
        self.day += 1
        return self.git("rev-parse", "HEAD")

    def read(self, since: datetime | None = None) -> list[SettingChange | UnreadableChange]:
        """What the program reads of it."""
        git = open_repository(str(self.folder), self.folder).git
        return list(read_git(git, self.git("rev-parse", "HEAD"), since=since))

    def told(self) -> list[tuple[int, str, str, str, str | None, str | None]]:
        """Its changes: the day, environment, application, key, what it said and says."""
        return [
            (
                (each.time - BEGIN).days,
                each.environment,
                each.application,
                each.key,
                each.previous,
                each.tag,
            )
            for each in self.read()
            if isinstance(each, SettingChange)
        ]
