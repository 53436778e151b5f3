"""What a file is, told by its content."""

import gzip
import sqlite3
from pathlib import Path

import pytest

from hourloom.imports.activitywatch.apart import kind_of
from hourloom.imports.activitywatch.asking import Kind
from hourloom.imports.activitywatch.detect import ForeignFile, NoSuchFile, UnreadableFile, detect
from tests.imports.builders import a_bucket, a_python_database, an_export, written


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    path = written(tmp_path, an_export(a_bucket()), "sqlite.db")
    assert detect(path) is Kind.EXPORT
    assert kind_of(path) is Kind.EXPORT


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"", "it is empty"),
        (b" \n\t", "only blanks"),
        (gzip.compress(b"{}", mtime=0), "unpack it"),
        (b"PK\x03\x04 rest", "unpack it"),
        (b"timestamp,duration,app,title\n2024-03-04,1,a,b\n", "CSV"),
        (b"<!doctype html>", "web page"),
        (bytes(range(256)) * 10, "binary"),
        (b"hello", "neither like JSON"),
    ],
)
def test_a_foreign_file_is_refused_with_a_guess_at_what_it_is(
    tmp_path: Path, content: bytes, looks: str
) -> None:
    with pytest.raises(ForeignFile, match=looks):
        detect(written(tmp_path, content, "file"))


def test_another_programs_database_is_told_apart(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "x.db").executescript("CREATE TABLE moz_places (id INTEGER)")
    with pytest.raises(ForeignFile, match="another program's database"):
        detect(tmp_path / "x.db")


def test_a_directory_is_refused_with_the_file_to_name_instead(tmp_path: Path) -> None:
    with pytest.raises(ForeignFile, match="it is a directory"):
        detect(tmp_path)
    a_python_database(tmp_path / "peewee-sqlite.v2.db").close()
    with pytest.raises(ForeignFile, match=r"name the file peewee-sqlite\.v2\.db"):
        detect(tmp_path)


def test_a_missing_file_and_an_impossible_name_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile, match="There is no file"):
        detect(tmp_path / "x")
    with pytest.raises(UnreadableFile, match="cannot be read"):
        detect(tmp_path / ("x" * 400))
    with pytest.raises(UnreadableFile, match="null"):
        detect(Path("a\0b"))
