import json
import os
import socket
import struct
import threading
import time

import numpy as np
import pytest

from course.checks import wire
from course.grading.sandbox.channel import (
    BadFrame,
    Channel,
    Closed,
    DeadlinePassed,
)


@pytest.fixture
def pair():
    a, b = socket.socketpair()
    left, right = Channel(a.detach()), Channel(b.detach())
    yield left, right
    left.close()
    right.close()


@pytest.fixture
def raw():
    """A channel, and the bare socket at its other end."""
    a, b = socket.socketpair()
    channel = Channel(a.detach(), header_limit=1000, body_limit=1000)
    yield channel, b
    channel.close()
    b.close()


def soon(seconds=5.0):
    return time.monotonic() + seconds


def frame(header, body=b"", lengths=None):
    return struct.pack(">II", *(lengths or (len(header), len(body)))) + header + body


def test_what_is_sent_arrives(pair):
    sent = {"id": 1, "x": np.arange(6, dtype="f4").reshape(2, 3), "s": "가", "t": (1,)}
    pair[0].send(sent, soon())
    got = pair[1].receive(soon())
    assert got["s"] == "가" and got["t"] == (1,) and list(got) == list(sent)
    np.testing.assert_array_equal(got["x"], sent["x"])


def test_a_message_larger_than_the_socket_buffer(pair):
    x = np.random.default_rng(0).normal(size=1 << 20)
    reader = []
    thread = threading.Thread(target=lambda: reader.append(pair[1].receive(soon(30))))
    thread.start()
    pair[0].send({"x": x}, soon(30))
    thread.join()
    np.testing.assert_array_equal(reader[0]["x"], x)


def test_nothing_is_sent_of_a_message_that_is_too_large(raw):
    channel, other = raw
    with pytest.raises(ValueError, match="1,008 bytes of arrays"):
        channel.send(np.zeros(126))
    with pytest.raises(ValueError, match="bytes of text"):
        channel.send("x" * 2000)
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.recv(1)


@pytest.mark.parametrize("lengths", [(1001, 0), (2, 1001), (2**32 - 1, 2**32 - 1)])
def test_sizes_are_refused_before_anything_is_read(raw, lengths):
    channel, other = raw
    other.sendall(frame(b"{}", lengths=lengths))
    with pytest.raises(BadFrame, match="may be sent"):
        channel.receive(soon())


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"", b""),
        (b"not json", b""),
        (b"[" * 900, b""),
        (b"1e999", b""),
        (b"NaN", b""),
        (b"\xff\xfe", b""),
        (b"null", b"left over"),
        (b'{"array": ["|O", [1]]}', b"12345678"),
        (b'{"array": [["<f4"], [1]]}', b"1234"),
        (b'{"array": ["<f4", [2147483647, 2147483647]]}', b"1234"),
        (b'{"array": ["<f4", [-1]]}', b""),
        (b'{"pickle": []}', b""),
        (b'{"dict": [[[], 1]]}', b""),
        (b"9" * 999, b""),
    ],
)
def test_anything_but_a_message_is_a_bad_frame(raw, header, body):
    channel, other = raw
    if header == b"9" * 999:
        header = b'{"array": ["<f4", [%b]]}' % header[:900]
    other.sendall(frame(header, body))
    with pytest.raises(BadFrame):
        channel.receive(soon())


def test_a_silent_end_meets_the_deadline(raw):
    channel, other = raw
    other.sendall(b"\0\0")
    started = time.monotonic()
    with pytest.raises(DeadlinePassed):
        channel.receive(soon(0.2))
    assert time.monotonic() - started < 20


def test_a_slow_drip_meets_the_deadline(raw):
    channel, other = raw
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            other.send(b"\0")

    other.sendall(struct.pack(">II", 900, 0))
    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(DeadlinePassed):
        channel.receive(soon(0.3))
    stop.set()
    thread.join()


def test_sending_to_an_end_that_does_not_read_meets_the_deadline(pair):
    with pytest.raises(DeadlinePassed):
        pair[0].send(np.zeros(1 << 20), soon(0.3))


def test_the_other_end_is_gone(raw):
    channel, other = raw
    other.sendall(frame(b"null")[:6])
    other.close()
    with pytest.raises(Closed):
        channel.receive(soon())
    with pytest.raises(Closed):
        for _ in range(3):
            channel.send("x", soon())


def test_a_closed_channel_says_so():
    a, b = os.pipe()
    channel = Channel(a)
    channel.close()
    channel.close()
    with pytest.raises(Closed):
        channel.receive(soon())
    os.close(b)


def test_lone_surrogates_become_printable(raw):
    channel, other = raw
    other.sendall(frame(json.dumps({"dict": [["\ud800", ["\udfff"]]]}).encode()))
    assert channel.receive(soon()) == {"?": ["?"]}


def test_every_byte_changed_is_a_message_or_a_bad_frame(pair):
    """Nothing else than a ChannelError ever comes out of hostile bytes."""
    header, body = wire.encode({"id": 1, "x": np.ones(3), "y": [None, (2.5, "a")]})
    whole = bytearray(header.encode())
    rng = np.random.default_rng(1)
    for position in range(len(whole)):
        changed = whole.copy()
        changed[position] = rng.integers(256)
        a, b = socket.socketpair()
        a.sendall(frame(bytes(changed), body))
        channel = Channel(b.detach())
        try:
            channel.receive(soon())
        except BadFrame:
            pass
        finally:
            channel.close()
            a.close()
