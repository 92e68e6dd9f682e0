"""A results folder: its store, its seed, and what it may hold besides."""

import sqlite3
import stat
from contextlib import closing

import pytest
from records import bad, record

from course.grading import report
from course.grading.record import (
    from_data,
    to_data,
)
from course.grading.store import (
    FILE,
    Store,
    UnfitFolder,
    assert_ours,
    secret_seed,
    work_key,
)


def test_a_record_survives_the_store(tmp_path):
    store = Store(tmp_path)
    for written in (record(), bad("lee", "empty"), record("\N{GRINNING FACE}")):
        store.put(written, "key")
        assert store.get(written.student, "05", "key") == written
        assert store.get(written.student, "05", "other") is None
        assert from_data(to_data(written)) == written
    assert [r.student for r in store.records("05")] == ["lee", "김민서", "😀"]
    store.keep_only("05", ["lee"])
    assert [r.student for r in store.records("05")] == ["lee"]
    store.close()


def test_halves_of_letters_do_not_stop_the_class(tmp_path):
    with closing(Store(tmp_path)) as store:
        store.put(record(problems=((1, 1, "ValueError: \ud800\udcf1", ""),)), "key")
        (kept,) = store.records("05")
    assert kept.problems == ((1, 1, "ValueError: ??", ""),)
    report.student_page(kept).encode()


DAMAGE = {
    "no database": lambda folder: (folder / FILE).write_text("This is a text."),
    "a folder": lambda folder: (folder / FILE).mkdir(),
    "another one's": lambda folder: _sql(folder, "CREATE TABLE submissions (a)"),
    "no records": lambda folder: _sql(
        folder,
        "CREATE TABLE submissions (student, lab, record)",
        "INSERT INTO submissions VALUES ('kim', '05', 'no JSON')",
    ),
}


def _sql(folder, *commands):
    with closing(sqlite3.connect(folder / FILE)) as database:
        for command in commands:
            database.execute(command)
        database.commit()


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_store_is_named_and_mended(kind, tmp_path):
    DAMAGE[kind](tmp_path)
    with pytest.raises(UnfitFolder, match=rf"{FILE} cannot be read.*give another"):
        with closing(Store(tmp_path)) as store:
            store.records("05")


def test_a_store_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch):
    Store(tmp_path).close()
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path: connect(f"file:{path}?mode=ro", uri=True)
    )
    with pytest.raises(UnfitFolder, match="readonly.*writable for you"):
        Store(tmp_path)


@pytest.mark.parametrize("text", ["", "x", "\ufeff7", "9" * 5000])
def test_a_damaged_seed_is_named_and_can_be_drawn_again(text, tmp_path):
    (tmp_path / "seed").write_text(text, encoding="utf-8")
    with pytest.raises(UnfitFolder, match="seed holds no number.*--new-seed"):
        secret_seed(tmp_path)
    assert secret_seed(tmp_path, new=7) == secret_seed(tmp_path) == 7


def test_a_results_folder_is_new_or_empty_or_has_results(tmp_path):
    out, work = tmp_path / "out", tmp_path / "work"
    work.mkdir()
    assert_ours(out, work)
    out.mkdir()
    (out / ".DS_Store").touch()
    assert_ours(out, work)
    (out / "students").mkdir()
    with pytest.raises(UnfitFolder, match="such as students.*empty folder as --out"):
        assert_ours(out, work)
    Store(out).close()  # a run was interrupted before it graded anything
    assert_ours(out, work)
    with pytest.raises(UnfitFolder, match="holds the submissions.*another folder"):
        assert_ours(out, work / ".." / "out")


def test_a_record_is_replaced_not_doubled(tmp_path):
    store = Store(tmp_path)
    store.put(record(), "one")
    store.put(record(seconds=9.0), "two")
    (kept,) = store.records("05")
    assert kept.seconds == 9.0
    store.close()


def test_the_seed_is_secret_and_stays(tmp_path):
    seed = secret_seed(tmp_path)
    path = tmp_path / "seed"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_seed(tmp_path) == seed
    assert secret_seed(tmp_path, new=7) == secret_seed(tmp_path) == 7
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_seed(tmp_path / "..", new=8) == 8
    (tmp_path / ".." / "seed").unlink()


def test_work_is_known_by_all_it_follows_from():
    keys = {
        work_key(*parts)
        for parts in [
            ("a", "05", 1, "v"),
            ("b", "05", 1, "v"),
            ("a", "06", 1, "v"),
            ("a", "05", 2, "v"),
            ("a", "05", 1, "w"),
        ]
    }
    assert len(keys) == 5
