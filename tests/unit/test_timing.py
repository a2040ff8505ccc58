"""The stopwatch: nested parts are not counted twice."""

import time

import pytest

from lqcdnn.timing import Part, Stopwatch


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_nested_time_belongs_to_the_inner_part():
    clock = Stopwatch()
    with clock("forces"):
        spin(0.02)
        with clock("solver"):
            spin(0.05)
    assert clock.parts["solver"].wall == pytest.approx(0.05, abs=0.03)
    assert clock.parts["forces"].wall < clock.parts["solver"].wall
    assert sum(part.wall for part in clock.parts.values()) <= clock.total.wall


def test_same_part_inside_itself_counts_once():
    clock = Stopwatch()
    with clock("solver"), clock("solver"):
        spin(0.02)
    assert clock.parts["solver"].calls == 2
    assert clock.parts["solver"].wall <= clock.total.wall


def test_sleep_costs_wall_but_no_cpu_time():
    clock = Stopwatch()
    with clock("I/O", cpu=True):
        time.sleep(0.05)
    assert clock.parts["I/O"].wall >= 0.045
    assert clock.parts["I/O"].cpu < 0.04


def test_cpu_time_is_taken_on_demand_with_what_is_nested():
    clock = Stopwatch()
    with clock("measurement", cpu=True), clock("solver"):
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
    assert clock.parts["measurement"].cpu >= 0.02
    assert clock.parts["solver"].cpu == 0.0
    assert clock.parts["solver"].wall > clock.parts["measurement"].wall


def test_part_is_charged_when_an_error_ends_it():
    clock = Stopwatch()
    with pytest.raises(ValueError, match="stop"), clock("outer"), clock("inner"):
        raise ValueError("stop")
    assert set(clock.parts) == {"outer", "inner"}
    with clock("next"):
        spin(0.001)
    assert clock.parts["next"].calls == 1


def test_other_is_what_no_part_claims():
    clock = Stopwatch()
    with clock("a"):
        spin(0.01)
    spin(0.02)
    assert clock.other >= 0.019
    seconds = clock.seconds()
    assert list(seconds) == ["a", "other"]
    assert sum(seconds.values()) == pytest.approx(clock.total.wall, abs=0.01)


def test_reset():
    clock = Stopwatch()
    with clock("a"):
        pass
    clock.reset()
    assert clock.parts == {}
    assert clock.total.wall < 1.0
    assert Part() == Part(0.0, 0.0, 0)


def test_running_parts_go_on_after_a_reset():
    clock = Stopwatch()
    with clock("outer"):
        spin(0.05)
        before = time.perf_counter()
        clock.reset()
        with clock("inner"):
            pass
    assert set(clock.parts) == {"outer", "inner"}
    assert sum(part.wall for part in clock.parts.values()) <= time.perf_counter() - before
