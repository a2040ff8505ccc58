"""Many small cases in one test: what fails says of which of them it is.

pytest takes milliseconds for each case of its own, in every process that shares the tests; hundreds of cases that take
less are one test.
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def of(case: object) -> Iterator[None]:
    """An error within is noted to be of this case."""
    try:
        yield
    except Exception as error:
        error.add_note(f"of {case}")
        raise
