"""Random configurations, and slow writers of each format that follow its description site by site."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[2] / "data"
FOREIGN = (
    "pg_b5.7_4444.milc",
    "pg_b5.7_4444.nersc",
    "pg_b5.7_4444.scidac",
    "pg_b5.7_4444.ildg",
    "oqcd_ym_b6.0_8x444n1",
    "hirep_su2_b2.3_4444",
    "su2_4x4x4x4_b2.7_nf4_m0.3.ildg",
)


def random_links(shape, colors, seed=1):
    """Links spread over the whole group, in user layout."""
    normal = np.random.default_rng(seed).normal(size=(len(shape), *shape, colors, colors, 2))
    values = normal[..., 0] + 1j * normal[..., 1]
    if colors == 1:
        return values / np.abs(values)
    unitary, _ = np.linalg.qr(values)
    return unitary / (np.linalg.det(unitary) ** (1 / colors))[..., None, None]


def sites_x_fastest(shape):
    """Coordinates (x, y, z, t) with x running fastest."""
    for reverse in itertools.product(*(range(extent) for extent in reversed(shape))):
        yield reverse[::-1]


def numbers(matrix, kind):
    """Bytes of a matrix row by row, real before imaginary."""
    flat = np.stack([matrix.real, matrix.imag], axis=-1).ravel()
    return flat.astype(kind).tobytes()


def site_major(links, kind, rows=None):
    """The data block shared by MILC, NERSC, SciDAC and ILDG: a list of the bytes of each site."""
    shape = links.shape[1:-2]
    return [b"".join(numbers(links[(mu, *x)][:rows], kind) for mu in range(len(shape))) for x in sites_x_fastest(shape)]


def rotate(word, by):
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


def slow_plaquette(links):
    """Mean of Re tr P / N, one plaquette at a time."""
    shape, colors = links.shape[1:-2], links.shape[-1]
    d = len(shape)

    def step(x, mu):
        return tuple((c + (i == mu)) % shape[i] for i, c in enumerate(x))

    values = []
    for x in sites_x_fastest(shape):
        for mu, nu in itertools.combinations(range(d), 2):
            forward = links[(mu, *x)] @ links[(nu, *step(x, mu))]
            backward = links[(nu, *x)] @ links[(mu, *step(x, nu))]
            values.append(np.trace(forward @ backward.conj().T).real / colors)
    return float(np.mean(values))


def slow_link_trace(links):
    return float(np.mean(np.trace(links, axis1=-2, axis2=-1).real)) / links.shape[-1]


def milc(links, endian=">"):
    shape = links.shape[1:-2]
    data = b"".join(site_major(links, endian + "f4"))
    sums = [0, 0]
    for n, (word,) in enumerate(struct.iter_unpack(endian + "I", data)):
        sums = [sums[0] ^ rotate(word, n % 29), sums[1] ^ rotate(word, n % 31)]
    return struct.pack(endian + "iiiii64siII", 20103, *shape, b"Sun Nov 22 05:46:06 2026", 0, *sums) + data


def nersc(links, kind=">f8", floating="IEEE64BIG", rows=None, **header):
    shape, colors = links.shape[1:-2], links.shape[-1]
    data = b"".join(site_major(links, kind, rows))
    keys = {
        "DATATYPE": "4D_SU3_GAUGE" if rows else f"4D_SU{colors}_GAUGE_{colors}x{colors}",
        **{f"DIMENSION_{i + 1}": extent for i, extent in enumerate(shape)},
        "CHECKSUM": f"{sum(np.frombuffer(data, kind[0] + 'u4').tolist()) % 2**32:x}",
        "LINK_TRACE": f"{slow_link_trace(links):.10f}",
        "PLAQUETTE": f"{slow_plaquette(links):.10f}",
        "FLOATING_POINT": floating,
        **header,
    }
    text = "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
    return f"BEGIN_HEADER\n{text}END_HEADER\n".encode() + data


def lime(*records):
    """A LIME file of (type, data) pairs."""
    file = b""
    for name, data in records:
        header = struct.pack(">IHHQ128s", 0x456789AB, 1, 0xC000, len(data), name.encode())
        file += header + data + bytes(-len(data) % 8)
    return file


def scidac_checksum(sites):
    sums = [0, 0]
    for n, site in enumerate(sites):
        crc = zlib.crc32(site)
        sums = [sums[0] ^ rotate(crc, n % 29), sums[1] ^ rotate(crc, n % 31)]
    return f"<scidacChecksum><version>1.0</version><suma>{sums[0]:x}</suma><sumb>{sums[1]:x}</sumb></scidacChecksum>"


def ildg_format(shape, field, bits, version="1.2"):
    extents = "".join(f"<l{axis}>{extent}</l{axis}>" for axis, extent in zip("xyzt", shape, strict=True))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ildgFormat xmlns="http://www.lqcd.org/ildg"><version>{version}'
        f"</version><field>{field}</field><precision>{bits}</precision>{extents}</ildgFormat>"
    )


def ildg(links, bits=64, version="1.2", checksum=True):
    shape, colors = links.shape[1:-2], links.shape[-1]
    sites = site_major(links, ">f8" if bits == 64 else ">f4")
    field = "u1gauge" if colors == 1 else f"su{colors}gauge"
    records = [
        ("ildg-format", ildg_format(shape, field, bits, version).encode()),
        ("ildg-data-lfn", b"lfn://somewhere/run1"),
        ("ildg-binary-data", b"".join(sites)),
    ]
    if checksum:
        records.append(("scidac-checksum", scidac_checksum(sites).encode() + b"\0"))
    return lime(*records)


def bare(links, kind=">f8"):
    return lime(("ildg-binary-data", b"".join(site_major(links, kind))))


def scidac(links, precision="D", plaquette=None, volfmt=0):
    shape, colors = links.shape[1:-2], links.shape[-1]
    sites = site_major(links, ">f8" if precision == "D" else ">f4")
    size = colors**2 * (16 if precision == "D" else 8)
    dims = " ".join(map(str, shape))
    value = slow_plaquette(links) if plaquette is None else plaquette
    return lime(
        ("scidac-private-file-xml", f"<f><dims>{dims} </dims><volfmt>{volfmt}</volfmt></f>".encode()),
        (
            "scidac-private-record-xml",
            f"<r><precision>{precision}</precision><colors>{colors}</colors><typesize>{size}</typesize>"
            f"<datacount>{len(shape)}</datacount></r>".encode(),
        ),
        ("scidac-record-xml", f"<usqcdInfo><plaq>{value:.6e}</plaq></usqcdInfo>".encode()),
        ("scidac-binary-data", b"".join(sites)),
        ("scidac-checksum", scidac_checksum(sites).encode()),
    )


def openqcd(links):
    n1, n2, n3, n0 = sizes = links.shape[1:-2]
    file = struct.pack("<4id", n0, n1, n2, n3, 3 * slow_plaquette(links))
    for x0, x1, x2, x3 in itertools.product(range(n0), range(n1), range(n2), range(n3)):
        if (x0 + x1 + x2 + x3) % 2:
            for ours in (3, 0, 1, 2):  # time comes first there
                here = [x1, x2, x3, x0]
                behind = list(here)
                behind[ours] = (behind[ours] - 1) % sizes[ours]
                file += numbers(links[(ours, *here)], "<f8") + numbers(links[(ours, *behind)], "<f8")
    return file


def hirep(links, quaternions=False):
    nx, ny, nz, nt = links.shape[1:-2]
    colors = links.shape[-1]
    file = struct.pack(">5id", colors, nt, nx, ny, nz, slow_plaquette(links))
    for t, x, y, z in itertools.product(range(nt), range(nx), range(ny), range(nz)):
        for ours in (3, 0, 1, 2):
            u = links[ours, x, y, z, t]
            q = [u[0, 0].real, u[0, 1].imag, -u[0, 1].real, u[0, 0].imag]
            file += struct.pack(">4d", *q) if quaternions else numbers(u, ">f8")
    return file


def bridge(links):
    """One number a line, as the loops of LatticeQCD.jl run."""
    nx, ny, nz, nt = links.shape[1:-2]
    lines = []
    for t, z, y, x in itertools.product(range(nt), range(nz), range(ny), range(nx)):
        for mu in range(4):
            for row in links[mu, x, y, z, t]:
                for value in row:
                    lines += [repr(float(value.real)), repr(float(value.imag))]
    return ("\n".join(lines) + "\n").encode()


def npy(links):
    buffer = io.BytesIO()
    np.save(buffer, links)
    return buffer.getvalue()


def npz(links, compressed=False, **more):
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, links=links, **more)
    return buffer.getvalue()


def polyakov(links, direction):
    """Mean of tr over the product of links once around the lattice in one direction."""
    axis = direction
    length = links.shape[1 + direction]
    slices = np.moveaxis(links[direction], axis, 0)
    product = slices[0]
    for step in range(1, length):
        product = product @ slices[step]
    return complex(np.trace(product, axis1=-2, axis2=-1).mean())
