"""The energy-momentum tensor in the input file: what is refused, of observables and of fits; its papers."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml
from lqcdnn.report.references.citations import used_by

BOX = changed(changed(PURE_GAUGE_2D, "shape = [8, 8]", "shape = [6, 6, 6, 4]"), '"U(1)"', '"SU(3)"')
FINE = changed(BOX, "[action.gauge]", "[action.gauge]\nanisotropy = 2.0")
TENSOR = "[observables.energy_momentum]\n"
ALONG = '[observables.flow]\nalong = ["energy_momentum"]\n'
FIT = '[analyze]\nfit = ["s = entropy(flow_energy_momentum_tt, 0.1, 0.2, 0.5)"]\n'
QUARK = '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.3\n'


def test_papers():
    config = load_text(BOX + TENSOR)
    assert load_text(resolved_toml(config)) == config
    assert "Suzuki2013" in used_by(config)
    assert "KitazawaEtAl2016" not in used_by(config)
    assert {"Suzuki2013", "HarlanderKluthLange2018", "KitazawaEtAl2016"} <= set(used_by(load_text(BOX + ALONG + FIT)))
    assert "Suzuki2013" not in used_by(load_text(BOX + "[observables.flow]\n"))


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (changed(BOX, "6, 6, 6, 4", "6, 6, 4") + TENSOR, "observables.energy_momentum", "given in d = 3"),
        (changed(BOX, "6, 6, 6, 4", "6, 6, 4") + ALONG, "observables.flow.along", "d = 3"),
        (BOX + TENSOR + "margin = 1\n", "observables.energy_momentum.margin", "without ends of time"),
        (FINE + TENSOR, "observables.energy_momentum", "anisotropic"),
        (FINE + ALONG, "flow.along", "anisotropic"),
        (BOX + ALONG + "anisotropy = 2.0\n", "observables.flow.along", "with anisotropy = 2.0"),
        (FINE + FIT, "analyze.fit", "is anisotropic"),
        (BOX + QUARK + FIT, "analyze.fit", "dynamical quarks"),
        (BOX + "[action.scalar]\nkappa = 0.2\nlambda = 0.5\n" + FIT, "analyze.fit", "scalar field"),
        (changed(BOX, '"SU(3)"', '"U(1)"') + FIT, "analyze.fit", "does not run"),
        (changed(BOX, "6, 6, 6, 4", "6, 6, 4") + FIT, "analyze.fit", "d = 4, not 3"),
        (changed(BOX, "[lattice]", '[lattice]\ntime = "open"') + FIT, "analyze.fit", "time has ends"),
        (changed(BOX, "[lattice]", "[lattice]\ntwist = { xt = 1 }") + FIT, "analyze.fit", "plane with time is twisted"),
        (
            BOX + '[[action.gauge.term]]\nloops = "polyakov_time"\ncoefficient = 0.1\n' + FIT,
            "analyze.fit",
            "have an energy of their own",
        ),
    ],
)
def test_refused(text, path, message):
    found = problems_of(text)
    assert any(path in problem and message in problem for problem in map(str, found)), found


def test_twisted_and_open_time_have_a_tensor():
    for lattice in ('[lattice]\ntime = "open"', "[lattice]\ntwist = { xy = 1 }"):
        assert "energy_momentum" in load_text(changed(BOX, "[lattice]", lattice) + TENSOR).observables
