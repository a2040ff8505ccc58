import contextlib
import errno
import math
import os
import re
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lqcdnn.errors import DataError, DiskError, NumericalError
from lqcdnn.storage.journal import Journal


def record(trajectory):
    return {"trajectory": trajectory, "dH": 0.1 / trajectory, "accepted": True, "polyakov": [0.5, -1e-17]}


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.jsonl") as journal:
        for trajectory in range(1, 6):
            journal.append(record(trajectory))
        journal.sync()
        yield journal


def test_records_come_back_exactly(journal):
    assert journal.records() == ([record(trajectory) for trajectory in range(1, 6)], [])
    body = '{"trajectory": 1, "dH": 0.1, "accepted": true, "polyakov": [0.5, -1e-17]}'
    first = journal.path.read_text().splitlines()[0]
    assert first == body.replace("}", f', "check": "{zlib.crc32(body.encode()):08x}"}}')


def test_a_missing_file_has_no_records(tmp_path):
    journal = Journal(tmp_path / "absent.jsonl")
    journal.truncate(3)
    journal.sync()
    assert journal.records() == ([], [])
    assert not journal.path.exists()


@pytest.mark.parametrize("cut", [1, 2, 10])
def test_torn_last_line_is_dropped_with_a_warning(journal, cut):
    journal.close()
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:-cut])
    records, warnings = journal.records()
    assert records == [record(trajectory) for trajectory in range(1, 5)]
    assert len(warnings) == 1
    assert "journal.jsonl" in warnings[0]
    journal.append(record(5))
    assert journal.path.read_bytes() == data


def test_torn_line_of_zeros_after_power_loss(journal):
    journal.close()
    data = journal.path.read_bytes()
    journal.path.write_bytes(data + bytes(100))
    assert len(journal.records().records) == 5
    records, (warning,) = journal.truncate(5)
    assert records == journal.records().records
    assert "dropped a last line" in warning
    assert journal.path.read_bytes() == data
    assert journal.truncate(5) == (records, [])


@pytest.mark.parametrize("damage", [b"{", b'{"trajectory": NaN}', b"[1]", b"", b"\xff\xfe", b"[" * 100000])
def test_damaged_line_in_the_middle_is_named(journal, damage):
    journal.close()
    lines = journal.path.read_bytes().split(b"\n")
    lines[2] = damage
    journal.path.write_bytes(b"\n".join(lines))
    for use in (journal.records, lambda: journal.truncate(2)):
        with pytest.raises(DataError, match="line 3"):
            use()


@pytest.mark.parametrize("after", [0, 3, 5, 9])
def test_truncation_keeps_the_original_bytes(journal, after):
    journal.close()
    # Bytes that no writer of ours would produce survive as they are, in lines of versions without a check.
    data = without_checks(journal).replace(b'"dH": 0.1,', b'"dH" : 0.10000,')
    journal.path.write_bytes(data)
    assert len(journal.truncate(after).records) == min(after, 5)
    assert journal.path.read_bytes() == b"".join(data.splitlines(keepends=True)[:after])
    journal.append({"trajectory": 6})
    assert journal.records().records[-1] == {"trajectory": 6}


def without_checks(journal):
    return re.sub(rb', "check": "[0-9a-f]{8}"', b"", journal.path.read_bytes())


def lines_of(journal):
    return journal.path.read_bytes().splitlines(keepends=True)


