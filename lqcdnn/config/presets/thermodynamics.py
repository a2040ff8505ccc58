"""Pure SU(3) gauge theory at T > 0: entropy density along the gradient flow, and runs for the integral method."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree


def _heatbath(name: str, shape: list[int], beta: float, trajectories: int, observables: Tree, fit: list[str]) -> Tree:
    """Return the input of a run by heat bath and overrelaxation."""
    return {
        "lattice": {"shape": shape, "group": "SU(3)"},
        "run": {
            "name": name, "seed": 11, "initial": "cold",
            "trajectories": trajectories, "thermalization": 100, "save_every": 100,
        },
        "action": {"gauge": {"kind": "wilson", "beta": beta}},
        "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 4},
        "observables": {"plaquette": {"every": 1}, **observables},
        "analyze": {"thermalization": 100, **({"fit": fit} if fit else {})},
    }  # fmt: skip


THERMODYNAMICS: dict[str, Preset] = {
    "su3-entropy": Preset(
        "Entropy density of pure SU(3) gauge theory at 1.65 T_c from the energy-momentum tensor along the flow",
        (
            "Expected: plaquette 0.61389(3), polyakov 0.1300(7), s.entropy 5.46(17); about 5.2 in the continuum limit,",
            "arXiv:1812.06444 (docs/physics/thermodynamics.md). 6 minutes of one core.",
        ),
        _heatbath(
            "su3_entropy",
            [16, 16, 16, 6],
            6.2,
            1600,
            {
                "polyakov": {"every": 5},
                "flow": {"every": 10, "time": 1.4, "interval": 0.1, "step": 0.05, "along": ["energy_momentum"]},
            },
            ["s = entropy(flow_energy_momentum_tt, 0.0898, 0.5, 0.9, uncorrelated)"],
        ),
    ),
    "su3-pressure": Preset(
        "A point of pure SU(3) gauge theory for scans over shape and beta: the pressure by the integral method",
        ("For lqcdnn scan, as in docs/physics/thermodynamics.md; by itself a run just above T_c.",),
        _heatbath("su3_pressure", [12, 12, 12, 4], 5.7, 200, {}, []),
    ),
}
