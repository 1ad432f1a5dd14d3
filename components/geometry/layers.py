"""Which layers are cut: what the file hides, what the user chose, what the names say.

A layer's name is split into words at every sign that is no letter and at changes from small to
capital letters, and compared without accents, so `BEND-lines_1`, `BendLines` and `Biegelinien`
are all found and `Bender` is not. `_U+5207` codes are decoded first. A name that also says that
something is cut (`Frame_cut`) is kept, with a warning.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from ezdxf.document import Drawing as Document

from components.geometry.drawing import shown
from components.geometry.harvest import BLOCK_SAYS, NAME_SAYS
from components.settings.drawings import DrawingSettings

FRAME = "frame"
"""What the words of sheet frames and title blocks say, in `ignore_words`."""

_CODED = re.compile(r"_?\\?U\+([0-9A-Fa-f]{4})")
_LETTERS = re.compile(r"[^\W\d_]+")

_IDEOGRAPHS = "\u2e80"
"""From this sign on scripts have no spaces: a word is found anywhere in a name."""


@lru_cache(maxsize=4096)
def plain_text(text: str) -> str:
    """Return `text` decoded, without accents, letters of other scripts kept.

    Examples:
        >>> plain_text("Gravír")
        'Gravir'
    """
    text = _CODED.sub(lambda code: chr(int(code[1], 16)), text)
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    # Korean syllables fall into pieces above and are put together again.
    return unicodedata.normalize("NFC", letters).replace("ß", "ss")


def words_of(name: str) -> set[str]:
    """Return the words of a layer's name in small letters.

    Examples:
        >>> sorted(words_of("Inner_BendLine-2"))
        ['bend', 'bendline', 'inner', 'line']
    """
    runs = _LETTERS.findall(plain_text(name))
    return {word.lower() for run in runs for word in (run, *_humps(run))}


def _humps(run: str) -> list[str]:
    """Return the words of letters written together, cut where the case or the script changes.

    Examples:
        >>> _humps("DXFFrameA")
        ['DXF', 'Frame', 'A']
    """
    words = [run[0]]
    for index in range(1, len(run)):
        before, here, after = run[index - 1], run[index], run[index + 1 : index + 2]
        begins = here.isupper() and (before.islower() or (before.isupper() and after.islower()))
        if begins or (before < _IDEOGRAPHS) != (here < _IDEOGRAPHS):
            words.append("")
        words[-1] += here
    return words


@dataclass(frozen=True, slots=True)
class LayerRules:
    """Decides about layers by name.

    Attributes:
        hidden: Names, in small letters, of layers that are off or frozen, with the word for it.
        cut: Patterns of the only layers to read; empty means all.
        ignored: Patterns of layers never to read.
        linetypes: Patterns of linetypes that are not cut.
        linetype_of: Name of a layer in small letters -> its linetype.
        words: Word of a layer's name in small letters without accents, `*` for any ending -> what
            it says.
        cut_words: Words that say that a layer is cut, whatever else its name says.
        spared: Names of layers that are cut whatever the words of their names say.
    """

    hidden: dict[str, str]
    cut: tuple[str, ...]
    ignored: tuple[str, ...]
    linetypes: tuple[str, ...]
    linetype_of: dict[str, str]
    words: dict[str, str]
    cut_words: tuple[str, ...] = ()
    spared: frozenset[str] = frozenset()

    def rule_against(self, layer: str) -> str:
        """Return why entities of this layer are dropped; empty if they are kept."""
        name = layer.lower()
        if name in self.hidden:
            return f"layer is {self.hidden[name]}"
        if name == "defpoints":
            return "layer Defpoints never plots"
        if _matches(layer, self.ignored):
            return "layer is in ignore_layers"
        if self.cut:
            return "" if self.is_chosen(layer) else "layer is not in cut_layers"
        is_cut = layer in self.spared or self._says_cut(layer)
        meaning = "" if is_cut else self._meaning(layer)
        return f"{NAME_SAYS}{meaning}" if meaning else ""

    def is_chosen(self, layer: str) -> bool:
        """Return whether the user named this layer as one to cut."""
        return _matches(layer, self.cut)

    def doubt_about(self, layer: str) -> str:
        """Return a warning about a layer whose name says both that it is cut and that it is not."""
        if self.cut or not self._says_cut(layer) or not (meaning := self._meaning(layer)):
            return ""
        return (
            f"layer '{shown(layer)}' is cut, though its name also says {meaning}; leave it out "
            "with --ignore-layers if it is not"
        )

    def rule_against_insert(self, layer: str, block: str) -> str:
        """Return why a block inserted on this layer is dropped whole; empty if it is looked into.

        As in CAD programs only a frozen layer hides what the block holds on other layers. A block
        named as a sheet frame or title block is one, unless the user chose layers.
        """
        if self.hidden.get(layer.lower()) == "frozen":
            return "layer is frozen"
        is_frame = not self.cut and not self._says_cut(block) and self._meaning(block) == FRAME
        return f"{BLOCK_SAYS}{FRAME}" if is_frame else ""

    def rule_against_linetype(self, linetype: str, layer: str) -> str:
        """Return why an entity of this linetype is dropped; empty if it is kept.

        The linetype of a layer that the user chose says nothing, that of a single entity does.
        """
        name = linetype.lower()
        if name in ("", "bylayer"):
            name = "" if self.is_chosen(layer) else self.linetype_of.get(layer.lower(), "")
        for pattern in self.linetypes:
            if fnmatchcase(name, pattern):
                return f"linetype {pattern.rstrip('*')} is not cut"
        return ""

    def _meaning(self, name: str) -> str:
        """Return what the words of a name say against it; empty if they say nothing."""
        return self.words.get(_first_said(tuple(self.words), name), "")

    def _says_cut(self, name: str) -> bool:
        """Return whether a word of a name says that it is cut."""
        return bool(_first_said(self.cut_words, name))


@lru_cache(maxsize=1024)
def _first_said(words: tuple[str, ...], name: str) -> str:
    """Return the first of the words that a name says, empty if none.

    Most files name the same few layers, so the answers are kept.
    """
    found = words_of(name)
    return next((word for word in words if _is_said(word, found)), "")


def _is_said(word: str, found: set[str]) -> bool:
    """Return whether a word, which may end in `*`, is among those of a name."""
    if word[0] >= _IDEOGRAPHS:
        return any(word in have for have in found)
    if word.endswith("*"):
        return any(have.startswith(word[:-1]) for have in found)
    return word in found


def _matches(layer: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a layer's name, as it is spelt or decoded, fits one of the patterns."""
    names = {layer.lower(), _CODED.sub(lambda code: chr(int(code[1], 16)), layer).lower()}
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


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
        cut_words=tuple(plain_text(word).lower() for word in settings.cut_words),
    )


def _lowered(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return patterns in small letters."""
    return tuple(pattern.lower() for pattern in patterns)
