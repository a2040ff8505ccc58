"""Names of other programs: what is suggested for each is one of ours, and no name of ours is taken for another."""

from __future__ import annotations

import pytest

from lqcdnn.cli.main import COMMANDS
from lqcdnn.config.language import synonyms
from lqcdnn.config.rules import defaults
from lqcdnn.config.tables.fermions import FERMION_KINDS
from lqcdnn.config.tables.gauge_actions import GAUGE_KINDS
from lqcdnn.config.tables.observables import OBSERVABLES
from lqcdnn.config.tables.schema import INTEGRATORS
from lqcdnn.config.tables.starts import STARTS


@pytest.mark.parametrize(
    ("others", "ours"),
    [
        (synonyms.KEYS, defaults.homes()),
        (synonyms.OBSERVABLES, OBSERVABLES),
        (synonyms.COMMANDS, COMMANDS),
    ],
)
def test_suggestions_are_names_of_ours(others, ours):
    assert set(others.values()) <= set(ours)
    if ours is not defaults.homes():  # keys are asked for in one table: m may be a key of another
        assert not set(others) & set(ours)


@pytest.mark.parametrize(
    ("word", "words", "meant"),
    [
        ("slhmc", ("hmc", "heatbath", "slmc"), '"hmc" with a table [guide]'),
        ("2MN", INTEGRATORS, '"omelyan"'),
        ("minimum norm", INTEGRATORS, '"omelyan"'),
        ("omelian4", INTEGRATORS, '"omelyan4"'),
        ("identity", STARTS, '"cold"'),
        ("plaquette", GAUGE_KINDS, '"wilson"'),
        ("Moebius", FERMION_KINDS, '"domain_wall" with b5 and c5'),
        ("quaternionic", FERMION_KINDS, ""),
    ],
)
def test_words_of_other_programs(word, words, meant):
    assert synonyms.meant_value(word, words) == meant


def test_a_word_has_one_meaning_among_the_choices_of_a_key():
    for words in (FERMION_KINDS, GAUGE_KINDS, INTEGRATORS, STARTS, ("hmc", "heatbath", "slmc")):
        assert all(synonyms.meant_value(word, words) == f'"{word}"' for word in words)
