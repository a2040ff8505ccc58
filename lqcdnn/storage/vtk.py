"""VTK ImageData (.vti), which ParaView and VisIt open: real fields on the sites of a regular lattice.

XML file format of VTK, version 1.0: a head in XML, then all numbers as raw bytes, of each array its length as UInt64
before them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from numpy.typing import NDArray

_TYPES = {4: "Float32", 8: "Float64"}
_LENGTH = 8


def image_data(fields: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a file whose points are the sites, (0, 0, 0) the first of them, at distances 1.

    Parameters
    ----------
    fields
        By name real numbers of 4 or 8 bytes [x, y, z] with the same extents; with one or two directions the others
        have one point.

    Raises
    ------
    ValueError
        No field, or fields of different extents.
    """
    (shape,) = {values.shape for values in fields.values()}
    extent = " ".join(f"0 {n - 1}" for n in [*shape, 1, 1][:3])
    arrays, data, place = [], [], 0
    for name, values in fields.items():
        real = values.dtype.itemsize
        numbers = values.astype(f"<f{real}").tobytes(order="F")  # x fastest
        kind = f'type="{_TYPES[real]}" Name={quoteattr(name)}'
        arrays.append(f'        <DataArray {kind} NumberOfComponents="1" format="appended" offset="{place}"/>\n')
        data += [struct.pack("<Q", len(numbers)), numbers]
        place += _LENGTH + len(numbers)
    head = (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f'  <ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="1 1 1">\n'
        f'    <Piece Extent="{extent}">\n'
        f"      <PointData Scalars={quoteattr(next(iter(fields)))}>\n"
        f"{''.join(arrays)}"
        "      </PointData>\n"
        "    </Piece>\n"
        "  </ImageData>\n"
        '  <AppendedData encoding="raw">\n_'
    )
    return b"".join([head.encode(), *data, b"\n  </AppendedData>\n</VTKFile>\n"])
