"""Puts this folder on the import path: ``reference`` and helpers shared by several test folders live in it.

Kernels are compiled with index checks, unless LQCDNN_BOUNDS=0 is in the environment: a bad index is an error, not
somebody else's memory.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("LQCDNN_BOUNDS", "1")
