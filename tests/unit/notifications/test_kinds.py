"""The ways of telling: what arrives, what is tried again, and what is said where nothing arrives."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message, Sink

from ldmrelease.config.workspace.model import Receiver
from ldmrelease.notifications.delivering import deliver_all
from ldmrelease.notifications.interface import Delivery, NotDelivered, Notification
from ldmrelease.notifications.registry import KINDS, deliver_by
from tests.unit.notifications.receiving import Receiving, receiving

ONE = Notification(
    key="P-9/approval-needed/0a1b",
    event="approval-needed",
    subject="P-9",
    time="2026-11-22T14:00:00Z",
    text="stack/24.0.0 needs an approval at usdfprod/batch",
    next=(("ldmrelease", "promotions", "show", "P-9"),),
    addresses=("grace@lsst.org",),
    data={"event": "approval-needed", "promotion": "P-9", "who": ["change-control-board"]},
)
OTHER = Notification(
    "P-10/halted/0", "halted", "P-10", "2026-11-22T14:00:01Z", "prompt-processing/1.6.0 <!channel> & `x`"
)
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()


@pytest.fixture
def server() -> Iterator[Receiving]:
    with receiving() as taken:
        yield taken


def way(tmp_path: Path, seconds: float = 5.0, **environ: str) -> Delivery:
    return Delivery("urn:uuid:1", tmp_path, seconds, {"PATH": "/usr/bin:/bin", **environ})


def deliver(receiver: Receiver, told: list[Notification], way: Delivery) -> None:
    deliver_by(receiver.kind)(receiver, told, way)


def refused(receiver: Receiver, told: list[Notification], way: Delivery) -> str:
    with pytest.raises(NotDelivered) as error:
        deliver(receiver, told, way)
    return str(error.value)


def test_a_command_gets_a_line_of_json_for_each_event(tmp_path: Path) -> None:
    receiver = Receiver("pager", "command", command=("tee", "told.json"))
    deliver(receiver, [ONE, OTHER], way(tmp_path))
    lines = (tmp_path / "told.json").read_text().splitlines()
    assert [json.loads(each) for each in lines] == [ONE.data, OTHER.data]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("sh", "-c", "cat; echo no >&2; exit 3"), "sh: exit status 3 no"),
        (("/nowhere/at-all",), "/nowhere/at-all: No such file or directory"),
        (("sleep", "20"), "sleep: no answer within 0.2 s"),
    ],
    ids=["fails", "is-not-there", "hangs"],
)
def test_a_command_that_does_not_take_it_is_told(tmp_path: Path, command: tuple[str, ...], told: str) -> None:
    assert refused(Receiver("pager", "command", command=command), [ONE], way(tmp_path, 0.2)) == told


def test_a_command_that_leaves_something_running_is_not_waited_for(tmp_path: Path) -> None:
    command = ("sh", "-c", "sleep 600 & cat > told.json")
    deliver(Receiver("pager", "command", command=command), [ONE], way(tmp_path))
    assert json.loads((tmp_path / "told.json").read_text()) == ONE.data


def test_a_receiver_that_dribbles_and_one_that_cannot_be_told_hold_up_nobody(
    server: Receiving, tmp_path: Path
) -> None:
    with dribbling() as url:
        slow = Receiver("slow", "webhook", url=url)
        odd = Receiver("odd", "webhook", url="https://[nowhere/secret")
        unread = Receiver("unread", "webhook", url=server.url, secret_from="SECRET")
        good = Receiver("good", "webhook", url=server.url)
        asked = {each: [ONE] for each in (slow, odd, unread, good)}
        told = deliver_all(asked, way(tmp_path, 0.5, SECRET="whsec_\u00e9"))
    assert told[good] is None
    assert told[slow] == "no answer within 0.5 s"
    assert told[odd] == "cannot be told: ValueError"
    assert "its rest is not base64" in (told[unread] or "")


@contextmanager
def dribbling() -> Iterator[str]:
    """The URL of a server that answers a byte now and then, for as long as it is asked."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                while not done.wait(0.1):
                    connection.sendall(b"x")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        done.set()
        thread.join()


