"""Frames between the grader and a child: two lengths, a JSON header, raw bytes.

The other end may be hostile: sizes are checked before anything is read, every wait
of the grader's has a deadline, and what arrives is plain data or an error.

A ``Channel`` is for a socket or pipe that can be polled. Where pipes cannot, the child
reads and writes a ``Pipes``, and the grader has a ``Courier`` wait for it.
"""

import errno
import os
import queue
import select
import struct
import threading
import time

from course.checks import wire

HEADER_LIMIT = 2 << 20
BODY_LIMIT = 64 << 20
LIMITS = HEADER_LIMIT, BODY_LIMIT
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


def pack(tree, limits=LIMITS):
    """A message as bytes.

    Args:
        tree: what ``course.checks.wire.encode`` takes.
        limits: bytes that its header and its body may have.

    Raises:
        TypeError: ``tree`` is not plain data.
        ValueError: it is larger than a message may be.
    """
    header, body = wire.encode(tree)
    header = header.encode("ascii")
    _check_sizes((len(header), len(body)), limits, ValueError)
    return _LENGTHS.pack(len(header), len(body)) + header + body


def unpack(read, limits=LIMITS):
    """The message that comes next.

    Args:
        read: function from a number of bytes to that many bytes.
        limits: as in ``pack``.

    Raises:
        BadFrame: what came is no message.
    """
    sizes = _LENGTHS.unpack(read(_LENGTHS.size))
    _check_sizes(sizes, limits, BadFrame)
    header, body = map(read, sizes)
    try:
        return printable(wire.decode(header.decode("ascii"), body))
    except Exception as error:  # whatever it is, the sender caused it
        raise BadFrame(f"{type(error).__name__}: {error}"[:200]) from None


def _check_sizes(sizes, limits, kind):
    for name, size, limit in zip(("text", "arrays"), sizes, limits, strict=True):
        if size > limit:
            raise kind(
                f"{size:,} bytes of {name} in one message; {limit:,} may be sent"
            )


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
        rest = memoryview(pack(tree, self._limits))
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
        return unpack(lambda size: self._read(size, deadline), self._limits)

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


class Pipes:
    """Messages over two pipes, without deadlines: for the child, which may wait.

    Args:
        reader, writer: unbuffered binary files, taken over: ``close`` closes them.
    """

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer

    def close(self):
        """Close both files."""
        self._reader.close()
        self._writer.close()

    def send(self, tree):
        """Send plain data; raises what ``Channel.send`` does."""
        self.write(pack(tree))

    def write(self, data):
        """Send the bytes of a message.

        Raises:
            Closed: the other end is gone.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._writer.write(rest[:_CHUNK]) :]
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self):
        """Receive one message; raises what ``Channel.receive`` does."""
        return unpack(self._read)

    def _read(self, size):
        data = bytearray()
        while len(data) < size:
            try:
                piece = self._reader.read(min(size - len(data), _CHUNK))
            except OSError as error:
                raise Closed(str(error)) from None
            if not piece:
                raise Closed("end of data")
            data += piece
        return bytes(data)


class Courier:
    """Messages over two pipes, with deadlines: a thread of its own does the waiting.

    Each message that is sent has one answer. Nobody waits for the thread, which may be
    stuck as long as the other end is open, so ``close`` leaves the files to it.

    Args:
        reader, writer: as in ``Pipes``.
    """

    def __init__(self, reader, writer):
        self._outbox = queue.SimpleQueue()
        self._inbox = queue.SimpleQueue()
        pipes = Pipes(reader, writer)
        threading.Thread(target=self._carry, args=(pipes,), daemon=True).start()

    def close(self):
        """Let the thread end as soon as the other end has; closing twice is fine."""
        self._outbox.put(None)

    def send(self, tree, deadline=None):
        """Send plain data; raises TypeError and ValueError as ``Channel.send`` does."""
        self._outbox.put(pack(tree))

    def receive(self, deadline):
        """Receive the answer; it can be asked for again when the deadline passed.

        Raises:
            ChannelError: what came is no message, or nothing came in time.
        """
        try:
            answer = self._inbox.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise DeadlinePassed("the time is used up") from None
        if isinstance(answer, ChannelError):
            raise answer
        return answer

    def _carry(self, pipes):
        try:
            while (message := self._outbox.get()) is not None:
                pipes.write(message)
                self._inbox.put(pipes.receive())
            raise Closed("closed on this side")
        except ChannelError as error:
            self._inbox.put(error)
        finally:
            pipes.close()


def printable(tree):
    """The same data with lone surrogates, which no file can hold, replaced."""
    if isinstance(tree, str):
        return tree.encode("utf-8", "replace").decode("utf-8")
    if isinstance(tree, dict):
        return {printable(key): printable(value) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(printable(item) for item in tree)
    return tree
