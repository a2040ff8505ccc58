"""``lqcdnn convert`` and what ``show``, ``measure`` and ``run.initial`` make of files of other programs."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.cli.main import main
from lqcdnn.jobs.convert import convert
from lqcdnn.jobs.generate import fermion_boundary
from lqcdnn.storage.formats import FORMATS, read_configuration, write_configuration
from tests.cli.runs import SMALL, generated

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
NERSC, ILDG = DATA / "pg_b5.7_4444.nersc", DATA / "pg_b5.7_4444.ildg"
OPENQCD, HIREP = DATA / "oqcd_ym_b6.0_8x444n1", DATA / "hirep_su2_b2.3_4444"
BARE, MILC = DATA / "su2_4x4x4x4_b2.7_nf4_m0.3.ildg", DATA / "pg_b5.7_4444.milc"
SCIDAC = DATA / "pg_b5.7_4444.scidac"


def run(*arguments):
    return main(["convert", *map(str, arguments)])


def u1(path):
    write_configuration(path, np.ones((2, 4, 6, 1, 1), complex), "U(1)", {"trajectory": 3})
    return path


@pytest.mark.parametrize("source", [NERSC, ILDG, SCIDAC, MILC, OPENQCD, HIREP, BARE], ids=lambda path: path.name)
def test_to_native_and_back(source, tmp_path, capsys):
    """The numbers of the file survive the way to our own format and back to the format they came in.

    The third row of a two-row file is computed in double precision; float32 rounds it, and it is computed again.
    """
    native, back = tmp_path / "cfg.h5", tmp_path / "back"
    assert run(source, native, "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["precision"], done["attributes_lost"]) == (done["source_precision"], [])
    assert done["change"] <= (6e-8 if source == NERSC else 0.0)
    found = read_configuration(source)
    format = {"nersc": "nersc-two-row", "ildg-bare": "ildg"}.get(found.format, found.format)
    assert run(native, back, "--to", format) == 0
    again = read_configuration(back)
    np.testing.assert_array_equal(again.links, found.links)
    assert again.plaquette == found.plaquette == done["plaquette"]
    assert done["target_plaquette"] == pytest.approx(done["plaquette"], abs=1e-9 if source == NERSC else 0)


@pytest.mark.parametrize("format", [format for format in FORMATS.values() if format.write], ids=lambda x: x.name)
def test_every_format_from_the_command_line(format, tmp_path, capsys):
    source = OPENQCD if "SU(3)" in format.groups else HIREP
    target = tmp_path / f"cfg{format.endings[0] if format.endings else ''}"
    assert run(source, target, *(() if format.endings else ("--to", format.name))) == 0
    text = capsys.readouterr().out
    assert f"{format.name} {format.reals[0]}" in text
    assert "SU(3) on 4x4x4x8" in text
    shape = ("--shape", "4,4,4,8") if format.name == "bridge" else ()
    assert main(["show", str(target), "--json", *shape]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["format"] == format.name.removesuffix("-two-row")
    assert shown["shape"] == [4, 4, 4, 8]


def test_the_name_of_the_source_does_not_matter(tmp_path):
    wrong = tmp_path / "cfg.milc"
    wrong.write_bytes(HIREP.read_bytes())
    assert convert(wrong, tmp_path / "u.h5").source_format == "hirep"


def test_lost_precision_is_told(tmp_path, capsys):
    assert run(OPENQCD, tmp_path / "u.milc") == 0
    text = capsys.readouterr().out
    change = float(re.search(r"precision was lost: milc in single precision.* by up to (\S+)", text)[1])
    assert 1e-8 < change < 6.1e-8
    assert run(OPENQCD, tmp_path / "u.h5", "--precision", "f4") == 0
    assert "precision was lost" in capsys.readouterr().out
    assert read_configuration(tmp_path / "u.h5").real == "f4"
    assert run(OPENQCD, tmp_path / "u.ildg") == 0
    assert "note" not in capsys.readouterr().out.replace("note: " + str(OPENQCD), "")


def test_single_precision_stays_as_it_is_unless_projected(tmp_path, capsys):
    plain = convert(ILDG, tmp_path / "plain.h5", precision="f8")
    assert plain.change == 0.0
    assert plain.unitarity > 1e-8
    assert run(ILDG, tmp_path / "projected.h5", "--precision", "f8", "--reunitarize", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert done["unitarity"] < 1e-14
    assert 1e-9 < done["change"] < 3e-7
    assert any("projected onto SU(3)" in text for text in done["warnings"])
    assert done["target_plaquette"] == pytest.approx(done["plaquette"], abs=1e-7)


def test_attributes_are_kept_or_named(tmp_path, capsys):
    write_configuration(tmp_path / "a.h5", read_configuration(BARE).links, "SU(2)", {"trajectory": 7, "digest": "ab"})
    assert run(tmp_path / "a.h5", tmp_path / "a.hirep") == 0
    assert "hirep keeps no attribute digest, trajectory" in capsys.readouterr().out
    assert run(tmp_path / "a.h5", tmp_path / "a.nersc", "--json") == 0
    assert read_configuration(tmp_path / "a.nersc").attributes == {"SEQUENCE_NUMBER": "7"}
    assert run(tmp_path / "a.h5", tmp_path / "a.ildg") == 0
    assert read_configuration(tmp_path / "a.ildg").attributes["info"] == "digest = ab\ntrajectory = 7"


def refused(capsys, code, *arguments):
    assert run(*arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def test_nothing_is_lost(tmp_path, capsys):
    target = tmp_path / "u.h5"
    target.write_bytes(b"precious")
    assert f"{target} exists" in refused(capsys, 2, HIREP, target)
    assert target.read_bytes() == b"precious"
    damaged = tmp_path / "damaged"
    damaged.write_bytes(HIREP.read_bytes()[:-8])
    refused(capsys, 3, damaged, target, "--force")
    assert target.read_bytes() == b"precious"
    assert run(HIREP, target, "--force") == 0
    assert read_configuration(target).group == "SU(2)"


def test_source_as_target_is_refused(tmp_path, capsys):
    source = tmp_path / "u.npy"
    convert(HIREP, source)
    content = source.read_bytes()
    (tmp_path / "link.npy").symlink_to(source)
    os.link(source, tmp_path / "hard.npy")
    for name in (source, tmp_path / "link.npy", tmp_path / "hard.npy", f"{tmp_path}/./u.npy"):
        assert "is the file to convert" in refused(capsys, 2, source, name, "--force")
    assert source.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((HIREP, "u.milc"), 2, "milc holds SU(3) in 4 dimensions, in f4"),
        ((OPENQCD, "u.oqcd", "--precision", "f4"), 2, "in f8"),
        ((HIREP, "u.npy", "--group", "SU(3)"), 3, "group is SU(2)"),
        ((HIREP, "u.npy", "--shape", "4,4"), 3, "shape is"),
        ((HIREP, "u.npy", "--shape", "four"), 2, "not a list of integers"),
        ((HIREP, "u.npy", "--group", "E8"), 2, "unknown gauge group"),
        ((HIREP, "u.lime"), 2, "does not say in which format"),
        ((HIREP, "u", "--to", "szin"), 2, "unknown format"),
        ((HIREP, "u", "--to", "ildg-bare"), 2, "can be read but not written"),
        ((HIREP, "none/u.npy"), 2, "no directory"),
        ((HIREP, "."), 2, "does not say in which format"),
        ((HIREP, ".", "--to", "npy", "--force"), 2, "is a directory"),
        (("none", "u.npy"), 2, "no such file"),
        ((HIREP,), 2, "OUT"),
    ],
)
def test_refusals(arguments, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, code, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_odd_extents_and_dimensions_are_refused(tmp_path, capsys):
    source = u1(tmp_path / "u1.h5")
    assert "nersc holds SU(2) to SU(8) in 4 dimensions" in refused(capsys, 2, source, tmp_path / "u.nersc")
    assert run(source, tmp_path / "u.npz") == 0


def test_text_needs_shape_where_it_is_no_cube(tmp_path, capsys):
    text = tmp_path / "u.txt"
    assert run(OPENQCD, text) == 0
    capsys.readouterr()
    assert "without shape only L^4 is tried: --shape" in refused(capsys, 3, text, tmp_path / "u.h5")
    assert run(text, tmp_path / "u.h5", "--shape", "4x4x4x8") == 0
    np.testing.assert_array_equal(read_configuration(tmp_path / "u.h5").links, read_configuration(OPENQCD).links)
    capsys.readouterr()
    assert main(["measure", "--configs", str(text), "--shape", "4,4,4,8", "--json"]) == 0
    (measured,) = json.loads(capsys.readouterr().out)
    assert measured["plaquette"] == pytest.approx(1.7882991642943715 / 3, abs=1e-14)
    assert measured["format"] == "bridge"


@pytest.mark.parametrize(
    ("path", "precision", "claimed", "checksum"),
    [
        (NERSC, "f4", {"plaquette": 0.5608232961, "link_trace": 0.0195295214}, "CHECKSUM, verified"),
        (MILC, "f4", {}, "sum29, sum31, verified"),
        (ILDG, "f4", {"plaquette": 0.5608233, "link_trace": 0.01952952}, "scidac-checksum, verified"),
        (HIREP, "f8", {"plaquette": 0.6236577935511581}, "none"),
        (BARE, "f8", {}, "none"),
        (DATA / "native_v1.h5", "f8", {"plaquette": 0.12}, "sha256, verified"),
    ],
    ids=lambda item: item.name if isinstance(item, Path) else "",
)
def test_show_tells_claims_and_checksum(path, precision, claimed, checksum, capsys):
    assert main(["show", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["precision"], shown["claimed"], shown["checksum"]) == (precision, claimed, checksum)
    found = read_configuration(path)
    assert (shown["plaquette"], shown["unitarity"]) == (found.plaquette, found.unitarity)
    assert shown["attributes"] == found.attributes
    assert shown["warnings"] == found.warnings
    assert main(["show", str(path)]) == 0
    assert f"checksum    {checksum}" in capsys.readouterr().out


def test_shape_and_group_belong_to_configurations(tmp_path, capsys):
    assert main(["init", str(tmp_path / "in.toml"), "--preset", "quickstart", "--yes"]) == 0
    assert main(["show", str(tmp_path / "in.toml"), "--group", "SU(2)"]) == 2
    assert main(["show", str(HIREP), "--group", "SU(3)"]) == 3


def test_endings_in_the_documentation():
    """docs/formats.md lists each format with its section and its ending, docs/cli/convert.md every ending."""
    formats, page = ((ROOT / "docs" / name).read_text() for name in ("formats.md", "cli/convert.md"))
    for format in FORMATS.values():
        assert f"`{format.name}`" in formats
        assert format.write is None or f"`{format.name}`" in page
        for ending in format.endings:
            assert f"`{ending}`" in page


def test_a_run_starts_from_text_and_saves_what_it_is(tmp_path):
    """``run.initial`` takes any format; saved configurations say trajectory, boundary and the digest of the input."""
    links = np.broadcast_to(np.eye(2, dtype=complex), (4, 4, 2, 2, 4, 2, 2)).copy()
    links[2, 1, 0, 1, 3] = [[0.6, 0.8], [-0.8, 0.6]]
    write_configuration(tmp_path / "start.txt", links, "SU(2)", {}, "bridge")
    short = SMALL.replace('"twisted"', '"start.txt"').replace("trajectories = 12", "trajectories = 2")
    generated(tmp_path, short)
    found = read_configuration(tmp_path / "small" / "configs" / "cfg_00000004.h5")
    assert found.attributes["trajectory"] == 4
    assert found.attributes["boundary"] == [1, 1, 1, -1]
    assert re.fullmatch("[0-9a-f]{64}", found.attributes["digest"])
    assert found.claimed["plaquette"] == pytest.approx(found.plaquette, rel=1e-14)


def test_boundary_of_the_action():
    from lqcdnn.config import load_text

    pure = re.sub(r"\[\[action.fermion\]\].*?(?=\[update\])", "", SMALL, flags=re.DOTALL)
    pure = re.sub(r"\[observables.condensate\]\nevery = 4\n", "", pure)
    assert fermion_boundary(load_text(pure, "in.toml")) == {"boundary": [1, 1, 1, 1]}
    other = '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.7\nboundary = [1, 1, 1, 1]\n[update]'
    assert fermion_boundary(load_text(SMALL.replace("[update]", other), "in.toml")) == {}
