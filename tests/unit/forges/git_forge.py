"""A forge of the tests: pull requests over a real git repository, told by HTTP as a forge documents it (`dialects`)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.unit.forges.bare_repository import BareRepository
from tests.unit.forges.loopback import JsonHandler, served

_START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Answer = tuple[int, Any]
Fault = Callable[[Any], bool]
"""Given the handler; says whether it has answered in the server's place."""


@dataclass
class Pull:
    """One pull request. `versions` are the heads that it has had, with times."""

    number: int
    head: str
    base: str
    title: str
    body: str
    author: str = "bot"
    fork: bool = False
    state: str = "open"
    commit: str = ""
    merge_commit: str | None = None
    merged_by: str | None = None
    queued: bool = False
    reviews: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    versions: list[tuple[str, str]] = field(default_factory=list)


class Dialect:
    """How a forge spells it: the path of its API, and what it answers."""

    base = ""
    token = ""

    def answer(self, forge: GitForge, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Status and body; raises KeyError for what is not there."""
        raise NotImplementedError


class GitForge:
    """`asked` are the requests (method, path). before, after: faults that answer in the server's place, before the
    request has its effect and after it. largest_page: what it gives at most at once.
    """

    def __init__(self, repository: BareRepository, dialect: Dialect) -> None:
        self.repository, self.dialect = repository, dialect
        self.pulls: dict[int, Pull] = {}
        self.statuses: dict[str, list[tuple[str, str]]] = {}
        self.protection: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.before: list[Fault] = []
        self.after: list[Fault] = []
        self.largest_page = 100
        self.account = "bot"
        self.tokens: set[str] = set()
        self.port = 0
        self._ticks = 0

    @property
    def site(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> str:
        """Each time is a minute later than the one before."""
        self._ticks += 1
        return f"{_START + timedelta(minutes=self._ticks):%Y-%m-%dT%H:%M:%SZ}"

    def current(self) -> list[Pull]:
        """All, the newest first; the open ones follow their branches."""
        for each in self.pulls.values():
            tip = self.repository.tip(each.head)
            if each.state == "open" and tip is not None and tip != each.commit:
                each.commit = tip
                each.versions.append((tip, self.now()))
        return sorted(self.pulls.values(), key=lambda each: -each.number)

    def open(self, head: str, base: str, title: str, body: str) -> Pull | None:
        """A new one; None where one is open already, or there is nothing to merge."""
        tip = self.repository.tip(head)
        there = [each for each in self.pulls.values() if (each.head, each.base) == (head, base)]
        if tip is None or tip == self.repository.tip(base) or any(each.state == "open" for each in there):
            return None
        pull = Pull(len(self.pulls) + 1, head, base, title, body, author=self.account, commit=tip)
        pull.versions.append((tip, self.now()))
        self.pulls[pull.number] = pull
        return pull

    def changed(self, pull: Pull) -> list[str]:
        """The files that one changes."""
        return self.repository.git("diff", "--name-only", f"{pull.base}...{pull.commit}").split()

    def merge(self, number: int, how: str = "merge", by: str = "reviewer") -> str:
        """As a person does it in the browser."""
        self.current()
        pull = self.pulls[number]
        assert pull.state == "open"
        pull.merge_commit = self.repository.merge(pull.commit, pull.base, how)
        pull.state, pull.merged_by = "merged", by
        return pull.merge_commit

    def page(self, items: list[Any], query: dict[str, str], size_name: str) -> list[Any]:
        """One page of a list."""
        size = min(int(query.get(size_name, "30")), self.largest_page)
        number = int(query.get("page", "1"))
        self.more = number * size < len(items)
        return items[(number - 1) * size : number * size]

    more: bool | None = None


@contextmanager
def git_forge(path: Path, dialect: Dialect) -> Iterator[GitForge]:
    """One on loopback, its repository at `path`."""
    forge = GitForge(BareRepository(path), dialect)
    forge.tokens.add(dialect.token)
    lock = threading.Lock()

    class Handler(JsonHandler):
        def handle_any(self) -> None:
            raw = self.sent()
            forge.asked.append((self.command, self.path))
            if forge.before and forge.before.pop(0)(self):
                return
            with lock:
                forge.more = None
                status, answer = self.find(raw)
            if forge.after and forge.after.pop(0)(self):
                return
            more = (
                {}
                if forge.more is None
                else {"Link": f'<{forge.site}/>; rel="{"next" if forge.more else "first"}"'}
            )
            self.reply(status, json.dumps(answer).encode(), **more)

        def find(self, raw: bytes) -> Answer:
            if self.headers.get("Authorization") not in forge.tokens:
                return 401, {"message": "Bad credentials"}
            parts = urlsplit(self.path)
            query = {name: each[-1] for name, each in parse_qs(parts.query).items()}
            if not parts.path.startswith(dialect.base):
                return 404, {"message": "Not Found"}
            path = parts.path.removeprefix(dialect.base)
            try:
                return dialect.answer(forge, self.command, path, query, json.loads(raw) if raw else None)
            except KeyError:
                return 404, {"message": "404 Not Found"}

    with served(Handler) as forge.port:
        yield forge


def words(path: str) -> list[str]:
    """The segments of a path, each unquoted."""
    return [unquote(each) for each in path.strip("/").split("/")]
