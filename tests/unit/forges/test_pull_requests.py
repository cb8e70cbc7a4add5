"""What every forge does with comments, at servers that answer as documented; the real Gitea is in tests/real."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from ldmrelease.forges import rest
from ldmrelease.forges.errors import ForgeError, NotAPullRequest, NoToken
from ldmrelease.forges.marked_comments import Posted, post_comment
from ldmrelease.forges.pull_request import PullRequest
from ldmrelease.forges.registry import open_pull_request
from ldmrelease.forges.rest import Rest
from tests.unit.forges.forge_server import ADDRESSES, ForgeServer, forge_server

MARKER = "<!-- ldmrelease gate -->"


@pytest.fixture(params=sorted(ADDRESSES))
def forge(request: pytest.FixtureRequest) -> Iterator[ForgeServer]:
    with forge_server(request.param) as running:
        yield running


@pytest.fixture
def pull_request(forge: ForgeServer) -> PullRequest:
    return open_pull_request(forge.address, forge.environment)


def test_a_comment_is_added_then_updated_then_left(forge: ForgeServer, pull_request: PullRequest) -> None:
    forge.written.append(("human", False, "looks good"))
    assert post_comment(pull_request, MARKER, f"{MARKER}\nrefused\n") is Posted.ADDED
    assert post_comment(pull_request, MARKER, f"{MARKER}\nallowed\n") is Posted.UPDATED
    assert post_comment(pull_request, MARKER, f"{MARKER}\nallowed") is Posted.UNCHANGED
    assert [text for _, _, text in forge.written] == ["looks good", f"{MARKER}\nallowed\n"]


def test_a_comment_of_somebody_else_with_the_marker_is_left_alone(
    forge: ForgeServer, pull_request: PullRequest
) -> None:
    forge.written.append(("mallory", False, f"{MARKER}\nall is allowed"))
    assert post_comment(pull_request, MARKER, f"{MARKER}\nrefused") is Posted.ADDED
    assert [author for author, _, _ in forge.written] == ["mallory", "bot"]


def test_a_comment_that_quotes_the_marker_is_left_alone(
    forge: ForgeServer, pull_request: PullRequest
) -> None:
    quoting = f"as it said:\n{MARKER}"
    forge.written.append(("bot", True, quoting))
    assert post_comment(pull_request, MARKER, f"{MARKER}\nrefused") is Posted.ADDED
    assert forge.written[0] == ("bot", True, quoting)


def test_our_comment_is_found_beyond_the_first_page(forge: ForgeServer, pull_request: PullRequest) -> None:
    forge.written += [("human", False, str(number)) for number in range(230)]
    assert post_comment(pull_request, MARKER, f"{MARKER}\n1") is Posted.ADDED
    assert post_comment(pull_request, MARKER, f"{MARKER}\n2") is Posted.UPDATED
    assert len(forge.written) == 231


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_forge_whose_pages_never_end_is_not_asked_for_ever(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "_PAGES", 3)
    with forge_server(kind) as forge:
        forge.written += [("human", False, str(number)) for number in range(900)]
        assert len(list(open_pull_request(forge.address, forge.environment).comments())) == 300
        assert len(forge.asked) == 3


def test_a_job_of_github_that_may_not_ask_who_it_is_takes_the_comment_of_a_bot() -> None:
    with forge_server("github") as forge:
        forge.account = None
        forge.written.append(("mallory", False, f"{MARKER}\nall is allowed"))
        pull_request = open_pull_request(forge.address, forge.environment)
        assert post_comment(pull_request, MARKER, f"{MARKER}\n1") is Posted.ADDED
        assert post_comment(pull_request, MARKER, f"{MARKER}\n2") is Posted.UPDATED
        assert [text for _, _, text in forge.written] == [f"{MARKER}\nall is allowed", f"{MARKER}\n2"]


def test_a_forge_that_is_busy_is_asked_again(forge: ForgeServer, pull_request: PullRequest) -> None:
    forge.faults = [_replies(503, b"", Retry_After="0"), _replies(429, b"{}", Retry_After="0")]
    assert post_comment(pull_request, MARKER, f"{MARKER}\n1") is Posted.ADDED


def test_a_forge_that_wants_an_hour_is_not_asked_again(forge: ForgeServer, pull_request: PullRequest) -> None:
    forge.faults = [_replies(429, b"{}", Retry_After="3600")]
    with pytest.raises(ForgeError, match="429, and it wants nothing more for 3600 s"):
        list(pull_request.comments())
    assert len(forge.asked) == 1


def test_a_forge_that_does_not_answer_is_not_waited_for(forge: ForgeServer) -> None:
    over = threading.Event()

    def waits(handler: Any) -> bool:
        over.wait(30)
        handler.reply(200, b"{}")
        return True

    forge.faults = [waits]
    try:
        with pytest.raises(ForgeError, match="timed out"):
            Rest(f"http://127.0.0.1:{forge.port}", {}, retries=0, timeout=0.1).get("/user")
    finally:
        over.set()


def test_of_an_answer_that_is_too_large_the_rest_is_not_waited_for(
    forge: ForgeServer, pull_request: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "_ANSWER_LIMIT", 10)
    over = threading.Event()

    def drips(handler: Any) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "20")
        handler.end_headers()
        handler.wfile.write(b"[          ")
        handler.wfile.flush()
        over.wait(30)
        handler.close_connection = True
        return True

    forge.faults = [drips]
    try:
        with pytest.raises(ForgeError, match="more than 10 bytes"):
            list(pull_request.comments())
    finally:
        over.set()


def test_a_comment_is_never_sent_twice(forge: ForgeServer, pull_request: PullRequest) -> None:
    forge.faults = [lambda _: False, _replies(502, b"<html>")]
    with pytest.raises(ForgeError, match="502 Bad Gateway"):
        post_comment(pull_request, MARKER, f"{MARKER}\n1")
    assert [method for method, _, _ in forge.asked] == ["GET", "POST"]


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (401, b'{"message": "Bad credentials"}', "401 Bad credentials"),
        (404, b'{"message": "Not Found"}', "404 Not Found"),
        (422, b'{"message": "\\u001b[31mno\\n"}', r"422 \[31mno"),
        (200, b"<html>a page of a proxy</html>", "the answer is not JSON"),
        (200, b'{"id": 1}', "list"),
        (200, b'[{"id": 1}]', "no body"),
        (200, b"[" + b" " * (9 << 20) + b"]", "more than 8388608 bytes"),
    ],
)
def test_what_a_forge_answers_instead_is_said(
    forge: ForgeServer, pull_request: PullRequest, status: int, content: bytes, said: str
) -> None:
    forge.faults = [_replies(status, content)]
    with pytest.raises(ForgeError, match=said):
        list(pull_request.comments())


def test_half_an_answer_is_no_answer(forge: ForgeServer, pull_request: PullRequest) -> None:
    def half(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"[")
        handler.close_connection = True
        return True

    forge.faults = [half]
    with pytest.raises(ForgeError):
        list(pull_request.comments())


def test_a_token_does_not_follow_a_redirect(forge: ForgeServer, pull_request: PullRequest) -> None:
    with forge_server("gitea") as other:
        forge.faults = [_replies(302, b"", Location=f"http://127.0.0.1:{other.port}/")]
        with pytest.raises(ForgeError, match="302 Found"):
            list(pull_request.comments())
        assert other.asked == []


def test_a_forge_that_is_away_is_an_error_with_its_name(forge: ForgeServer) -> None:
    with forge_server(forge.kind) as gone:
        address = gone.address
    with pytest.raises(ForgeError, match=r"127\.0\.0\.1"):
        list(open_pull_request(address, forge.environment).comments())


def test_without_a_token_the_variable_is_named(forge: ForgeServer) -> None:
    with pytest.raises(NoToken, match=r"no token for .*: set .*_TOKEN"):
        open_pull_request(forge.address, {})
    assert forge.asked == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://github.com/o/r/issues/7", "write one such as https://github.com/OWNER/NAME/pull/NUMBER"),
        ("https://bot:secret@github.com/o/r/pull/7", "leave user and password out"),
        ("ftp://github.com/o/r/pull/7", "not the address"),
        ("", "not the address"),
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(address: str, said: str) -> None:
    with pytest.raises(NotAPullRequest, match=said) as refused:
        open_pull_request(address, {"GH_TOKEN": "x"})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["forge.example.org", "localhost.example.org", "10.0.0.1", "192.168.1.7:3000", "[fe80::1]"]
)
def test_a_token_goes_over_https_alone(host: str) -> None:
    with pytest.raises(NotAPullRequest, match="https"):
        open_pull_request(f"http://{host}/o/r/pulls/7", {"GITEA_TOKEN": "x"})


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1", "[::1]:3000"])
def test_to_ones_own_machine_it_goes_without(host: str) -> None:
    open_pull_request(f"http://{host}/o/r/pulls/7", {"GITEA_TOKEN": "x"})


def _replies(status: int, content: bytes, **headers: str) -> Any:
    def reply(handler: Any) -> bool:
        handler.reply(status, content, **headers)
        return True

    return reply


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "no (login|username)"),
        (b"[]", "no (login|username)"),
        (b'{"login": {}, "username": []}', "no "),
        (b"[" * 99_999, "not JSON"),
    ],
)
def test_a_forge_that_does_not_say_who_we_are_is_an_error_of_the_forge(
    forge: ForgeServer, pull_request: PullRequest, content: bytes, said: str
) -> None:
    forge.faults = [_replies(200, content)]
    with pytest.raises(ForgeError, match=said):
        pull_request.own_account()


@pytest.mark.parametrize("status", [401, 403])
def test_whoever_may_not_ask_github_who_it_is_has_no_account(status: int) -> None:
    with forge_server("github") as forge:
        pull_request = open_pull_request(forge.address, forge.environment)
        forge.faults = [_replies(status, b"{}"), _replies(404, b"{}")]
        assert pull_request.own_account() is None
        with pytest.raises(ForgeError, match="404"):
            pull_request.own_account()


def test_a_comment_whose_author_is_gone_is_nobodys(forge: ForgeServer, pull_request: PullRequest) -> None:
    gone = b'[{"id": 7, "body": "<!-- ldmrelease gate -->", "user": null, "author": null}]'
    forge.faults = [_replies(200, gone)]
    (found,) = pull_request.comments()
    assert (found.author, found.is_bot) == ("", False)
