"""Mass preconditioning: a fermion of the input as a chain of determinant ratios (physics.md 3.4; hep-lat/0107019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.actions.ratio import RatioAction
from lqcdnn.actions.staggered_ratio import StaggeredRatioAction
from lqcdnn.config.tables.fermions import FermionConfig
from lqcdnn.config.tables.schema import piece_names
from lqcdnn.fields.group import Group
from lqcdnn.jobs.fermions import (
    FermionAction,
    action_operator,
    build_domain_wall,
    build_fermion,
    build_fields,
    solver_settings,
    staggered_parities,
    wilson_operator,
)
from lqcdnn.lattice.geometry import Lattice


def build_term_fields(config: FermionConfig, grid: Lattice, gauge_group: Group, index: int) -> list[PseudofermionField]:
    """The pseudofermions of a fermion, one for each piece of the chain if there is one."""
    if config.pieces > 1:
        config = replace(config, pseudofermions=config.pieces)
    return build_fields(config, grid, gauge_group, index)


def build_terms(
    config: FermionConfig, grid: Lattice, gauge_group: Group, fields: Sequence[PseudofermionField], key: str
) -> list[FermionAction]:
    """The terms of a fermion: one, or det(m) = det(m)/det(m1) . det(m1)/det(m2) ... det(mk), lightest first.

    So too with twisted masses mu_1 ... mu_k in place of masses (M. Hasenbusch, K. Jansen, hep-lat/0211042).
    """
    if config.pieces == 1:
        return [build_fermion(config, grid, gauge_group, fields, key)]
    plain = replace(config, hasenbusch=None, hasenbusch_twisted_mass=None)
    heavier = [replace(plain, mass=m, kappa=None) for m in config.hasenbusch or ()]
    heavier += [replace(plain, twisted_mass=mu) for mu in config.hasenbusch_twisted_mass or ()]
    lightest = replace(plain, kappa=None) if config.hasenbusch else plain
    chain = [lightest, *heavier]
    terms: list[FermionAction] = [
        build_ratio(light, heavy, grid, gauge_group, field)
        for (light, heavy), field in zip(pairwise(chain), fields[:-1], strict=True)
    ]
    terms.append(build_fermion(chain[-1], grid, gauge_group, fields[-1:], key))
    for term, name in zip(terms, piece_names(f"fermion.{fields[0].index + 1}", len(terms)), strict=True):
        term.name = name
    return terms


def build_ratio(
    light: FermionConfig, heavy: FermionConfig, grid: Lattice, gauge_group: Group, field: PseudofermionField
) -> FermionAction:
    """One ratio of the chain."""
    if light.kind == "domain_wall":
        return build_domain_wall(light, grid, gauge_group, field, heavy.mass)
    settings = solver_settings(light)
    if light.kind == "staggered":
        a, b = (action_operator(c, grid, gauge_group) for c in (light, heavy))
        return StaggeredRatioAction(a, b, field, staggered_parities(light, grid), settings)
    c, d = wilson_operator(light, grid, gauge_group), wilson_operator(heavy, grid, gauge_group)
    return RatioAction(c, d, field, settings)
