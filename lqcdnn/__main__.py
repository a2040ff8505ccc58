"""``python -m lqcdnn``."""

from lqcdnn.cli.main import main

raise SystemExit(main())
