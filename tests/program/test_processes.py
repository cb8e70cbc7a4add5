"""The program as a process: what it loads, completion, bytes that are no text, interrupts, and a reader who leaves."""

import signal
import subprocess
import sys
import time

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.unit.faces.cli.running import PROGRAM, process

HEAVY = {"pydantic", "yaml", "cryptography", "msgspec", "urllib3", "rich", "sqlite3", "semver"}


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["tag", "parse", "w.2023.16"], ["tag", "--help"]]
)
def test_what_is_asked_often_loads_nothing_heavy(words: list[str]):
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print(sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr))\n"
        "from ldmrelease.faces.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ta", "tag"),
        ("tag pa", "parse"),
        ("tag parse --gra", "--grammar"),
        ("tag parse --grammar se", "semver"),
    ],
)
def test_bash_completes(words: str, expected: str):
    count = len(words.split())
    environ = {"_LDMRELEASE_COMPLETE": "complete_bash", "COMP_CWORD": str(count)}
    done = process(**environ, COMP_WORDS=f"ldmrelease {words}")
    assert done.stdout.decode().split() == [expected]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", b"complete -o default -F _ldmrelease_completion ldmrelease"),
        ("zsh", b"compdef _ldmrelease_completion ldmrelease"),
        ("fish", b"complete --command ldmrelease"),
    ],
)
def test_completion_is_printed_for_the_shell_that_is_named(shell: str, line: bytes):
    # Whatever shell this is called from.
    done = process("completion", shell, SHELL="/bin/false")
    assert (done.returncode, line in done.stdout) == (0, True)


def test_whoever_reads_may_stop_reading():
    pipe = subprocess.Popen(
        [*PROGRAM, "tag", "parse", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert pipe.stdin is not None
    assert pipe.stdout is not None
    assert pipe.stderr is not None
    pipe.stdout.close()
    pipe.stdin.write(b"w.2023.16\n" * 20000)
    pipe.stdin.close()
    assert pipe.stderr.read() == b""
    assert pipe.wait(60) == ExitCode.NO_READER


def test_an_interrupt_is_a_line_and_exit_130():
    code = (
        # Whoever runs the tests in the background has it ignored, and children inherit that.
        "import signal, sys, ldmrelease.faces.cli.tag\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "ldmrelease.faces.cli.tag._lines = lambda: (print('ready', flush=True), __import__('time').sleep(60))\n"
        "from ldmrelease.faces.cli.main import main; main()"
    )
    pipe = subprocess.Popen(
        [sys.executable, "-c", code, "tag", "parse", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert pipe.stdout is not None
    assert pipe.stdout.readline() == b"ready\n"
    time.sleep(0.05)
    pipe.send_signal(signal.SIGINT)
    _, told = pipe.communicate(timeout=60)
    assert (pipe.returncode, told) == (ExitCode.INTERRUPTED, b"interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are bytes only on POSIX")
@pytest.mark.parametrize("form", ["json", "text", "yaml"])
@pytest.mark.parametrize("command", ["parse", "sort"])
def test_bytes_that_are_no_text_are_read_and_shown(command: str, form: str):
    done = process(
        "tag", command, "--output", form, b"w\xff.2023", "-", input=b"\xfe\x1b[31m\r\n", LC_ALL="C"
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stdout or (command, form) == ("sort", "text")
