from __future__ import annotations

import tomli
from config_samples import SLHMC
from hypothesis import given, settings
from hypothesis import strategies as st

from lqcdnn.config.language.lines import line_map, nesting, without_strings
from lqcdnn.config.presets.catalogue import PRESETS
from lqcdnn.config.tree import flatten

TRICKY = '''\
# comment with [brackets] = "quotes"
title = """first
[not.a.table]
last \\""" still """ # end
'quoted key' = 1
"escaped \\u03b2" = 2
dotted . "part.with.dot" . last = 3

[ a . b ]   # table
list = [
  1, # one
  [2, 3], "x]", 'y,',

  { key = "v", other.inner = [ 1,
    2 ] },
]
after = """""two quotes"""""
inline = { x = 1, y = { z = 2 } }

[[fruit]]
name = "apple"
[fruit.physical]
color = "red"
[[fruit.variety]]
name = "one"
[[fruit.variety]]
name = "two"

[[fruit]]
[[fruit.variety]]
name = "three"
date = 1979-05-27T07:32:00
time = 07:32:00.999
float = -6.6e-34
'''


def test_tricky_file():
    tomli.loads(TRICKY)
    assert line_map(TRICKY) == {
        "title": 2,
        "quoted key": 5,
        "escaped β": 6,
        "dotted": 7,
        "dotted.part.with.dot": 7,
        "dotted.part.with.dot.last": 7,
        "a.b": 9,
        "a.b.list": 10,
        "a.b.list.1": 11,
        "a.b.list.2": 12,
        "a.b.list.2.1": 12,
        "a.b.list.2.2": 12,
        "a.b.list.3": 12,
        "a.b.list.4": 12,
        "a.b.list.5": 14,
        "a.b.list.5.key": 14,
        "a.b.list.5.other": 14,
        "a.b.list.5.other.inner": 14,
        "a.b.list.5.other.inner.1": 14,
        "a.b.list.5.other.inner.2": 15,
        "a.b.after": 17,
        "a.b.inline": 18,
        "a.b.inline.x": 18,
        "a.b.inline.y": 18,
        "a.b.inline.y.z": 18,
        "fruit": 20,
        "fruit.1": 20,
        "fruit.1.name": 21,
        "fruit.1.physical": 22,
        "fruit.1.physical.color": 23,
        "fruit.1.variety": 24,
        "fruit.1.variety.1": 24,
        "fruit.1.variety.1.name": 25,
        "fruit.1.variety.2": 26,
        "fruit.1.variety.2.name": 27,
        "fruit.2": 29,
        "fruit.2.variety": 30,
        "fruit.2.variety.1": 30,
        "fruit.2.variety.1.name": 31,
        "fruit.2.variety.1.date": 32,
        "fruit.2.variety.1.time": 33,
        "fruit.2.variety.1.float": 34,
    }


def test_every_key_of_the_presets_has_its_line():
    for text in (SLHMC, *(preset.text() for preset in PRESETS.values())):
        lines = line_map(text)
        for path in flatten(tomli.loads(text)):
            key = path.rpartition(".")[2]
            assert text.splitlines()[lines[path] - 1].lstrip().startswith((key, "[")), path


def test_multi_line_basic_strings_with_newline_escapes():
    assert line_map('a = """\nx \\\n  y"""\nb = 1\n') == {"a": 1, "b": 4}


@settings(deadline=None)
@given(st.text(alphabet="[]{}\"'#=,.\n\\ab1 ", max_size=80))
def test_whatever_the_parser_accepts_is_scanned(text):
    assert nesting(without_strings(text)) >= 0
    try:
        tree = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return
    lines = line_map(text)
    assert {name for name in tree if name and "." not in name} <= set(lines)
