import contextlib
import errno
import math
import os

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
    first = journal.path.read_text().splitlines()[0]
    assert first == '{"trajectory": 1, "dH": 0.1, "accepted": true, "polyakov": [0.5, -1e-17]}'


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
    journal.truncate(5)
    assert journal.path.read_bytes() == data


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
    # Bytes that no writer of ours would produce survive as they are.
    data = journal.path.read_bytes().replace(b'"dH": 0.1,', b'"dH" : 0.10000,')
    journal.path.write_bytes(data)
    journal.truncate(after)
    assert journal.path.read_bytes() == b"".join(data.splitlines(keepends=True)[:after])
    journal.append({"trajectory": 6})
    assert journal.records().records[-1] == {"trajectory": 6}


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
