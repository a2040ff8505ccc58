"""Reweighting in the mass of whole runs on 2^4 against direct runs at the other mass, and quenched to dynamical."""

import pytest
import tomli

from lqcdnn.config import load_text
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.jobs.generate import generate

INPUT = """
[lattice]
shape = [2, 2, 2, 2]
group = "SU(2)"
[run]
name = "{name}"
trajectories = {trajectories}
thermalization = 50
seed = {seed}
save_every = 100000
checkpoint_every = 100000
[action.gauge]
beta = 0.5
{fermion}
[update]
steps = 3
length = 1.2
integrator = "omelyan"
[observables.plaquette]
[observables.polyakov]
[observables.condensate]
mass = 0.4
boundary = [1, 1, 1, -1]
{reweighting}
"""
FERMION = '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = {mass}\n'
WEIGHTS = "[observables.reweighting]\nmasses = {masses}\n{options}\n"
NAMES = ("plaquette", "plaquette_time", "condensate", "polyakov_square")
EXACT = 'method = "exact"'
VALENCE = '[valence.more]\nkind = "staggered"\nflavors = 4\nmass = 0.4\n'


RUNS = {
    "direct": {"seed": 1, "mass": 0.4},
    "heavy": {"seed": 2, "mass": 0.6, "masses": [0.5, 0.4]},
    "short": {"seed": 2, "mass": 0.6, "masses": [0.5, 0.4], "trajectories": 150},
    "noisy": {"seed": 3, "mass": 0.6, "masses": [0.4], "options": 'method = "noise"\nsteps = 2\nvectors = 4'},
    "quenched": {"seed": 4, "masses": [0.4], "trajectories": 6000},
    "valence": {"seed": 5, "masses": [0.4], "trajectories": 6000, "options": f'{EXACT}\nfermion = "more"\n{VALENCE}'},
}


def run(name, seed, mass=None, masses=None, options=EXACT, trajectories=600):
    text = INPUT.format(
        name=name,
        seed=seed,
        trajectories=trajectories,
        fermion="" if mass is None else FERMION.format(mass=mass),
        reweighting="" if masses is None else WEIGHTS.format(masses=masses, options=options),
    )
    generate(load_text(text, name), text, plain=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Directory of a run, which is made when it is first asked for."""
    folder = tmp_path_factory.mktemp("masses")

    def made(name):
        if not (folder / name).exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                run(name, **RUNS[name])
        return folder / name

    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", ["heavy", "noisy", "quenched", "valence"])
def test_the_direct_run_is_found_again(runs, name):
    direct, found = analyze_run(runs("direct")), analyze_run(runs(name), reweight=["mass=0.4"])
    plain = analyze_run(runs(name))
    for observable in NAMES:
        a, b = found[observable], direct[observable]
        assert abs(a.mean - b.mean) < 4.0 * (a.error**2 + b.error**2) ** 0.5, (observable, a.mean, b.mean)
    far = max(abs(plain[n].mean - direct[n].mean) / direct[n].error for n in NAMES)
    assert far > 5.0  # the weights are seen
    assert found.reweighted == ("mass = 0.4",)
    verdict = next(one for one in found.verdicts if one.name == "reweighting")
    assert verdict.status == "ok", verdict
    assert "mass = 0.4: the weights leave" in verdict.sentence


def test_masses_and_names_of_series_mean_the_same(runs):
    one, other = (analyze_run(runs("short"), reweight=[text]) for text in ("mass=0.5", "reweighting.1"))
    assert one["condensate"].mean == other["condensate"].mean
    both = analyze_run(runs("short"), reweight=["mass=0.5", "beta=0.55"])
    assert both["plaquette"].mean > one["plaquette"].mean
    assert both.reweighted == ("mass = 0.5", "beta = 0.55")


def test_lighter_quarks_have_smaller_determinants(runs):
    series = analyze_run(runs("short"))
    assert series["reweighting.1"].mean < 0.0 < series["condensate"].mean
    assert series["reweighting.2"].mean < series["reweighting.1"].mean


def test_options_are_recorded(runs):
    text = (runs("short") / "resolved.toml").read_text()
    assert tomli.loads(text)["observables"]["reweighting"]["flavors"] == 4
