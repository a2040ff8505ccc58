"""Non-perturbative renormalisation of quark bilinears."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

_VERTICES: Tree = {"every": 40, "boundary": [1, 1, 1, 1], "tolerance": 1e-8}

RENORMALIZATION: dict[str, Preset] = {
    "su3-rimom": Preset(
        "Renormalisation constants of quenched clover quarks, SU(3) at beta = 6 on 8^4: RI'/MOM and RI/SMOM",
        (
            "Expected at p = (1, 1, 1, 1) 2 pi/8: Z_V 0.738(4), Z_A 0.781(4), Z_P/Z_S 0.775(5); at symmetric momenta",
            "with (p1 - p2)^2 of this size 0.751(3), 0.814(4), 0.937(3) (docs/physics/renormalisation.md).",
            "20 configurations, 12 minutes of one core.",
        ),
        {
            "lattice": {"shape": [8, 8, 8, 8], "group": "SU(3)"},
            "run": {
                "name": "su3_rimom",
                "trajectories": 800,
                "thermalization": 200,
                "seed": 25,
                "initial": "cold",
                "save_every": 40,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 6.0}},
            "valence": {"light": {"kind": "wilson", "kappa": 0.1335, "csw": 1.769}},
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 4},
            "observables": {
                "plaquette": {"every": 40},
                "quark_vertices": {**_VERTICES, "momenta": [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [2, 1, 1, 1]]},
                "smom_quark_vertices": {
                    **_VERTICES,
                    "kinematics": "symmetric",
                    "pairs": [
                        [[1, 1, 0, 0], [0, 1, 1, 0]],
                        [[1, 1, 1, 1], [1, 1, 1, -1]],
                        [[2, 1, 1, 0], [1, 2, -1, 0]],
                    ],
                },
            },
            "analyze": {
                "thermalization": 200,
                "fit": [
                    "q = quark_field(quark_vertex_propagator)",
                    "Z = rimom(quark_vertex)",
                    "S = rismom(smom_quark_vertex)",
                ],
                "derive": ["Z_PS = Z.pseudoscalar[3] / Z.scalar[3]", "S_PS = S.pseudoscalar[2] / S.scalar[2]"],
            },
        },
    ),
}
