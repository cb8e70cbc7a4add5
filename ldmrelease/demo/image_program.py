"""The smallest program that an image can run: it waits, or, given arguments, ends with a status.

A static ELF file of a few machine instructions (System V ABI: argc is on top of the stack), so that the
demonstration's images run on a real cluster and nothing has to be downloaded for them.
"""

import struct

_BASE = 0x400000
_HEADERS = 64 + 56


def program(platform: str, status: int = 0, *, crashes: bool = False) -> bytes:
    """The program for `linux/amd64` or `linux/arm64`.

    With arguments it ends at once with `status` (0 to 255): a check passes or fails. Without, it waits for ever;
    where it `crashes`, it ends with `status` all the same. Raises `KeyError` for other platforms.
    """
    machine, code = {
        "linux/amd64": (62, _amd64(status, crashes)),
        "linux/arm64": (183, _arm64(status, crashes)),
    }[platform]
    size = _HEADERS + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = identity + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 64, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + code


def _amd64(status: int, crashes: bool) -> bytes:
    ends = b"\xbf" + struct.pack("<I", status) + b"\xb8\x3c\x00\x00\x00\x0f\x05"  # exit(status)
    waits = b"\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7"  # pause(), again and again
    if crashes:
        return ends
    alone = b"\x48\x83\x3c\x24\x01\x7e" + bytes([len(ends)])  # argc <= 1: step over the end
    return alone + ends + waits


def _arm64(status: int, crashes: bool) -> bytes:
    ends = struct.pack("<III", 0xD2800000 | status << 5, 0xD2800BA8, 0xD4000001)  # exit(status)
    # ppoll(NULL, 0, NULL, NULL, 0), again and again: there is no pause here.
    clear = [0xD2800000 | register for register in range(5)]
    waits = struct.pack("<8I", *clear, 0xD2800928, 0xD4000001, 0x17FFFFF9)
    if crashes:
        return ends
    alone = struct.pack(
        "<III", 0xF94003E9, 0xF100053F, 0x5400008D
    )  # ldr x9,[sp]; cmp x9,#1; b.le over the end
    return alone + ends + waits
