"""An ssh server of the tests' own, on loopback, that lets one key in."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

from tests.real.parts import missing, require

_PATIENCE = 20
_CONFIGURATION = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
"""


@dataclass(frozen=True)
class SshServer:
    """Where it is, and its keys."""

    folder: Path
    port: int

    def address(self, path: Path) -> str:
        """A repository of this machine, by ssh."""
        return f"ssh://{getuser()}@127.0.0.1:{self.port}{path}"

    @property
    def command(self) -> str:
        """How a user that it knows calls ssh, with no configuration and no host keys of the machine."""
        own = f"-F none -o IdentitiesOnly=yes -o IdentityAgent=none -i {self.folder}/user"
        return f"ssh {own}"

    def known_hosts(self, key: str = "host") -> str:
        """A line that says that this is its key."""
        kind, text = (self.folder / f"{key}.pub").read_text().split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {text}\n"


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Run one until the end of the block."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        missing("sshd is missing: apt install openssh-server")
    require("ssh", "apt install openssh-client")
    folder.mkdir()
    for each in ("host", "user", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / each)], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd confines itself
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (folder / "sshd_config").write_text(_CONFIGURATION.format(port=port, folder=folder))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
    try:
        _wait(server, port, folder / "log")
        yield SshServer(folder, port)
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not listen: {log.read_text()}")
