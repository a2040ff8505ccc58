"""The condensate of ringed quarks: the formula, and what it is not of."""

import numpy as np
import pytest

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

TIMES = (0.0, 0.5, 1.0)
NAMES = "flowed_quarks_condensate", "flowed_quarks_kinetic"


def chains(shape=(4, 4, 4, 8)):
    rng = np.random.default_rng(1)
    series = {}
    for name, means in zip(NAMES, ((0.9, 0.4, 0.2), (3.0, 0.2, 0.05)), strict=True):
        for k, mean in enumerate(means):
            x = mean * (1.0 + 0.05 * rng.normal(size=200))
            series[f"b_{name}.{k + 1}"] = Series(f"b_{name}.{k + 1}", "f", np.arange(1, 201), x)
    axes = {"f": ("b_flowed_quarks_times", TIMES)}
    return Chains([series], Method(), axes=axes, physics=Physics(group="SU(3)", shape=shape))


def test_the_formula():
    made = chains()
    found = {one.name: one for one in fit(parse_fit(f"r = ringed_condensate(b_{NAMES[0]})"), made).parameters}
    for k, t in ((1, 0.5), (2, 1.0)):
        C, K = (made.series[0][f"b_{name}.{k + 1}"].values for name in NAMES)
        Z = 2 * 3 / (16 * np.pi**2 * t**2 * K.mean())
        assert found[f"r.factor.{k}"].mean == pytest.approx(Z, rel=1e-12)
        assert found[f"r.{k}"].mean == pytest.approx(Z * C.mean(), rel=1e-12)
        spread = Z * C.mean() * np.hypot(C.std() / C.mean(), K.std() / K.mean()) / np.sqrt(200)
        assert found[f"r.{k}"].error == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize(
    ("text", "shape", "words"),
    [
        ("r = ringed_condensate(b_flowed_quarks_kinetic)", (4, 4, 4, 8), "have that of flowed_quarks_condensate"),
        ("r = ringed_condensate(b_flowed_quarks_condensate)", (4, 8), "those of d = 4"),
    ],
)
def test_refused(text, shape, words):
    with pytest.raises(InputError, match=words):
        fit(parse_fit(text), chains(shape))
