"""Drawings and plane geometry: DXF files to parts, and parts compared with each other.

The modules in the order in which a file meets them:

Reading a file
    drawing_files  which files are drawings; opening one safely; names of parts
    bounded_pool   worker processes with limits on time and memory; garbage: fewer collections
    dxf_reader     the way of one file, step by step: begin here
    drawing        what comes out: verdict, unit and evidence, gaps, counts, parts
    dxf_repair     bytes: what is no DXF, what can be put right; dxf_document: bytes to ezdxf

Collecting the curves that are cut
    collecting     layers, linetypes and sheets weighed together
    layers         what names of layers and linetypes say; named_layers: which are not believed
    dxf_curves     the walk through model space and blocks; dxf_blocks: how much they stand for
    dxf_types      which entities are curves; hatches: contours that they alone draw
    dxf_entities   one entity to points; flattening: curves to chords
    harvest        curves and counts so far; left_out: what was lost, in words
    sheets         frames and title blocks; with rectangles, sheet_blocks, _content and _sizes
    units          the length of a unit and its evidence

From curves to parts
    assembly       the steps below in their order
    doubles        curves drawn twice; joining: ends to rings
    overshoots     ends past a corner or short of a line; noding: crossing lines to rings
    loose_ends     open chains that may be left out; put_right: what was done, in words
    nesting        rings to outlines and holes; countersinks: circles round holes

Contours, masks and files of parts
    contours, transforms, masks, parts_file, sample_drawings

Parts that look alike
    similarity     the report; with resemblance, signature, starts, laying, symmetry, differences
"""
