"""A Python file of the user's own: what it prints, the memory that it lacks, the threads that it begins."""

import importlib
import os
import signal
import sys

import pytest

from lqcdnn import workers
from lqcdnn.errors import InputError, MemoryLack
from lqcdnn.storage.customcode import CustomCode

FILE = """\
import multiprocessing
import threading
import time

held = threading.Event()


def begin():
    thread = threading.Thread(target=held.wait)
    thread.start()
    return thread


def end(thread):
    held.set()
    thread.join()


def full():
    raise MemoryError("no room")


def said():
    print("called")


def wait(begun):
    begun.set()
    time.sleep(20)


def ended():
    context = multiprocessing.get_context("fork")
    begun = context.Event()
    process = context.Process(target=wait, args=(begun,))
    process.start()
    begun.wait(5)
    process.terminate()
    process.join(5)
    alive = process.is_alive()
    process.kill()
    return alive
"""


@pytest.fixture
def code(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_foreign", [])
    (tmp_path / "own.py").write_text(FILE)
    return CustomCode(str(tmp_path / "own.py"), "key")


def test_standard_output_is_not_for_it(code, capsys):
    code.function("said")()
    assert capsys.readouterr() == ("", "called\n")


def test_a_file_that_two_tables_name_finds_its_own_functions(tmp_path):
    """By name, as pickle does for the processes of a pool."""
    path = tmp_path / "pool.py"
    path.write_text("import pickle\n\n\ndef measure():\n    return pickle.loads(pickle.dumps(measure)) is measure\n")
    first, second = CustomCode(str(path), "first"), CustomCode(str(path), "second")
    assert [code.function("measure")() for code in (first, second, first)] == [True] * 3


def test_want_of_memory_is_told_as_its_own(code):
    with pytest.raises(MemoryLack, match=r"own.py, line 20, in full: MemoryError: no room"):
        code.function("full")()


def test_what_it_begins_can_be_ended_though_this_process_hears_stop_requests(code):
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        assert not code.function("ended")()
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(not workers.POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")
def test_a_process_with_threads_of_its_own_is_not_copied(code):
    assert workers.possible()
    thread = code.function("begin")()
    assert not workers.possible()
    code.function("end")(thread)


def test_a_mistake_in_what_it_imports_is_not_called_one_of_its_own(tmp_path):
    (tmp_path / "mistaken_helper.py").write_text("x = = 1\n")
    (tmp_path / "own.py").write_text("\nimport mistaken_helper\n")
    with pytest.raises(InputError, match=r"own.py, line 2, when imported: SyntaxError: .*mistaken_helper.py, line 1"):
        CustomCode(str(tmp_path / "own.py"), "key")


def test_a_file_that_was_changed_is_read_again_whatever_its_time(tmp_path):
    """Scripts change one digit and begin the next run within a second."""
    file = tmp_path / "own.py"
    for number in (1, 2):
        file.write_text(f"def number():\n    return {number}\n")
        os.utime(file, (1e9, 1e9))
        assert CustomCode(str(file), "key").function("number")() == number


def test_files_of_two_folders_have_helpers_of_their_own_with_the_same_name(tmp_path):
    """Also those imported late; what is installed, and packages in the folder, are found as ever."""
    before = [name for name in sys.modules if name.startswith("namesake")], list(sys.path)
    codes = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        (folder / "namesake_package").mkdir(parents=True)
        (folder / "namesake.py").write_text(f"calls = {10 * number}\n")
        (folder / "namesake_late.py").write_text(f"import namesake\nnumber = {number} + namesake.calls\n")
        (folder / "namesake_package/part.py").write_text(f"number = {100 * number}\n")
        (folder / "own.py").write_text(
            "import numpy\nimport namesake\n\n\ndef late():\n    import namesake_late, namesake_package.part\n"
            "    namesake.calls += 1\n    return namesake_late.number + namesake_package.part.number, namesake.calls\n"
        )
        codes.append(CustomCode(str(folder / "own.py"), "key").function("late"))
    assert [code() for code in (*codes, *codes)] == [(111, 11), (222, 21), (111, 12), (222, 22)]
    assert ([name for name in sys.modules if name.startswith("namesake")], sys.path) == before


def test_a_package_that_was_there_keeps_its_modules(tmp_path, monkeypatch):
    """The folder may be that of an installed package."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "known_before").mkdir()
    (tmp_path / "known_before/__init__.py").write_text("")
    (tmp_path / "known_before/part.py").write_text("")
    (tmp_path / "own.py").write_text("import known_before.part\n")
    package = importlib.import_module("known_before")
    CustomCode(str(tmp_path / "own.py"), "key")
    assert sys.modules["known_before.part"] is package.part
    assert sys.path[0] == str(tmp_path)
