"""Bytes -> ezdxf document: the plain reader first, its recovery second.

The recovery reads files that the plain reader refuses, but it also returns an empty document for
what is no drawing and drops what it cannot read without a word; so it only gets text whose every
tag was checked, and never binary DXF, which it cannot read.
"""

import io
import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from ezdxf import recover
from ezdxf.document import Drawing as Document
from ezdxf.filemanagement import dxf_stream_info, read
from ezdxf.lldxf.const import DXFError
from ezdxf.lldxf.tagger import binary_tags_loader

from components.errors import DrawingError
from components.geometry.drawing import shown
from components.geometry.dxf_repair import Source, mended

LOADER_ERRORS = (
    DXFError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError,
    RecursionError, AssertionError, OverflowError, ArithmeticError, StopIteration, struct.error,
)  # fmt: skip
"""What ezdxf raises on malformed files: its own errors and whatever its code trips over."""


def loaded(source: Source) -> tuple[Document, tuple[str, ...]]:
    """Return the document and what had to be repaired to read it.

    Raises:
        DrawingError: If it cannot be read.
    """
    with quiet():
        try:
            return _read(source), source.repairs
        except LOADER_ERRORS as error:
            if source.binary:
                raise DrawingError(f"corrupt binary DXF ({_said(error)})") from error
        source = mended(source)
        try:
            return _read(source), source.repairs
        except LOADER_ERRORS:
            pass
        try:
            document, auditor = recover.read(io.BytesIO(source.data))
        except LOADER_ERRORS as error:
            raise DrawingError(
                f"corrupt: {_said(error)}; open it in a CAD program and save it as DXF again"
            ) from error
    # Corrected table entries and handles do not touch the curves; lost entities would.
    lost = [fix.message for fix in auditor.errors]
    return document, (
        *source.repairs,
        *(f"recovered: {shown(message)[:120]}" for message in lost[:3]),
    )


def _read(source: Source) -> Document:
    """Return the document as ezdxf's plain reader sees it."""
    if source.binary:
        document = Document.load(binary_tags_loader(source.data, errors="surrogateescape"))
    else:
        encoding = source.encoding or _encoding(source.data)
        stream = io.TextIOWrapper(io.BytesIO(source.data), encoding, errors="surrogateescape")
        document = read(stream)
    document.modelspace()  # a damaged file may have none: the error belongs here
    return document


def _encoding(data: bytes) -> str:
    """Return the encoding that the header states."""
    stream = io.TextIOWrapper(io.BytesIO(data), "cp1252", errors="ignore")
    return str(dxf_stream_info(stream).encoding)


def _said(error: BaseException) -> str:
    """Return ezdxf's message, cut short: it may quote the file; of other errors the type alone."""
    text = str(error) if isinstance(error, DXFError) else ""
    return text.encode("unicode_escape").decode()[:120] or f"unreadable ({type(error).__name__})"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep ezdxf's log lines back: they quote the file unescaped."""
    logger = logging.getLogger("ezdxf")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
