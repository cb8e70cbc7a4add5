"""What goes wrong with forges, and what only some have: at servers that answer as GitHub and GitLab document."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import BranchRules, Draft, PullRequestState
from ldmrelease.forges.registry import pull_requests
from ldmrelease.forges.rest_proposals import RestPullRequests
from tests.unit.forges.contract import HEAD, MARKER, opened
from tests.unit.forges.dialects import GitHubDialect
from tests.unit.forges.git_forge import Fault, GitForge, git_forge
from tests.unit.forges.test_contract import DIALECTS, PATHS, TOKENS, ServerSite, client

DRAFT = Draft(HEAD, "main", "Promote", "because")


@pytest.fixture(params=["github", "gitlab"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerSite]:
    with git_forge(tmp_path / "r.git", DIALECTS[request.param]()) as server:
        yield ServerSite(request.param, server)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[ServerSite]:
    with git_forge(tmp_path / "r.git", GitHubDialect()) as server:
        yield ServerSite("github", server)


def replies(status: int, content: Any = b"", **headers: str) -> Fault:
    """Answers so."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def reply(handler: Any) -> bool:
        handler.reply(status, body, **headers)
        return True

    return reply


def half(handler: Any) -> bool:
    """Half of an answer, and then nothing."""
    handler.send_response(201)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"number": 1,')
    handler.close_connection = True
    return True


def gone(handler: Any) -> bool:
    """Nothing at all."""
    handler.close_connection = True
    return True


def posts(server: GitForge) -> int:
    return sum(method == "POST" for method, _ in server.asked)


UNCLEAR = [
    half,
    gone,
    replies(500),
    replies(502, b"<html>"),
    replies(201, b"<html>a proxy</html>"),
    replies(201, {}),
]


@pytest.mark.parametrize("fault", UNCLEAR)
def test_a_request_that_had_its_effect_unseen_is_found_and_not_sent_again(
    site: ServerSite, fault: Fault
) -> None:
    site.change(HEAD, "tag: 1")
    site.server.after = [fault]
    made = site.forge.open(DRAFT)
    assert (posts(site.server), list(site.server.pulls)) == (1, [int(made.number)])


@pytest.mark.parametrize("fault", [half, gone, replies(500), replies(502, b"<html>"), replies(503)])
def test_a_request_without_effect_is_sent_again_when_that_was_seen(site: ServerSite, fault: Fault) -> None:
    site.change(HEAD, "tag: 1")
    site.server.before = [fault]
    made = site.forge.open(DRAFT)
    assert (posts(site.server), list(site.server.pulls)) == (2, [int(made.number)])


@pytest.mark.parametrize("fault", [half, gone, replies(502, b"<html>")])
def test_a_comment_that_was_written_unseen_is_not_doubled(site: ServerSite, fault: Fault) -> None:
    made = opened(site)
    site.server.after = [lambda _: False, fault]
    site.forge.comment(made.number, MARKER, f"{MARKER}\nrecalled")
    assert site.comments(made.number) == [f"{MARKER}\nrecalled"]


def test_what_was_closed_or_merged_while_we_close_it_is_no_error(site: ServerSite) -> None:
    made = opened(site)

    def merged_meanwhile(_: Any) -> bool:
        site.server.merge(int(made.number))
        return False

    site.server.before = [lambda _: False, merged_meanwhile]
    site.forge.close(made.number)
    assert site.forge.look(made.number).state is PullRequestState.MERGED


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (401, {"message": "Bad credentials"}, "401 Bad credentials"),
        (
            403,
            {"message": "Resource not accessible by integration"},
            "403 Resource not accessible by integration",
        ),
        (404, {"message": "Not Found"}, "404 Not Found"),
        (409, {"message": ["\x1b[31mone", "two"]}, r"409 \[31mone; two"),
        (
            422,
            {"message": "Validation Failed", "errors": [{"message": "No commits between"}]},
            "422 .*; No commits",
        ),
        (400, {"error": "title is missing"}, "400 title is missing"),
        (200, b"<html>sign in</html>", "the answer is not JSON"),
        (200, {"number": 1}, "not as documented"),
        (200, b'{"number": 1,', "not JSON"),
    ],
)
def test_what_a_forge_answers_instead_is_said(site: ServerSite, status: int, content: Any, said: str) -> None:
    made = opened(site)
    site.server.before = [replies(status, content)]
    with pytest.raises(ForgeError, match=said) as error:
        site.forge.look(made.number)
    assert "secret" not in str(error.value)


def test_a_forge_that_repeats_the_token_does_not_bring_it_out(site: ServerSite) -> None:
    site.server.before = [replies(400, {"message": f"{'x' * 290} Bad header: Bearer secret!"})]
    with pytest.raises(ForgeError, match="400 xxx") as said:
        site.forge.list_open("ldmrelease/")
    assert "sec" not in str(said.value)
    site.server.before = [replies(302, {}, Location="https://elsewhere.example.org/secret/r")]
    with pytest.raises(ForgeError, match="it has moved to") as said:
        site.forge.list_open("ldmrelease/")
    assert "secret" not in str(said.value)


def test_another_pull_request_than_was_asked_for_is_no_answer(site: ServerSite) -> None:
    made, forge = opened(site), client(site.kind, site.server)
    assert isinstance(forge, RestPullRequests)
    told, another = forge.rest.get, f"{int(made.number) + 1}"
    forge.rest.get = lambda path: told(path[: -len(another)] + made.number)  # type: ignore[method-assign]
    with pytest.raises(ForgeError, match=f"the answer is about {made.number}"):
        forge.look(another)


