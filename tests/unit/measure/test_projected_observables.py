"""Observables of projected links: against the projected links themselves, gauges found once, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from builders import Place, transformation
from reference import confinement as reference
from reference import domainwall
from reference import gaugefixing as gauges
from reference.matrices import trace

from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.projections import ProjectionConfig
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.projection import PROJECTIONS, projected
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge import gaugefixing
from lqcdnn.measure.links import link_sources
from lqcdnn.measure.runner import Measurements

QUARK = QuarkConfig(kind="staggered", flavors=4, mass=0.3, boundary=(1, 1, 1, -1), max_iterations=1000)


def sources(lattice, copies=2):
    tables = {kind: ProjectionConfig(kind=kind, copies=copies, tolerance=1e-16) for kind in reversed(PROJECTIONS)}
    return link_sources(lattice, {}, {}, {}, tables)


def measurements(p, links, **options):
    quarks = {"light": QUARK}
    chosen = {name: observable(name, given, p.d, quarks) for name, given in options.items()}
    return Measurements(p.lattice, p.group, chosen, None, links=links, valence=quarks)


def test_any_observable_sees_projected_links(monkeypatch):
    """Also those of quarks; each gauge is found once, and starts are those of the configuration."""
    p, gauges = Place("SU(2)", (4, 2, 2, 4)), []

    def counted(lattice, U, group, gauge, stream):
        gauges.append(gauge.kind)
        return fix_gauge(lattice, U, group, gauge, stream)

    monkeypatch.setattr(gaugefixing, "fix_gauge", counted)
    options = {f"{kind[0]}_{name}": {"links": kind} for kind in PROJECTIONS for name in ("wilson_loop", "polyakov")}
    condensate = {"fermion": "light", "method": "exact"}
    options |= {"v_condensate": {"links": "vortex_removed", **condensate}}
    options |= {"gauge_fixing": {"gauge": "center", "copies": 2, "tolerance": 1e-16}}
    found = measurements(p, sources(p.lattice), **options).measure(p.U, Stream(3, 5))
    assert sorted(gauges) == ["abelian", "center"]
    for kind, gauge in PROJECTIONS.items():
        G = fix_gauge(p.lattice, p.U, p.group, Gauge(gauge, tolerance=1e-16, copies=2), Stream(3, 5)).transformation
        V = projected(p.lattice, p.U, G, kind)
        same = {"wilson_loop": {}, "polyakov": {}}
        same |= {"condensate": condensate} if kind == "vortex_removed" else {}
        for name, record in measurements(p, None, **same).measure(V, Stream(3, 5)).items():
            assert found[f"{kind[0]}_{name}"][f"{kind[0]}_{name}"] == record[name]
        z = p.lattice.to_user(transformed(p.lattice, p.U, G))
        value = found[f"{kind[0]}_wilson_loop"][f"{kind[0]}_wilson_loop_gauge_functional"]
        assert value == pytest.approx(reference.functional(z, gauge), abs=1e-13)


@pytest.mark.parametrize("shape", [(4, 4, 4), (4, 2, 2, 4)])
def test_monopoles_and_vortices_against_numpy(shape):
    """Of the projected links, and in d = 2 no largest vortex."""
    p = Place("SU(2)", shape)
    maps = sources(p.lattice)
    options = {"monopoles": {"links": "abelian"}, "center_vortices": {"links": "center"}}
    found = measurements(p, maps, **options).measure(p.U, Stream(3, 5))
    z = p.lattice.to_user(maps["abelian"].apply(p.U, Stream(3, 5)))
    k = reference.charges(np.angle(z[..., 0, 0]))
    record = found["monopoles"]
    assert record["monopoles_density"] == pytest.approx(np.abs(k).mean(), abs=1e-12)
    if len(shape) == 4:
        assert record["monopoles_time"] == pytest.approx(np.abs(k[3]).mean(), abs=1e-12)
        assert record["monopoles_space"] == pytest.approx(np.abs(k[:3]).mean(), abs=1e-12)
        assert 0.0 < record["monopoles_largest"] <= 1.0
    s = p.lattice.to_user(maps["center"].apply(p.U, Stream(3, 5)))[..., 0, 0].real
    planes = {(a, b): s[a] * np.roll(s[b], -1, a) * np.roll(s[a], -1, b) * s[b] for a in range(p.d) for b in range(a)}
    record = found["center_vortices"]
    for name, which in (("density", planes), ("space", [x for x in planes if p.d - 1 not in x]),
                        ("time", [x for x in planes if p.d - 1 in x])):  # fmt: skip
        shares = [np.mean(planes[plane] < 0.0) for plane in which]
        assert record[f"center_vortices_{name}"] == pytest.approx(np.mean(shares), abs=1e-12)


@pytest.mark.slow
def test_quarks_without_vortices_against_a_dense_propagator():
    """Links times the signs of the traces in the gauge, by numpy: correlators are those of the propagator on these."""
    p = Place("SU(2)", (4, 8))
    gauge = Gauge("center", tolerance=1e-16, copies=2)
    G = fix_gauge(p.lattice, p.U, p.group, gauge, Stream(3, 5)).transformation
    z = p.lattice.to_user(p.U)
    signs = np.sign(trace(gauges.transformed(z, p.lattice.to_user(G))).real)
    assert 10 < np.count_nonzero(signs < 0) < 54
    S = np.linalg.inv(domainwall.wilson(z * signs[..., None, None], (1, -1), 0.3))
    expected = (np.abs(S[:, :4]) ** 2).sum(axis=1).reshape(4, 8, 4).sum(axis=(0, 2))
    quark = {"light": QuarkConfig(kind="wilson", flavors=2, mass=0.3, boundary=(1, -1), max_iterations=1000)}
    options = observable("mesons", {"links": "vortex_removed"}, 2, quark)
    what = Measurements(p.lattice, p.group, {"mesons": options}, None, links=sources(p.lattice), valence=quark)
    found = what.measure(p.U, Stream(3, 5))["mesons"]
    np.testing.assert_allclose(found["meson_pseudoscalar"], expected, rtol=1e-8)
    assert found["mesons_links"]["kind"] == "vortex_removed"


def test_a_gauge_that_is_not_reached_names_observable_file_and_table():
    p = Place("SU(2)", (4, 4, 4))
    maps = link_sources(p.lattice, {}, {}, {}, {"mcg": ProjectionConfig(kind="center", steps=10)})
    words = r"center_vortices of cfg\.h5: projection\.mcg: center gauge: theta = .* after 10 sweeps"
    with pytest.raises(NumericalError, match=words):
        measurements(p, maps, center_vortices={"links": "mcg"}).measure(p.U, Stream(3, 5), source="cfg.h5")


def test_monopoles_of_u1_whatever_the_gauge():
    p = Place("U(1)", (2, 4, 8))
    what = measurements(p, None, monopoles={})
    first, second = (what.measure(U, Stream(1, 1)) for U in (p.U, transformation(p)[1](p.U)))
    assert first == second
    assert set(first["monopoles"]) == {"monopoles_density"}


def test_monopoles_along_the_flow():
    """Those of the links at each flow time."""
    p = Place("U(1)", (2, 4, 8))
    maps = link_sources(p.lattice, {}, {"late": FlowConfig(time=0.2)}, {})
    chosen = {"flow": {"time": 0.2, "along": ["monopoles"]}, "monopoles": {}, "late_monopoles": {"links": "late"}}
    found = measurements(p, maps, **chosen).measure(p.U, Stream(1, 1))
    densities = found["flow"]["flow_monopoles_density"]
    ends = found["monopoles"]["monopoles_density"], found["late_monopoles"]["late_monopoles_density"]
    assert (densities[0], densities[-1]) == ends
    assert densities[0] > densities[-1]


def test_links_that_are_not_projected_are_refused():
    p = Place("SU(2)", (4, 4, 4))
    for kind, other in (("monopoles", "center"), ("center_vortices", "abelian")):
        with pytest.raises(InputError, match=rf"observables.{kind}.links: found links that are not projected"):
            measurements(p, None, **{kind: {}})
        with pytest.raises(InputError, match=rf'observables.{kind}.links: found a projection of kind "{other}"'):
            measurements(p, sources(p.lattice), **{kind: {"links": other}})
    q = Place("U(1)", (4, 8))
    with pytest.raises(InputError, match="in d = 2, which has no cubes"):
        measurements(q, None, monopoles={})
    with pytest.raises(InputError, match=r"given with U\(1\)"):
        measurements(q, None, center_vortices={})
    for boundary, said in (({"twist": (0, 0, 1)}, "a twist"), ({"open_time": True}, "open time")):
        with pytest.raises(InputError, match=f"gauges are fixed on periodic lattices; found {said}"):
            sources(Lattice((4, 4, 4), **boundary))
    with pytest.raises(InputError, match="extents of at least 2"):
        sources(Lattice((4, 1, 4)))