EDITS = {
    "a value": lambda lines: [*lines[:2], lines[2].replace(b"0.5", b"0.4"), *lines[3:]],
    "a check": lambda lines: [*lines[:2], lines[2][:-11] + b'00000000"}\n', *lines[3:]],
    "a space": lambda lines: [*lines[:2], lines[2].replace(b": true", b":  true"), *lines[3:]],
    "no check": lambda lines: [*lines[:2], lines[2][:-24] + b"}\n", *lines[3:]],
    "a removed line": lambda lines: [*lines[:2], *lines[3:]],
    "a doubled line": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "swapped lines": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_line_is_refused_by_its_number(journal, edit):
    journal.close()
    good = lines_of(journal)
    journal.path.write_bytes(b"".join(EDITS[edit](good)))
    for use in (journal.records, lambda: journal.truncate(2), lambda: journal.append(record(9))):
        with pytest.raises(DataError, match=r"journal.jsonl: line 3 .*(check|damaged)") as caught:
            use()
        assert "--repair" in caught.value.hint
    survey = journal.survey()
    assert [line.data for line in survey.good] == good[:2]
    assert "line 3" in survey.damage


def test_journals_without_checks_are_read_and_covered_by_the_next_line(journal):
    journal.close()
    journal.path.write_bytes(without_checks(journal))
    assert len(journal.records().records) == journal.survey().unchecked == 5
    journal.append(record(6))
    assert len(journal.records().records) == 6
    assert journal.survey().unchecked == 0
    lines = lines_of(journal)
    assert b"check" not in lines[4]
    journal.path.write_bytes(b"".join([lines[0].replace(b"0.5", b"0.4"), *lines[1:]]))
    with pytest.raises(DataError, match="line 6 is not what was written"):
        journal.records()


def test_lines_behind_a_dropped_one_are_checked_anew(tmp_path):
    """A series that was completed afterwards is not in order; what is left reads as if written so."""
    series, expected = (Journal(tmp_path / name) for name in ("series.jsonl", "expected.jsonl"))
    for trajectory in (2, 4, 8, 6):
        series.append(record(trajectory))
    for trajectory in (2, 4, 6):
        expected.append(record(trajectory))
    series.truncate(6)
    assert series.path.read_bytes() == expected.path.read_bytes()
    series.append(record(10))
    expected.append(record(10))
    assert series.path.read_bytes() == expected.path.read_bytes()
    series.close()
    expected.close()


def test_a_line_changed_after_an_append_is_found_by_the_next_truncation(journal):
    """What a truncation knows of the file serves one opening alone."""
    journal.truncate(4)
    journal.append(record(5))
    journal.close()
    journal.path.write_bytes(journal.path.read_bytes().replace(b"0.5", b"0.4"))
    for use in (lambda: journal.append(record(6)), lambda: journal.truncate(5)):
        with pytest.raises(DataError, match="line 1"):
            use()


def test_truncation_by_another_key(tmp_path):
    journal = Journal(tmp_path / "history.jsonl")
    for step in range(3):
        journal.append({"step": step})
    with pytest.raises(DataError, match="line 1 has no integer 'trajectory'"):
        journal.truncate(1)
    journal.truncate(1, key="step")
    assert journal.records().records == [{"step": 0}, {"step": 1}]
    journal.close()


@pytest.mark.parametrize("value", [math.nan, math.inf, [1.0, -math.inf]])
def test_numbers_that_are_not_finite_are_refused(journal, value):
    before = journal.path.read_bytes()
    with pytest.raises(NumericalError):
        journal.append({"trajectory": 6, "dH": value})
    assert journal.path.read_bytes() == before


def test_full_disk_leaves_whole_lines(journal, monkeypatch):
    before = journal.path.read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:9]))
    with pytest.raises(DiskError, match="could not append"):
        journal.append(record(6))
    assert journal.path.read_bytes() == before

    def full(descriptor, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskError, match=r"journal.jsonl: could not append \d+ bytes: No space left"):
        journal.append(record(6))
    monkeypatch.undo()
    journal.append(record(6))
    assert len(journal.records().records) == 6


def test_missing_directory(tmp_path):
    with pytest.raises(DiskError, match="No such file"):
        Journal(tmp_path / "absent" / "journal.jsonl").append({})


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path, data):
    path = tmp_path / "fuzz.jsonl"
    path.write_bytes(data)
    with contextlib.suppress(DataError):
        records, _ = Journal(path).records()
        assert len(records) == data.count(b"\n")
