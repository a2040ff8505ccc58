"""The line that says that kernels are being compiled."""

import numba

from lqcdnn.jobs.compiling import TEXT, compilation_told
from lqcdnn.timing import COMPILING, clock


def test_compilation_is_told_once_and_only_where_there_is_any(capsys):
    first, second = (numba.njit(lambda x, k=k: x + k) for k in (1, 2))
    with compilation_told():
        assert capsys.readouterr().err == ""
        assert first(1) == 2
        with compilation_told():  # a job that another one does
            assert second(1) == 3
    assert capsys.readouterr().err == TEXT + "\n"
    third = numba.njit(lambda x: x - 1)
    with compilation_told():
        assert first(1) == 2
        assert capsys.readouterr().err == ""
    assert third(1) == 0
    assert "start" not in TEXT  # kernels of measurements, say, are compiled in the middle of a run
    assert capsys.readouterr().err == ""


def test_compiling_has_its_own_part_of_the_time():
    inner = numba.njit(lambda x: x + 3)
    outer = numba.njit(lambda x: 2 * inner(x))
    clock.reset()
    with compilation_told(), clock("forces"):
        assert outer(1) == 8
        assert outer(2) == 10
    assert clock.parts[COMPILING].calls == 1  # the one that it calls is compiled within
    assert clock.parts[COMPILING].wall > 10 * clock.parts["forces"].wall
    clock.reset()
    with compilation_told():
        assert outer(3) == 12
    assert COMPILING not in clock.parts
