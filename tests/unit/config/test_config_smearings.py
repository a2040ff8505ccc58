"""``[smearing.NAME]``: defaults by dimension, what is refused, papers, and that fermions of the action see none."""

import pytest
from config_samples import SLHMC
from input_head import head

from lqcdnn.config import load_text
from lqcdnn.config.check import measured_tables
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.load import check_text
from lqcdnn.config.remarks import remarks
from lqcdnn.report.references.citations import used_by

SHAPES = {2: "[4, 4]", 3: "[4, 4, 4]", 4: "[4, 4, 4, 4]"}
HYP = "[smearing.hyp]\n"


def pure(dims):
    return head(SHAPES[dims], "SU(2)", 2.0, name="r")


@pytest.mark.parametrize(
    ("dims", "directions", "alphas"),
    [
        (2, "all", (0.3,)), (3, "all", (0.6, 0.3)), (4, "all", (0.75, 0.6, 0.3)), (4, "time", (0.75, 0.6, 0.3)),
        (3, "space", (0.3,)), (4, "space", (0.6, 0.3)),
    ],
)  # fmt: skip
def test_defaults(dims, directions, alphas):
    config = load_text(pure(dims) + HYP + f'directions = "{directions}"\n[observables.polyakov]\nlinks = "hyp"\n')
    found = config.smearing["hyp"]
    assert (found.kind, found.steps, found.alphas, found.directions) == ("hyp", 1, alphas, directions)
    assert load_text(resolved_toml(config)) == config
    assert "HasenfratzKnechtli2001" in used_by(config)
    assert "HasenfratzKnechtli2001" not in used_by(load_text(pure(dims)))


@pytest.mark.parametrize(
    ("dims", "text", "words"),
    [
        (4, HYP + "alphas = [0.6, 0.3]\n", "smearing.hyp.alphas: found [0.6, 0.3]; allowed: 3 numbers, one for"),
        (2, HYP + "alphas = [0.6, 0.3]\n", 'allowed: 1 number, one for each level with directions = "all" in d = 2'),
        (3, HYP + 'directions = "space"\nalphas = [0.6, 0.3]\n', 'directions = "space" in d = 3'),
        (4, HYP + "alphas = [0.75, 0.6, 1.3]\n", "smearing.hyp.alphas: found [0.75, 0.6, 1.3]"),
        (2, HYP + 'directions = "space"\n', 'hyp.directions: found "space"; allowed: "all" or "time" in d = 2'),
        (4, HYP + 'kind = "hex"\n', 'smearing.hyp.kind: found "hex"; allowed: "hyp"'),
        (4, HYP + "steps = 0\n", "smearing.hyp.steps: found 0"),
        (4, "[smearing.thin]\n", "smearing.thin: not a name for a smearing"),
        (4, HYP + "[flow.hyp]\ntime = 1.0\n", "smearing.hyp: there is also a flow.hyp"),
        (4, HYP + '[observables.polyakov]\nlinks = "hip"\n', 'did you mean "hyp"?'),
    ],
)  # fmt: skip
def test_refused(dims, text, words):
    with pytest.raises(InvalidInputError) as caught:
        load_text(pure(dims) + text)
    assert words in str(caught.value)


def test_molecular_dynamics_sees_none():
    with pytest.raises(InvalidInputError) as caught:
        load_text(SLHMC.replace('links = "net"', 'links = "hyp"') + HYP)
    assert next(one.path for one in caught.value.problems) == "guide.fermion.1.links"


def test_without_a_lattice():
    """The weights wait for the files."""
    found = check_text(HYP + "[observables.plaquette]\n")
    assert found.smearing["hyp"].alphas is None
    assert remarks(found) == ("smearing.hyp: no observable sees these links",)
    assert measured_tables({"smearing": {"hyp": {"steps": 2}}}).smearing["hyp"].steps == 2
