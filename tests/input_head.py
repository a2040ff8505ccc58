"""The tables that inputs of tests begin with."""

import json


def head(shape, group, beta, *, lattice="", kind=None, name="x", trajectories=1, **run):
    """Tables ``lattice``, ``run`` and ``action.gauge``; more keys of the last one may follow.

    ``lattice`` is more lines of that table, ``run`` more keys of the other; numbers may be fields of a template.
    """
    keys = {"name": name, "trajectories": trajectories, **run}
    of_run = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    of_kind = f'kind = "{kind}"\n' if kind else ""
    of_lattice = f'shape = {shape}\ngroup = "{group}"\n{lattice}'
    return f"[lattice]\n{of_lattice}[run]\n{of_run}[action.gauge]\n{of_kind}beta = {beta}\n"
