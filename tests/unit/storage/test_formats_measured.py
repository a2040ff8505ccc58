"""Files of other programs against what those programs measured on them."""

import json

import numpy as np
import pytest
from storage_samples import DATA, FOREIGN, polyakov

from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.formats.verify import link_trace, plaquette

EXPECTED = json.loads((DATA / "expected.json").read_text())


def read(name):
    configuration = read_configuration(DATA / name)
    return configuration, plaquette(configuration.links)


@pytest.mark.parametrize(
    ("name", "format", "group", "shape", "real"),
    [
        ("pg_b5.7_4444.milc", "milc", "SU(3)", (4, 4, 4, 4), "f4"),
        ("pg_b5.7_4444.nersc", "nersc", "SU(3)", (4, 4, 4, 4), "f4"),
        ("pg_b5.7_4444.scidac", "scidac", "SU(3)", (4, 4, 4, 4), "f4"),
        ("pg_b5.7_4444.ildg", "ildg", "SU(3)", (4, 4, 4, 4), "f4"),
        ("oqcd_ym_b6.0_8x444n1", "openqcd", "SU(3)", (4, 4, 4, 8), "f8"),
        ("hirep_su2_b2.3_4444", "hirep", "SU(2)", (4, 4, 4, 4), "f8"),
        ("su2_4x4x4x4_b2.7_nf4_m0.3.ildg", "ildg-bare", "SU(2)", (4, 4, 4, 4), "f8"),
    ],
)
def test_format_group_and_shape_are_recognised(name, format, group, shape, real):
    configuration, values = read(name)
    assert (configuration.format, configuration.group, configuration.shape) == (format, group, shape)
    assert configuration.links.dtype == np.complex128
    assert configuration.links.flags.c_contiguous
    assert configuration.plaquette == values.mean
    assert (configuration.unitarity > 1e-8) == (real == "f4")
    assert any("single precision" in warning for warning in configuration.warnings) == (real == "f4")
    assert read_configuration(DATA / name, shape, group, format).plaquette == values.mean


def reunitarized(links):
    """Rows by Gram-Schmidt, the third from the first two, as MILC does on loading."""
    first, second = links[..., 0, :], links[..., 1, :]
    first = first / np.linalg.norm(first, axis=-1, keepdims=True)
    second = second - first * np.sum(first.conj() * second, axis=-1, keepdims=True)
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second).conj()], axis=-2)


def test_milc_file_as_read_and_as_reunitarized():
    expected = EXPECTED["pg_b5.7_4444"]["numpy"]
    configuration, values = read("pg_b5.7_4444.milc")
    np.testing.assert_allclose([3 * values.space, 3 * values.time], expected["plaq_raw_file_ss_st_Tr"], rtol=1e-14)
    links = reunitarized(configuration.links)
    values = plaquette(links)
    np.testing.assert_allclose([3 * values.space, 3 * values.time], expected["plaq_reunitarized_ss_st_Tr"], rtol=1e-14)
    assert values.mean == pytest.approx(expected["plaq_over_3"], abs=1e-14)
    loop = polyakov(links, 3)
    np.testing.assert_allclose([loop.real, loop.imag], expected["polyakov_Tr"], rtol=0, atol=1e-14)
    assert link_trace(links) == pytest.approx(expected["link_trace_over_3"], abs=1e-14)


@pytest.mark.parametrize("suffix", ["nersc", "scidac", "ildg"])
def test_one_field_in_four_formats(suffix):
    """Written after reunitarisation and rounded to float32, so equal within that rounding only."""
    expected = EXPECTED["pg_b5.7_4444"]["numpy"]
    milc, _ = read("pg_b5.7_4444.milc")
    configuration, values = read(f"pg_b5.7_4444.{suffix}")
    assert np.abs(configuration.links - milc.links).max() < 3e-7
    reunitarized = expected["plaq_reunitarized_ss_st_Tr"]
    np.testing.assert_allclose([3 * values.space, 3 * values.time], reunitarized, rtol=0, atol=1e-8)
    assert values.mean == pytest.approx(expected["plaq_over_3"], abs=2e-9)
    loop = polyakov(configuration.links, 3)
    np.testing.assert_allclose([loop.real, loop.imag], expected["polyakov_Tr"], rtol=0, atol=1e-7)
    assert link_trace(configuration.links) == pytest.approx(expected["link_trace_over_3"], abs=1e-8)


def test_openqcd_file():
    expected = EXPECTED["oqcd_ym_b6.0_8x444n1"]
    configuration, values = read("oqcd_ym_b6.0_8x444n1")
    assert 3 * values.mean == pytest.approx(expected["header_plaquette_Tr"], abs=1e-14)
    np.testing.assert_allclose([3 * values.space, 3 * values.time], expected["numpy"]["plaq_ss_st_Tr"], rtol=1e-14)
    loop = polyakov(configuration.links, 3)
    np.testing.assert_allclose([loop.real, loop.imag], expected["numpy"]["polyakov_Tr"], rtol=0, atol=1e-14)


def test_hirep_file():
    expected = EXPECTED["hirep_su2_b2.3_4444"]
    configuration, values = read("hirep_su2_b2.3_4444")
    assert values.mean == pytest.approx(expected["header_plaquette"], abs=1e-14)
    # Planes are numbered there with t = 0, x = 1, y = 2, z = 3.
    for plane, value in expected["numpy_plaq_by_plane"].items():
        mu, nu = sorted((int(direction) - 1) % 4 for direction in plane)
        pair = configuration.links[[mu, nu]]
        order = [0, mu + 1, nu + 1, *(axis for axis in range(1, 5) if axis - 1 not in (mu, nu)), 5, 6]
        sheet = pair.transpose(order).reshape(2, 4, 4, 16, 2, 2)
        sheets = [plaquette(np.ascontiguousarray(sheet[:, :, :, i])).mean for i in range(16)]
        assert np.mean(sheets) == pytest.approx(value, abs=1e-14)
    loop = polyakov(configuration.links, 3) / 2
    np.testing.assert_allclose([loop.real, loop.imag], expected["numpy_polyakov_t_TrOverN"], rtol=0, atol=1e-14)


def test_latticeqcd_jl_file():
    expected = EXPECTED["su2_4x4x4x4_b2.7_nf4_m0.3"]["latticeqcd_jl"]
    configuration, values = read("su2_4x4x4x4_b2.7_nf4_m0.3.ildg")
    assert values.mean == pytest.approx(expected["plaquette"], abs=1e-14)
    assert polyakov(configuration.links, 3).real == pytest.approx(expected["polyakov_trace_re"], abs=1e-13)
    assert any("no checksum" in warning for warning in configuration.warnings)


def test_every_sample_is_tested():
    assert set(FOREIGN) == {path.name for path in DATA.iterdir() if path.name.startswith(("pg", "oq", "hi", "su"))}
