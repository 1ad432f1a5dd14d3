"""Which layers are cut: what the file hides, what the user chose, what the names say.

A layer's name is split into words at every sign that is no letter and at changes from small to
capital letters, and compared without accents, so `BEND-lines_1`, `BendLines` and `Biegelinien`
are all found. `_U+5207` codes are decoded first.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ezdxf.document import Drawing as Document

from components.settings.drawings import DrawingSettings

_CODED = re.compile(r"_?\\?U\+([0-9A-Fa-f]{4})")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")


def plain_text(text: str) -> str:
    """Return `text` decoded, without accents, letters of other scripts kept.

    Examples:
        >>> plain_text("Gravír")
        'Gravir'
    """
    text = _CODED.sub(lambda code: chr(int(code[1], 16)), text)
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ß", "ss")


def words_of(name: str) -> set[str]:
    """Return the words of a layer's name in small letters.

    Examples:
        >>> sorted(words_of("Inner_BendLine-2"))
        ['bend', 'bendline', 'inner', 'line']
    """
    text = plain_text(name)
    parts = [word.lower() for word in _WORDS.findall(text)]
    runs = [run.lower() for run in re.findall(r"[^\W\d_]+", text)]
    return {*parts, *runs}


@dataclass(frozen=True, slots=True)
class LayerRules:
    """Decides about layers by name.

    Attributes:
        hidden: Names, in small letters, of layers that are off or frozen, with the word for it.
        cut: Patterns of the only layers to read; empty means all.
        ignored: Patterns of layers never to read.
        linetypes: Patterns of linetypes that are not cut.
        linetype_of: Name of a layer in small letters -> its linetype.
        words: Word of a layer's name in small letters without accents -> what it says.
    """

    hidden: dict[str, str]
    cut: tuple[str, ...]
    ignored: tuple[str, ...]
    linetypes: tuple[str, ...]
    linetype_of: dict[str, str]
    words: dict[str, str]

    def rule_against(self, layer: str) -> str:
        """Return why entities of this layer are dropped; empty if they are kept."""
        name = layer.lower()
        if name in self.hidden:
            return f"layer is {self.hidden[name]}"
        if name == "defpoints":
            return "layer Defpoints never plots"
        if any(fnmatchcase(name, pattern) for pattern in self.ignored):
            return "layer is in ignore_layers"
        if self.cut:
            chosen = any(fnmatchcase(name, pattern) for pattern in self.cut)
            return "" if chosen else "layer is not in cut_layers"
        return self._rule_of_words(layer)

    def rule_against_insert(self, layer: str) -> str:
        """Return why a block inserted on this layer is dropped whole; empty if it is looked into.

        As in CAD programs only a frozen layer hides what the block holds on other layers.
        """
        return "layer is frozen" if self.hidden.get(layer.lower()) == "frozen" else ""

    def rule_against_linetype(self, linetype: str, layer: str) -> str:
        """Return why an entity of this linetype is dropped; empty if it is kept."""
        name = linetype.lower()
        if name in ("", "bylayer"):
            name = self.linetype_of.get(layer.lower(), "")
        for pattern in self.linetypes:
            if fnmatchcase(name, pattern):
                return f"linetype {pattern.rstrip('*')} is not cut"
        return ""

    def _rule_of_words(self, layer: str) -> str:
        """Return what the words of a layer's name say against it."""
        found = words_of(layer)
        for word, meaning in self.words.items():
            cjk = ord(word[0]) > 0x2E80
            if word in found or (cjk and any(word in have for have in found)):
                return f"layer name says {meaning}"
        return ""


def layer_rules(document: Document, settings: DrawingSettings) -> LayerRules:
    """Return the rules for one document."""
    hidden = {}
    for layer in document.layers:
        name = str(layer.dxf.name).lower()
        if layer.is_frozen():
            hidden[name] = "frozen"
        elif layer.is_off():
            hidden[name] = "off"
    return LayerRules(
        hidden=hidden,
        cut=_lowered(settings.cut_layers),
        ignored=_lowered(settings.ignore_layers),
        linetypes=_lowered(settings.ignore_linetypes),
        linetype_of={
            str(layer.dxf.name).lower(): str(layer.dxf.linetype).lower()
            for layer in document.layers
        },
        words={
            plain_text(word).lower(): meaning
            for meaning, words in settings.ignore_words.items()
            for word in words
        },
    )


def _lowered(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return patterns in small letters."""
    return tuple(pattern.lower() for pattern in patterns)
