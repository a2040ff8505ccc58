"""``[projection.NAME]``, ``monopoles`` and ``center_vortices``: what they are of, and what is refused."""

from __future__ import annotations

import pytest
from config_samples import problems_of
from input_head import head

from lqcdnn.config import load_text
from lqcdnn.config.remarks import remarks

TABLES = """\
[update]
kind = "heatbath"
[projection.mag]
kind = "abelian"
[projection.mcg]
kind = "center"
[projection.rest]
kind = "vortex_removed"
[observables.monopoles]
links = "mag"
[observables.center_vortices]
links = "mcg"
"""
LATTICE = head([4, 4, 4, 4], "SU(2)", 2.3)
INPUT = LATTICE + TABLES


def test_links_that_nobody_sees():
    config = load_text(INPUT)
    assert config.projection["mcg"].tolerance == 1e-12
    assert "projection.rest: no observable sees these links" in " ".join(remarks(config))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SU(2)", "U(1)", ["projection.mag: given with U(1)"]),
        ("[4, 4, 4, 4]", "[4, 4]", ["observables.monopoles: given in d = 2, which has no cubes"]),
        ('links = "mag"', 'links = "rest"', ['observables.monopoles.links: found a projection of kind "vortex_rem']),
        ('links = "mag"', "", ["observables.monopoles.links: found links that are not projected"]),
        ('links = "mcg"', 'links = "mag"', ['observables.center_vortices.links: found a projection of kind "abelian"']),
        ('links = "mcg"', 'links = "mgc"', ["observables.center_vortices.links: no network, flow, smearing or proj"]),
        ('"center"', '"centre"', ['projection.mcg.kind: found "centre"']),
        ("projection.mag", "projection.thin", ["projection.thin: not a name for a projection",
                                               "observables.monopoles.links: no network, flow, smearing or proj"]),
        ("beta = 2.3", "beta = 2.3\nanisotropy = 2.0", ["projection.mag: given with action.gauge.anisotropy = 2.0"]),
        ('"SU(2)"', '"SU(2)"\ntwist = {xy = 1}', ["projection: given with [lattice.twist]"]),
        ('"SU(2)"', '"SU(2)"\ntime = "open"', ["projection: given with lattice.time"]),
        ('"SU(2)"', '"SU(2)"\ntime = "schroedinger"\nschroedinger = {fields = "zero"}',
         ["projection: given with lattice.time"]),
        ("[update]", "[smearing.mag]\nkind = 'hyp'\n[update]", ["projection.mag: there is also a smearing.mag"]),
    ],
)  # fmt: skip
def test_refused(old, new, said):
    assert INPUT.count(old) >= 1
    found = [f"{one.path}: {one.message}" for one in problems_of(INPUT.replace(old, new))]
    assert len(found) == len(said), found
    assert all(any(one.startswith(words) for one in found) for words in said), found


@pytest.mark.parametrize(("name", "table"), [("center_vortices", "projection"), ("plaquette", "flow")])
def test_what_to_add_for_unknown_links(name, table):
    (found,) = problems_of(LATTICE + f'[update]\nkind = "heatbath"\n[observables.{name}]\nlinks = "mine"\n')
    assert found.suggestion == f"to add [{table}.mine]"


def test_a_scalar_field_is_in_the_gauge_of_the_configuration():
    """Links of other gauges beside it would give numbers that no gauge transformation leaves as they are."""
    text = head([4, 4, 4, 4], "SU(2)", 2.3) + "[action.scalar]\nkappa = 0.2\nlambda = 0.5\n"
    text += TABLES.replace('"heatbath"', '"hmc"\nlength = 1.0\nsteps = 4')
    assert load_text(text + '[observables.rest_higgs]\nlinks = "rest"\n')
    for name, kind in (("mag", "abelian"), ("mcg", "center")):
        (found,) = problems_of(text + f'[observables.a_higgs_correlator]\nlinks = "{name}"\n')
        assert found.path == "observables.a_higgs_correlator.links"
        assert found.message.startswith(f'found a projection of kind "{kind}", whose links are in a gauge')
        assert '"vortex_removed"' in found.allowed


def test_monopoles_of_u1_are_of_its_own_links():
    text = head([4, 4, 4], "U(1)", 1.0) + '[update]\nkind = "heatbath"\n[observables.monopoles]\n'
    assert load_text(text).observables["monopoles"].links == "thin"
    assert load_text(text + '[flow.smooth]\ntime = 0.1\n[observables.a_monopoles]\nlinks = "smooth"\n')
