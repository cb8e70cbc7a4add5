"""What is sent to whom: schemes, tokens by scope, and the address of a registry."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from ldmrelease.registry.auth import Authority, TokenRequest
from ldmrelease.registry.credentials import Credentials
from ldmrelease.registry.errors import BadAnswer
from ldmrelease.registry.http import base_url
from ldmrelease.registry.repository import RegistryOptions

ANNA = Credentials("anna", "secret")
PULL, PUSH = frozenset({"repository:lab:pull"}), frozenset({"repository:lab:pull,push"})
CHALLENGE = 'Bearer realm="https://auth.example.org/token",service="example",scope="repository:lab:pull"'


class Service:
    """A token service that numbers its tokens."""

    def __init__(self, life: int = 300) -> None:
        self.asked: list[TokenRequest] = []
        self.life = life

    def __call__(self, request: TokenRequest) -> bytes:
        self.asked.append(request)
        return json.dumps({"token": f"t{len(self.asked)}", "expires_in": self.life}).encode()


def authority(service: Service, credentials: Credentials | None = ANNA) -> Authority:
    return Authority("a.b", lambda: credentials, service)


def test_nothing_is_sent_before_the_registry_asks() -> None:
    assert authority(Service()).header(PULL) is None


def test_basic_is_sent_from_then_on_and_not_tried_twice() -> None:
    mine = authority(Service())
    header = mine.answer('Basic realm="x"', PULL, None)
    assert header == "Basic " + base64.b64encode(b"anna:secret").decode()
    assert mine.header(PUSH) == header
    assert mine.answer('Basic realm="x"', PULL, header) is None
    assert authority(Service(), None).answer('Basic realm="x"', PULL, None) is None


def test_a_token_is_asked_for_once_per_scope() -> None:
    service = Service()
    mine = authority(service)
    assert mine.answer(CHALLENGE, PULL, None) == "Bearer t1"
    assert [mine.header(PULL) for _ in range(3)] == ["Bearer t1"] * 3
    assert mine.header(PUSH) == "Bearer t2"
    assert mine.header(PULL) == "Bearer t1"
    query = parse_qs(urlsplit(service.asked[0].url).query)
    assert query == {"service": ["example"], "scope": ["repository:lab:pull"]}
    assert service.asked[0].authorization == ANNA.basic()


def test_a_token_for_more_serves_for_less() -> None:
    service = Service()
    mine = authority(service)
    mine.answer(CHALLENGE, PULL | PUSH, None)
    assert mine.header(PULL) == mine.header(PUSH) == "Bearer t1"


def test_a_refused_or_short_lived_token_is_replaced() -> None:
    mine = authority(Service())
    first = mine.answer(CHALLENGE, PULL, None)
    assert mine.answer(CHALLENGE, PULL, first) == "Bearer t2"
    # Another thread that was refused with the older one gets what is there already.
    assert mine.answer(CHALLENGE, PULL, first) == "Bearer t2"


def test_an_identity_token_is_exchanged_by_a_form() -> None:
    service = Service()
    token = Credentials("<token>", "long", identity_token=True)
    authority(service, token).answer(CHALLENGE, PULL, None)
    request = service.asked[0]
    assert (request.method, request.authorization) == ("POST", None)
    assert request.form is not None
    assert parse_qs(request.form.decode())["refresh_token"] == ["long"]
    assert "long" not in request.url


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Digest realm=x"])
def test_schemes_we_do_not_know_are_not_answered(challenge: str) -> None:
    assert authority(Service()).answer(challenge, PULL, None) is None


@pytest.mark.parametrize("challenge", ['Bearer service="x"', 'Bearer realm="file:///etc/passwd"'])
def test_a_challenge_without_a_service_is_a_bad_answer(challenge: str) -> None:
    with pytest.raises(BadAnswer):
        authority(Service()).answer(challenge, PULL, None)


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"token": "x", "expires_in": "soon"}'])
def test_a_service_without_a_token_is_a_bad_answer(answer: bytes) -> None:
    with pytest.raises(BadAnswer, match=r"a\.b"):
        Authority("a.b", lambda: ANNA, lambda request: answer).answer(CHALLENGE, PULL, None)


def test_of_two_challenges_bearer_is_answered() -> None:
    header = authority(Service()).answer('Basic realm="x", ' + CHALLENGE, PULL, None)
    assert header == "Bearer t1"


@pytest.mark.parametrize(
    ("registry", "base"),
    [
        ("ghcr.io", "https://ghcr.io/"),
        ("docker.io", "https://registry-1.docker.io/"),
        ("localhost:5000", "http://localhost:5000/"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000/"),
        ("127.8.9.1", "http://127.8.9.1/"),
        ("[::1]:5000", "http://[::1]:5000/"),
        ("127.0.0.1.example.org", "https://127.0.0.1.example.org/"),
        ("registry.local:5000", "http://registry.local:5000/"),
    ],
)
def test_tls_unless_loopback_or_told_otherwise(registry: str, base: str) -> None:
    assert base_url(registry, RegistryOptions(insecure=frozenset({"registry.local:5000"}))) == base


def test_the_order_of_a_scopes_actions_makes_no_other_scope() -> None:
    service = Service()
    mine = authority(service)
    mine.answer(CHALLENGE.replace('lab:pull"', 'lab:push,pull"'), PUSH, None)
    assert parse_qs(urlsplit(service.asked[0].url).query)["scope"] == ["repository:lab:pull,push"]
