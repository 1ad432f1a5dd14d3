"""Which DXF types are cut lines, and why the others are left out.

Areas (HATCH) are looked at on their own. A *body* - REGION, 3DSOLID and their like - keeps its
shape in the modeller's own format (ACIS), so a contour may be lost with it: that is told.
"""

from typing import Any

from components.geometry.dxf_entities import CURVES, REGIONS
from components.geometry.harvest import NO_BODY, NO_CURVE, NO_GEOMETRY, NO_PLANE, UNKNOWN

TEXT_TYPES = frozenset(
    (
        "TEXT", "MTEXT", "ATTRIB", "ATTDEF", "DIMENSION", "ARC_DIMENSION",
        "LARGE_RADIAL_DIMENSION", "LEADER", "MULTILEADER", "MLEADER", "TOLERANCE", "ACAD_TABLE",
        "GEOMAPIMAGE", "ARCALIGNEDTEXT", "RTEXT",
    )
)  # fmt: skip

AID_TYPES = frozenset(
    (
        "POINT", "RAY", "XLINE", "VIEWPORT", "IMAGE", "WIPEOUT", "OLE2FRAME", "OLEFRAME", "LIGHT",
        "SUN", "UNDERLAY", "PDFUNDERLAY", "DWFUNDERLAY", "DGNUNDERLAY",
    )
)  # fmt: skip

SOLID_TYPES = frozenset(("3DFACE", "MESH", "SOLID", "TRACE", "HELIX"))

BODY_TYPES = frozenset(
    (
        "3DSOLID", "BODY", "REGION", "SURFACE", "EXTRUDEDSURFACE", "LOFTEDSURFACE",
        "REVOLVEDSURFACE", "SWEPTSURFACE", "PLANESURFACE", "NURBSURFACE", "ACAD_PROXY_ENTITY",
    )
)  # fmt: skip

RULES = {
    kind: rule
    for types, rule in (
        (TEXT_TYPES, NO_GEOMETRY),
        (AID_TYPES, NO_CURVE),
        (SOLID_TYPES, NO_PLANE),
        (BODY_TYPES, NO_BODY),
    )
    for kind in types
}


def rule_of_type(entity: Any, kind: str) -> str:
    """Return why entities of this type are dropped; empty if they are not."""
    if kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh):
        return NO_PLANE
    if kind in CURVES or kind in REGIONS:
        return ""
    return RULES.get(kind, UNKNOWN)