class TestWebhook:
    def receiver(self, server: Receiving, **more: Any) -> Receiver:
        return Receiver("events", "webhook", url=server.url, **more)

    def test_one_event_is_a_cloud_event(self, server: Receiving, tmp_path: Path) -> None:
        deliver(self.receiver(server), [ONE], way(tmp_path))
        event = json.loads(server.bodies[0])
        assert server.headers[0]["content-type"] == "application/cloudevents+json"
        assert {key: event[key] for key in ("specversion", "id", "source", "type", "subject", "time")} == {
            "specversion": "1.0",
            "id": ONE.key,
            "source": "urn:uuid:1",
            "type": "org.lsst.ldmrelease.approval-needed",
            "subject": "P-9",
            "time": ONE.time,
        }
        assert event["data"] == {**ONE.data, "text": ONE.text}

    def test_several_are_one_batch(self, server: Receiving, tmp_path: Path) -> None:
        deliver(self.receiver(server), [ONE, OTHER], way(tmp_path))
        assert server.headers[0]["content-type"] == "application/cloudevents-batch+json"
        assert [each["id"] for each in json.loads(server.bodies[0])] == [ONE.key, OTHER.key]

    def test_the_data_may_be_a_cd_event(self, server: Receiving, tmp_path: Path) -> None:
        deliver(self.receiver(server, format="cdevents"), [ONE], way(tmp_path))
        event = json.loads(server.bodies[0])
        assert event["type"] == event["data"]["context"]["type"]
        assert event["type"] == "dev.cdeventsx.ldmrelease-promotion.approvalneeded.0.1.0"
        assert event["data"]["context"]["version"] == "0.4.1"
        assert event["data"]["subject"]["content"]["text"] == ONE.text

    def test_the_body_is_signed(self, server: Receiving, tmp_path: Path) -> None:
        deliver(self.receiver(server, secret_from="HOOK"), [ONE], way(tmp_path, HOOK=SECRET))
        got = server.headers[0]
        signed = f"{got['webhook-id']}.{got['webhook-timestamp']}.".encode() + server.bodies[0]
        mac = hmac.new(b"a secret of the tests", signed, hashlib.sha256).digest()
        assert got["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"

    def test_without_its_secret_nothing_is_sent(self, server: Receiving, tmp_path: Path) -> None:
        told = refused(self.receiver(server, secret_from="HOOK"), [ONE], way(tmp_path))
        assert (told, server.bodies) == ("the environment has no HOOK", [])

    def test_a_server_that_stumbles_is_sent_the_same_again(self, server: Receiving, tmp_path: Path) -> None:
        server.answers = [503, 429]
        deliver(self.receiver(server, secret_from="HOOK"), [ONE], way(tmp_path, HOOK=SECRET))
        assert len(server.bodies) == 3
        assert len({each["webhook-id"] for each in server.headers}) == len(set(server.bodies)) == 1

    @pytest.mark.parametrize("status", [400, 401, 404, 302])
    def test_what_is_refused_for_good_is_sent_once(
        self, server: Receiving, tmp_path: Path, status: int
    ) -> None:
        server.answers = [status]
        told = refused(self.receiver(server), [ONE], way(tmp_path))
        assert told == f"127.0.0.1:{server.port}: it answered {status}"
        assert len(server.bodies) == 1

    def test_one_that_hangs_has_its_time_and_no_more(self, server: Receiving, tmp_path: Path) -> None:
        server.pause = 3.0
        told = refused(self.receiver(server), [ONE], way(tmp_path, 0.3))
        assert told == f"127.0.0.1:{server.port}: ReadTimeoutError"

    @pytest.mark.parametrize("url", ["http://example.org/hook", "file:///etc/passwd", "ftp://x/y", ""])
    def test_only_https_leaves_this_machine(self, tmp_path: Path, url: str) -> None:
        receiver = Receiver("events", "webhook", url_from="URL")
        assert "https://" in refused(receiver, [ONE], way(tmp_path, URL=url)) or not url

    def test_a_secret_url_is_in_no_message(self, tmp_path: Path) -> None:
        receiver = Receiver("chat", "slack", url_from="URL")
        told = refused(receiver, [ONE], way(tmp_path, 0.5, URL="http://127.0.0.1:9/T000/secret"))
        assert "secret" not in told
        assert told.startswith("127.0.0.1:9: ")


def test_a_chat_gets_text_that_is_no_markup(server: Receiving, tmp_path: Path) -> None:
    deliver(Receiver("chat", "slack", url=server.url), [ONE, OTHER], way(tmp_path))
    text = json.loads(server.bodies[0])["text"]
    assert "`ldmrelease promotions show P-9`" in text
    assert "prompt-processing/1.6.0 &lt;!channel&gt; &amp; 'x'" in text


class TestMail:
    @pytest.fixture
    def letters(self) -> Iterator[tuple[str, list[Any]]]:
        """A real mail server on this machine: its address, and the letters that it took."""
        taken: list[Any] = []

        class Taking(Message):
            def handle_message(self, message: Any) -> None:
                taken.append(message)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Controller(Taking(), hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield f"smtp://127.0.0.1:{port}", taken
        finally:
            controller.stop()

    def test_who_is_asked_gets_one_letter(self, letters: tuple[str, list[Any]], tmp_path: Path) -> None:
        address, taken = letters
        receiver = Receiver("board", "mail", server=address, sender="ldmrelease@lsst.org")
        deliver(receiver, [ONE], way(tmp_path))
        (letter,) = taken
        assert (letter["To"], letter["Subject"]) == ("grace@lsst.org", ONE.text)
        assert "    ldmrelease promotions show P-9" in letter.get_payload()

    def test_a_subject_adds_no_header(self, letters: tuple[str, list[Any]], tmp_path: Path) -> None:
        address, taken = letters
        receiver = Receiver("board", "mail", server=address, sender="a@lsst.org", to=("b@lsst.org",))
        evil = Notification("k", "halted", "P-1", ONE.time, "halted\r\nBcc: mallory@evil.example")
        deliver(receiver, [evil], way(tmp_path))
        assert taken[0]["Bcc"] is None

    def test_a_password_is_given_over_tls_alone(self, tmp_path: Path) -> None:
        def taken(*_: object) -> None:
            raise AssertionError("the password was sent")

        with socket.socket() as free:
            free.bind(("127.0.0.2", 0))
            port = free.getsockname()[1]
        controller = Controller(
            Sink(), hostname="127.0.0.2", port=port, auth_require_tls=False, authenticator=taken
        )
        controller.start()
        try:
            receiver = Receiver(
                "board", "mail", server=f"smtp://127.0.0.2:{port}", sender="a@lsst.org", user="bot",
                password_from="PASSWORD",
            )  # fmt: skip
            assert "offers no TLS" in refused(receiver, [ONE], way(tmp_path, PASSWORD="hunter2"))
        finally:
            controller.stop()

    def test_nobody_to_write_to_and_no_server_are_told(self, tmp_path: Path) -> None:
        receiver = Receiver("board", "mail", server="smtp://127.0.0.1:9", sender="a@lsst.org")
        assert "has a mail address" in refused(receiver, [OTHER], way(tmp_path))
        assert refused(receiver, [ONE], way(tmp_path)) == "127.0.0.1: Connection refused"
        odd = Receiver("board", "mail", server="http://x", sender="a@lsst.org")
        assert "smtp://HOST:PORT" in refused(odd, [ONE], way(tmp_path))


def test_each_kind_can_be_delivered_by() -> None:
    assert all(callable(deliver_by(each)) for each in KINDS)
