"""Frames, and how they come out of the capture process.

The agent writes one byte whenever it wants a frame; the capture process answers with a message:
four bytes of length, a JSON header, and the pixels if it is a frame. So the process reads its
camera as fast as frames come, and only the newest one ever travels.
"""

import json
import os
import select
import struct
import time
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Kind = Literal["frame", "idle", "end", "fault"]

WANTED = b"n"
"""What the agent writes for the next frame."""

MAX_HEADER_BYTES = 65536
_LENGTH = struct.Struct(">I")
_CHUNK_BYTES = 1 << 20


class SilenceError(Exception):
    """The capture process said nothing until the deadline."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a camera.

    Attributes:
        sequence: Number of the frame since its capture process was started, from 1.
        stream: Number of the capture process.
        captured: When it was captured: wall clock, seconds since 1970.
        captured_monotonic_s: The same moment on the machine's monotonic clock, which no correction
            of the time of day moves; ages are told from it.
        name: Of its file, if it has one; else empty.
        image: RGB, shape (H, W, 3), uint8.
    """

    sequence: int
    stream: int
    captured: float
    captured_monotonic_s: float
    name: str
    image: Picture

    def age_s(self) -> float:
        """Return the seconds since its capture."""
        return time.monotonic() - self.captured_monotonic_s


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """What a capture process said.

    Attributes:
        kind: A frame; `idle`: alive, but there is none yet; `end`: there will be none; `fault`.
        header: The rest of what it said.
        image: The pixels of a frame, else None.
    """

    kind: Kind
    header: dict[str, Any]
    image: Picture | None = None


def packed(kind: Kind, image: Picture | None = None, **facts: object) -> list[bytes | memoryview]:
    """Return a message as buffers to be written one after the other.

    Args:
        kind: Of the message.
        image: Pixels, uint8; for frames.
        **facts: What else is told, plain values.
    """
    shape = None if image is None else image.shape
    header = json.dumps({"kind": kind, "shape": shape, **facts}).encode()
    buffers: list[bytes | memoryview] = [_LENGTH.pack(len(header)) + header]
    if image is not None:
        buffers.append(np.ascontiguousarray(image).data.cast("B"))
    return buffers


def send(handle: int, buffers: list[bytes | memoryview]) -> None:
    """Write buffers to a file descriptor.

    Raises:
        OSError: If nobody reads any more.
    """
    for buffer in buffers:
        rest = memoryview(buffer)
        while rest:
            rest = rest[os.write(handle, rest) :]


def receive(handle: int, deadline: float) -> Message:
    """Read one message.

    Args:
        handle: File descriptor of the capture process's pipe.
        deadline: On the monotonic clock.

    Raises:
        SilenceError: If the message is not there, whole, by the deadline.
        EOFError: If the process ended.
        ValueError: If what comes is no message.
    """
    (length,) = _LENGTH.unpack(_exactly(handle, _LENGTH.size, deadline))
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"a header of {length} bytes")
    header = json.loads(bytes(_exactly(handle, length, deadline)))
    shape = header.pop("shape")
    if shape is None:
        return Message(header.pop("kind"), header)
    pixels = _exactly(handle, int(np.prod(shape)), deadline)
    return Message(header.pop("kind"), header, np.frombuffer(pixels, np.uint8).reshape(shape))


def _exactly(handle: int, count: int, deadline: float) -> bytearray:
    data = bytearray(count)
    view, filled = memoryview(data), 0
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    while filled < count:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not poll.poll(1000 * left_s):
            raise SilenceError
        got = os.readv(handle, [view[filled : filled + _CHUNK_BYTES]])
        if got == 0:
            raise EOFError
        filled += got
    return data


def frame_of(message: Message, stream: int) -> Frame:
    """Return the frame that a message holds.

    Args:
        message: Of the kind `frame`.
        stream: Number of its capture process.

    Raises:
        ValueError: If it holds none.
    """
    if message.image is None:
        raise ValueError("a frame without pixels")
    header = message.header
    return Frame(
        sequence=int(header["sequence"]),
        stream=stream,
        captured=float(header["captured"]),
        captured_monotonic_s=float(header["monotonic_s"]),
        name=str(header["name"]),
        image=message.image,
    )


def encoded(image: Picture, suffix: str) -> bytes:
    """Return an RGB picture as a file's bytes.

    Args:
        image: Shape (H, W, 3), uint8.
        suffix: `.bmp`, `.png` or `.jpg` (quality 95).
    """
    _, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return data.tobytes()
