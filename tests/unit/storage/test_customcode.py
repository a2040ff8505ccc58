"""A Python file of the user's own: what it prints, the memory that it lacks, the threads that it begins."""

import signal

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
