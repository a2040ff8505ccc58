"""Frame and style sheet of all pages: nothing loaded, no scripts, light and dark, readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import lqcdnn

STYLE = """
:root { color-scheme: light dark; --paper: #fcfcfa; --ink: #1d2126; --soft: #5a626b; --rule: #d9dcd6;
  --cloud: #b9d3ea; --mean: #b5460f; --shade: #e9e9e2;
  --c0: #1f5f99; --c1: #b5460f; --c2: #2f7d4f; --c3: #8a3f8f; --c4: #806300; --c5: #4b5563;
  --ok: #1c7a3d; --warn: #8a5c00; --fail: #b3261e; --unknown: #4a5a8a; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #e4e6e3; --soft: #a3aaa6; --rule: #353b40;
  --cloud: #2b4a66; --mean: #f09a60; --shade: #23282c;
  --c0: #7db7ea; --c1: #f09a60; --c2: #79c99a; --c3: #d59ad9; --c4: #d9bb52; --c5: #aeb8c4;
  --ok: #6cc98a; --warn: #e0b048; --fail: #f2877f; --unknown: #9db0e8; } }
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem auto;
  max-width: 68rem; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .2rem; font-weight: 600; }
p { max-width: 46rem; } .soft { color: var(--soft); font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .9rem; }
th, td { padding: .25rem 1.1rem .25rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
.number { text-align: right; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); column-gap: 1.1rem; row-gap: .15rem;
  margin: 0; max-width: 52rem; } dt { color: var(--soft); } dd { margin: 0; white-space: pre-line; }
ul { list-style: none; padding: 0; } li { margin: .55rem 0; padding-left: 7.2rem; position: relative;
  max-width: 52rem; }
.mark { position: absolute; left: 0; font-weight: 600; } .advice { display: block; color: var(--soft); }
.ok { color: var(--ok); } .warn { color: var(--warn); }
.fail { color: var(--fail); } .unknown { color: var(--unknown); }
@media (max-width: 30rem) { li { padding-left: 0; } .mark { position: static; display: block; } }
figure { margin: 0; display: flex; flex-wrap: wrap; gap: .8rem; align-items: flex-start; }
.beside { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); column-gap: 1rem; }
.beside > div { min-width: 0; } .chart { max-width: 100%; } svg { max-width: 100%; height: auto; display: block; }
.legend, .note { margin: 0; font-size: .8rem; color: var(--soft); max-width: 25rem; }
.legend span { margin-right: .8rem; display: inline-block; max-width: 100%; }
.swatch { display: inline-block; vertical-align: middle; margin-right: .3rem; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.axis, .error { stroke: var(--soft); fill: none; } .span { fill: var(--shade); }
.cloud { fill: var(--cloud); stroke: none; } .bar { fill: var(--c0); opacity: .75; }
.mean { stroke: var(--mean); stroke-width: 1.4; } .band { fill: var(--mean); opacity: .25; }
.rule { stroke: var(--soft); stroke-dasharray: 2 3; }
.curve { fill: none; stroke-width: 1.3; } .thin { fill: none; stroke-width: .8; opacity: .6; }
.d1 { stroke-dasharray: 6 3; } .d2 { stroke-dasharray: 2 2; } .d3 { stroke-dasharray: 8 3 2 3; }
pre { font: .85rem/1.5 ui-monospace, monospace; overflow-x: auto; }
""" + "".join(
    f".curve.c{k}, .thin.c{k}, .error.c{k} {{ stroke: var(--c{k}); }} .dot.c{k} {{ fill: var(--c{k}); }}\n"
    f".cloud.c{k} {{ fill: var(--c{k}); opacity: .2; }}\n"
    for k in range(6)
)

#: Tells a page of ours from any other file.
MARK = '<meta name="generator" content="lqcdnn">'


def page(title: str, body: Sequence[str]) -> str:
    """A whole page.

    Parameters
    ----------
    title
        Plain text.
    body
        Parts, as HTML.
    """
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{MARK}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(body)
        + f'\n<p class="soft">lqcdnn {escape(lqcdnn.__version__)}</p>\n</body></html>\n'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int) -> str:
    """A table that scrolls by itself where it is wider than the screen; right-aligned from column `numbers_from` on."""

    def cells(tag: str, row: Sequence[str]) -> str:
        css = ["" if i < numbers_from else ' class="number"' for i in range(len(row))]
        return "".join(f"<{tag}{c}>{escape(cell)}</{tag}>" for c, cell in zip(css, row, strict=True))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead><tbody>{lines}</tbody></table></div>'
