"""Mutated inputs for every parser: only errors of ours come out, no parser hangs or takes much memory.

``FAULTS_MUTATIONS`` is the number for each parser (default 20000).
"""

import os
import re
from pathlib import Path

import pytest

from tests.faults.harness import Server
from tests.faults.mutate import PARSERS

COUNT = int(os.environ.get("FAULTS_MUTATIONS", "20000"))
KILOBYTES = 200 * 1024


@pytest.mark.parametrize("name", PARSERS)
def test_only_our_errors_escape(server: Server, tmp_path: Path, name: str) -> None:
    attack = "from pathlib import Path; from tests.faults.mutate import attack, PARSERS"
    idle = server.run(tmp_path, "--version", code=attack)
    code = f"{attack}; attack({name!r}, {COUNT}, Path('mutated'))"
    outcome = server.run(tmp_path, "--version", code=code)
    if outcome.status != 0:
        kept = Path("/tmp") / f"lqcdnn-mutation-{name.replace(' ', '-')}"
        kept.write_bytes((tmp_path / "mutated.last").read_bytes())
        pytest.fail(f"{kept}: exit status {outcome.status} (-14: it hung)")
    found = re.search(r"refused (\d+) of", outcome.err)
    assert found is not None
    assert int(found[1]) > COUNT // 4
    assert outcome.peak - idle.peak < KILOBYTES
