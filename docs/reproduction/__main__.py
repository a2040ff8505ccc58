"""Runs the inputs behind docs/reproduction.md and writes the page: ``make reproduction``, or part by part.

Every run is an ordinary ``lqcdnn`` command in its own directory, so this can be stopped and started again;
``--only-write`` writes the parts from the runs that are there.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import algorithms
import paper
import talk
from common import DOCS

PARTS = {"paper": paper, "talk": talk, "algorithms": algorithms}
PAGE = DOCS / "reproduction.md"


def written(name: str) -> str:
    """A part as it stands on the page."""
    page = PAGE.read_text() if PAGE.exists() else ""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->\n", page, re.DOTALL)
    return found[1] if found else ""


def main() -> None:
    """Run what is missing, then write the parts asked for; the others stay as they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="parts of the page; default all")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the run directories")
    parser.add_argument("--only-write", action="store_true", help="run nothing")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    chosen = options.parts or list(PARTS)
    if not options.only_write:
        for run in dict.fromkeys(run for name in chosen for run in PARTS[name].ALL):
            run.do(options.runs)
    texts = {name: part.text(options.runs) if name in chosen else written(name) for name, part in PARTS.items()}
    intro = (Path(__file__).parent / "page.template.md").read_text()
    PAGE.write_text(intro + "\n".join(f"<!-- {n} -->\n{t}<!-- end of {n} -->\n" for n, t in texts.items()))


if __name__ == "__main__":
    main()
