"""Frames between the grader and a child: two lengths, a JSON header, raw bytes.

The other end may be hostile: sizes are checked before anything is read, every wait
has a deadline, and what arrives is plain data or an error.
"""

import errno
import os
import select
import struct
import time

from course.checks import wire

HEADER_LIMIT = 2 << 20
BODY_LIMIT = 64 << 20
_LENGTHS = struct.Struct(">II")
_CHUNK = 1 << 20


class ChannelError(Exception):
    """No usable message: the channel is of no further use."""


class Closed(ChannelError):
    """The other end is gone."""


class DeadlinePassed(ChannelError):
    """The other end took too long."""


class BadFrame(ChannelError):
    """The other end sent something else than a message."""


class Channel:
    """Messages over a stream socket or pipe.

    Args:
        fd: file descriptor, taken over: ``close`` closes it.
        header_limit, body_limit: bytes that a message may have, either way.
    """

    def __init__(self, fd, header_limit=HEADER_LIMIT, body_limit=BODY_LIMIT):
        self._fd = fd
        self._limits = header_limit, body_limit
        os.set_blocking(fd, False)

    def close(self):
        """Close the file descriptor; closing twice does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def send(self, tree, deadline=None):
        """Send plain data.

        Args:
            tree: what ``course.checks.wire.encode`` takes.
            deadline: on ``time.monotonic``'s clock; None waits for ever.

        Raises:
            TypeError: ``tree`` is not plain data.
            ValueError: it is larger than a message may be. Nothing was sent.
            ChannelError: it could not be sent.
        """
        header, body = wire.encode(tree)
        header = header.encode("ascii")
        self._check_sizes(len(header), len(body), ValueError)
        rest = memoryview(_LENGTHS.pack(len(header), len(body)) + header + body)
        while rest:
            self._wait(select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._fd, rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed(os.strerror(error.errno)) from None

    def receive(self, deadline=None):
        """Receive one message.

        Raises:
            ChannelError: what came is no message, or nothing came in time.
        """
        sizes = _LENGTHS.unpack(self._read(_LENGTHS.size, deadline))
        self._check_sizes(*sizes, BadFrame)
        header, body = (self._read(size, deadline) for size in sizes)
        try:
            return printable(wire.decode(header.decode("ascii"), body))
        except Exception as error:  # whatever it is, the sender caused it
            raise BadFrame(f"{type(error).__name__}: {error}"[:200]) from None

    def _check_sizes(self, header, body, kind):
        for name, size, limit in zip(
            ("text", "arrays"), (header, body), self._limits, strict=True
        ):
            if size > limit:
                raise kind(
                    f"{size:,} bytes of {name} in one message; {limit:,} may be sent"
                )

    def _read(self, size, deadline):
        data = bytearray()
        while len(data) < size:
            self._wait(select.POLLIN, deadline)
            try:
                piece = os.read(self._fd, min(size - len(data), _CHUNK))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed(os.strerror(error.errno)) from None
            if not piece:
                raise Closed("end of data")
            data += piece
        return bytes(data)

    def _wait(self, event, deadline):
        if self._fd < 0:
            raise Closed(os.strerror(errno.EBADF))
        poll = select.poll()
        poll.register(self._fd, event)
        left = None if deadline is None else 1000 * (deadline - time.monotonic())
        if left is not None and left <= 0:
            raise DeadlinePassed("the time is used up")
        if not poll.poll(left):
            raise DeadlinePassed("the time is used up")


def printable(tree):
    """The same data with lone surrogates, which no file can hold, replaced."""
    if isinstance(tree, str):
        return tree.encode("utf-8", "replace").decode("utf-8")
    if isinstance(tree, dict):
        return {printable(key): printable(value) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(printable(item) for item in tree)
    return tree