def test_a_refusal_to_open_is_said_and_not_repeated(site: ServerSite) -> None:
    site.change(HEAD, "tag: 1")
    site.server.before = [replies(422, {"message": "No commits between main and it"})]
    with pytest.raises(ForgeError, match="No commits between"):
        site.forge.open(DRAFT)
    assert posts(site.server) == 1


def test_a_wrong_token_is_said(site: ServerSite) -> None:
    address = f"{site.server.site}/{PATHS[site.kind]}.git"
    with pytest.raises(ForgeError, match="401 Bad credentials"):
        pull_requests(site.kind, address, {TOKENS[site.kind]: "other"}).list_open("ldmrelease/")


def test_a_renamed_repository_is_said_and_not_followed(site: ServerSite) -> None:
    where = "https://api.github.com/repositories/17?token=x"
    site.server.before = [replies(301, {"message": "Moved Permanently"}, Location=where)]
    with pytest.raises(ForgeError, match=r"301 Moved Permanently: it has moved to .*/repositories/17; write"):
        site.forge.list_open("ldmrelease/")
    assert len(site.server.asked) == 1


RESETS = [
    lambda: {"Retry_After": "0"},
    lambda: {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(time.time()) - 1)},
]


@pytest.mark.parametrize("headers", RESETS)
@pytest.mark.parametrize("status", [403, 429])
def test_a_forge_that_is_asked_too_much_is_waited_for(
    site: ServerSite, status: int, headers: Callable[[], dict[str, str]]
) -> None:
    site.change(HEAD, "tag: 1")
    site.server.before = [replies(status, {"message": "You have exceeded a rate limit"}, **headers())]
    site.forge.open(DRAFT)
    assert (posts(site.server), len(site.server.pulls)) == (2, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "3600"},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(time.time()) + 3600)},
        {},
    ],
)
def test_one_that_wants_an_hour_is_not_waited_for(site: ServerSite, headers: dict[str, str]) -> None:
    said = {"message": "You have exceeded a secondary rate limit"}
    site.server.before = [replies(403, said, **headers)]
    with pytest.raises(ForgeError, match="403, and it wants nothing more for"):
        site.forge.list_open("ldmrelease/")
    assert len(site.server.asked) == 1


def test_a_hundred_open_ones_come_in_at_most_five_requests(site: ServerSite) -> None:
    for number in range(150):
        name = f"ldmrelease/0a1b2c3d/{number}" if number % 3 else f"feature-{number}"
        site.repository.move(name, site.repository.change("other", f"tag: {number}"))
        assert site.server.open(name, "main", "t", "b") is not None
    found = site.forge.list_open("ldmrelease/0a1b2c3d/")
    assert len(found) == 100
    assert len(site.server.asked) <= 5


def test_a_server_that_gives_less_than_asked_for_is_asked_on(site: ServerSite) -> None:
    site.server.largest_page = 2
    for number in range(5):
        opened(site, f"ldmrelease/0a1b2c3d/{number}")
    assert len(site.forge.list_open("ldmrelease/")) == 5


def test_a_fork_with_the_same_branch_is_not_ours(site: ServerSite) -> None:
    made = opened(site)
    site.server.pulls[int(made.number)].fork = True
    assert list(site.forge.list_open("ldmrelease/")) == []
    assert site.forge.newest_of(HEAD, "main") is None


def test_conflicts_and_a_merge_queue_are_told(site: ServerSite) -> None:
    made = opened(site)
    site.server.protection["main"] = {"rules": [{"type": "merge_queue"}]}
    assert site.forge.look(made.number).mergeable is True
    site.repository.change("main", "tag: theirs")
    site.server.pulls[int(made.number)].queued = True
    found = client(site.kind, site.server).look(made.number)
    assert (found.mergeable, found.queued) == (False, True)


def test_rules_by_rulesets_and_by_protection(github: ServerSite) -> None:
    server = github.server
    assert github.forge.rules("main") == BranchRules(protected=False, merge_queue=False)
    rule = {"type": "pull_request", "parameters": {"required_approving_review_count": 2}}
    server.protection["main"] = {"rules": [rule, {"type": "required_signatures"}]}
    assert github.forge.rules("main") == BranchRules(
        protected=True, approvals=2, signed=True, merge_queue=False
    )
    reviews = {"required_approving_review_count": 1}
    server.protection["main"] = {"protection": {"required_pull_request_reviews": reviews}}
    assert github.forge.rules("main") == BranchRules(
        protected=True, approvals=1, signed=False, merge_queue=False
    )
    assert github.forge.rules("none") == BranchRules()


def test_rules_of_gitlab(tmp_path: Path) -> None:
    with git_forge(tmp_path / "r.git", DIALECTS["gitlab"]()) as server:
        forge = client("gitlab", server)
        assert forge.rules("main") == BranchRules(protected=False, merge_queue=False)
        server.protection["main"] = {
            "push_rule": {"reject_unsigned_commits": True},
            "approval_rules": [{"approvals_required": 1}, {"approvals_required": 2}],
        }
        assert forge.rules("main") == BranchRules(protected=True, approvals=2, signed=True, merge_queue=False)


def test_a_forge_that_is_away_is_an_error_with_its_name(tmp_path: Path) -> None:
    with git_forge(tmp_path / "r.git", GitHubDialect()) as server:
        forge = client("github", server)
    with pytest.raises(ForgeError, match=r"127\.0\.0\.1"):
        forge.list_open("ldmrelease/")
