"""Inputs that only measure: checked by the rules of complete ones, as far as the lattice is known."""

import pytest

from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.load import check_text
from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import measurement_summary
from lqcdnn.report.references.citations import used_by

LATTICE = '[lattice]\nshape = [4, 4, 4, 4]\ngroup = "SU(3)"\n'
QUARK = '[valence.light]\nkind = "wilson"\nkappa = 0.12\n'
FLOW = "[flow.smooth]\ntime = 1.0\n"
PION = "[observables.pion]\n"


def problems_of(text):
    with pytest.raises(InvalidInputError) as caught:
        check_text(text)
    return [f"{one.path}: {one.message} {one.allowed}" for one in caught.value.problems]


def test_what_follows_from_the_lattice_is_open_without_one():
    found = check_text(QUARK + FLOW + PION + '[observables.a_topological_charge]\nlinks = "smooth"\n')
    assert isinstance(found, FileMeasurement)
    assert found.lattice is None
    assert (found.valence["light"].boundary, found.observables["pion"].fermion) == (None, "light")
    lines = measurement_summary(found, "a b.toml")
    assert lines["use"].endswith("lqcdnn measure --configs FILE... 'a b.toml'")
    assert lines["lattice"] == "that of each file"
    assert lines["observables"] == "pion (fermion light), a_topological_charge (on smooth)"
    known = check_text(LATTICE + QUARK + PION)
    assert (known.valence["light"].boundary, known.observables["pion"].mass) == ((1, 1, 1, -1), 0.5 / 0.12 - 4)
    assert measurement_summary(known, "a.toml")["lattice"] == "4 x 4 x 4 x 4, SU(3)"


def test_remarks_and_papers():
    found = check_text(QUARK + FLOW + "[observables.energy]\n[observables.topological_charge]\n")
    assert remarks(found) == (
        "flow.smooth: no observable sees these links",
        "valence.light: no observable is of this quark",
    )
    assert {"lqcdnn", "Wilson1977", "Luscher2010"} <= set(used_by(found))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LATTICE, ["run: missing", "action: missing"]),  # nothing to measure: the beginning of an input
        ("", ["lattice: missing", "run: missing", "action: missing"]),
        (PION, ["observables.pion.mass: missing"]),
        (PION + "mas = 0.1\n", ['observables.pion.mas: unknown key ']),
        (QUARK + PION + 'fermion = "1"\n', ['observables.pion.fermion: no fermion "1" "light"']),
        (QUARK + PION + 'links = "smoth"\n', ['observables.pion.links: no network, flow, smearing or projection']),
        (QUARK.replace("light", "1") + "[observables.plaquette]\n", ["valence.1: not a name"]),
        (LATTICE + QUARK + PION + "boundary = [1, -1]\n", ["observables.pion.boundary: found 2 entries"]),
        (LATTICE.replace("4, 4, 4", "4, 4") + QUARK + PION, ["lattice.shape: found [4, 4, 4] d = 2 or d = 4"]),
        (QUARK + '[observables.reweighting]\nfermion = "light"\n', ["observables.reweighting.method: found"]),
        ("observables = 3\n", ["observables: found 3"]),
        ("[observables]\npion = 3\n", ["observables.pion: found 3"]),
        ("[lattice]\nshape = 4\n" + PION + "mass = 1\n", ["lattice.group: missing", "lattice.shape: found 4"]),
    ],
)
def test_refused(text, words):
    found = problems_of(text)
    assert len(found) == len(words), found
    assert all(one.startswith(word) for one, word in zip(found, words, strict=True)), found
