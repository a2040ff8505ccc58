"""``cd tests && python -m bench``: the kernels against plain loops, CPU time, in turns."""

import numpy as np
from bench.pairs import pairs

from lqcdnn.jobs.bench.cases import title
from lqcdnn.jobs.bench.sampling import interleaved

print(f"{'kernel':<18} {'group':<6} {'lattice':<8} {'ns/site':>8} {'plain':>9} {'times':>6} {'demand':>7}")
for name in ("SU(3)", "SU(2)"):
    for shape in ((4,) * 4, (8,) * 4, (16,) * 4):
        found = pairs(name, shape)
        t = interleaved([call for pair in found for call in (pair.fast, pair.slow)], 5)
        for i, pair in enumerate(found):
            fast, slow = np.median(t[:, 2 * i : 2 * i + 2], axis=0) / pair.sites * 1e9
            ratio = np.median(t[:, 2 * i + 1] / t[:, 2 * i])
            print(
                f"{pair.name:<18} {name:<6} {title(shape):<8} {fast:8.1f} {slow:9.1f} {ratio:6.1f} {pair.demand:7.1f}",
                flush=True,
            )
