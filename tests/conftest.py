"""Puts this folder on the import path: ``reference`` and helpers shared by several test folders live in it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
