"""``lqcdnn convert``: a configuration file in another format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from lqcdnn.cli.completion import files
from lqcdnn.cli.options import group_option, integers, json_option, shape_option

if TYPE_CHECKING:
    from lqcdnn.jobs.convert import Conversion
    from lqcdnn.jobs.densities import WrittenDensity


@click.command("convert")
@click.argument("source", metavar="IN", shell_complete=files)
@click.argument("target", metavar="OUT", shell_complete=files)
@click.option("--to", "format", metavar="FORMAT", help="Format of OUT; default by the ending of its name.")
@click.option(
    "--precision", type=click.Choice(["f4", "f8"]), help="Precision of OUT; default that of IN, f8 of a density."
)
@shape_option
@group_option
@click.option("--reunitarize", is_flag=True, help="Project the links onto the group; default: keep the numbers of IN.")
@click.option(
    "--gauge", type=click.Choice(["landau", "coulomb", "abelian", "center"]), help="Fix the links to this gauge."
)
@click.option("--tolerance", type=float, help="Of the gauge: theta to stop at; default 1e-12.")
@click.option("--steps", type=int, help="Of the gauge: most sweeps; default 10000.")
@click.option("--omega", type=float, help="Of the gauge: overrelaxation, 1 to 2; default 1.8.")
@click.option("--copies", type=int, help="Of the gauge: starts, of which the best is taken; default 1.")
@click.option("--refine", callback=integers, metavar="2|2,2,2,1", help="Factors by which the lattice gets finer.")
@click.option("--block", callback=integers, metavar="2|2,2,2,1", help="Factors by which the lattice gets coarser.")
@click.option("--flow", type=float, metavar="T", help="Wilson flow to this time, before --block or --refine.")
@click.option(
    "--density",
    type=click.Choice(["topological_charge", "energy", "plaquette", "polyakov"]),
    help="Write this density of each site, to .npy, .h5, .vti or .png, in place of links.",
)
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@json_option
def command(
    source: str,
    target: str,
    format: str | None,
    precision: str | None,
    shape: tuple[int, ...] | None,
    group: str | None,
    reunitarize: bool,
    gauge: str | None,
    tolerance: float | None,
    steps: int | None,
    omega: float | None,
    copies: int | None,
    refine: tuple[int, ...] | None,
    block: tuple[int, ...] | None,
    flow: float | None,
    density: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write the configuration of file IN, of any known format, to file OUT in another format.

    IN is verified first; OUT is read back and compared with IN. With --density a local density is written to look at.
    """
    from lqcdnn.errors import InputError

    numbers = {"tolerance": tolerance, "steps": steps, "omega": omega, "copies": copies}
    given: dict[str, Any] = {name: value for name, value in numbers.items() if value is not None}
    if given and gauge is None:
        hint = "add --gauge landau, coulomb, abelian or center"
        raise InputError(f"--{next(iter(given))} without --gauge", hint=hint)
    chosen = None
    if gauge is not None:
        from lqcdnn.fields.gaugefixing import Gauge

        chosen = Gauge(gauge, **given)
    rescaling = None
    if refine is not None or block is not None or flow is not None:
        from lqcdnn.jobs.refinement import Rescaling

        rescaling = Rescaling(refine, block, flow)
    if density is not None:
        from lqcdnn.jobs.densities import write_density

        for option, value in (("to", format), ("gauge", gauge), ("reunitarize", reunitarize)):
            if value:
                raise InputError(f"--{option} with --density", hint="it is for links that are written")
        written = write_density(source, target, density, precision, shape, group, force, rescaling)
        click.echo(json.dumps(written.to_dict(), indent=2) if as_json else _density_lines(written))
        return
    from lqcdnn.jobs.convert import convert

    done = convert(source, target, format, precision, shape, group, reunitarize, force, chosen, rescaling)
    click.echo(json.dumps(done.to_dict(), indent=2) if as_json else _lines(done))


def _lines(done: Conversion) -> str:
    """What was read and what was written, then notes."""
    shape, new = ("x".join(map(str, extents)) for extents in (done.shape, done.target_shape))
    lines = [
        _read_line(done, shape),
        f"wrote  {done.target}: {done.format} {done.precision}, plaquette {done.target_plaquette:.12f}, "
        f"largest change of a number {done.change:.1e}",
    ]
    if done.gauge is not None:
        how = done.gauge
        reached = f"functional {how['functional']:.12f}, theta {how['theta']:.1e}, {how['sweeps']} sweeps"
        lines.insert(1, f"gauge  {how['kind']}: {reached}")
    if new != shape:
        lines.insert(1, f"sites  {new}")
    notes = [*done.warnings]
    if done.attributes_lost:
        notes.append(f"{done.format} keeps no attribute {', '.join(done.attributes_lost)}")
    return "\n".join([*lines, *(f"note: {text}" for text in notes)])


def _read_line(done: Conversion | WrittenDensity, shape: str) -> str:
    what = f"{done.source_format} {done.source_precision}, {done.group} on {shape}, plaquette {done.plaquette:.12f}"
    return f"read   {done.source}: {what}"


def _density_lines(done: WrittenDensity) -> str:
    """What was read and what was written, then notes."""
    shape, sites = ("x".join(map(str, extents)) for extents in (done.shape, done.target_shape))
    flow = "" if done.flow_time is None else f" at flow time {done.flow_time:g}"
    lines = [
        _read_line(done, shape),
        f"field  {done.density}{flow}: {done.smallest:.6g} to {done.largest:.6g}, sum {done.sum:.12g}, "
        f"mean {done.mean:.12g}",
        f"wrote  {done.target}: {done.precision or 'picture'}, {sites}",
    ]
    return "\n".join([*lines, *(f"note: {text}" for text in done.warnings)])
