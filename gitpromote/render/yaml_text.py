"""Where text comes in: bytes to text, text to libyaml's parser, and the parser's complaints to a place and words."""

from __future__ import annotations

import re

from yaml.error import MarkedYAMLError, YAMLError

from gitpromote.errors import ConfigurationError, SourceInvalid

try:
    from yaml._yaml import CParser
except ImportError:
    CParser = None  # type: ignore[assignment,misc]

__all__ = ["decode", "open_parser", "parser_place", "without_bom"]

BOM = "\ufeff"
# What YAML's definition calls printable; libyaml stops at the first other character without saying where.
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_OTHER_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def decode(data: bytes, *, file: str) -> str:
    """The text of UTF-8 bytes, with its byte order mark if it has one.

    :raises SourceInvalid: ``not-utf8``, with the offset of the first byte that is not
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        names = [name for mark, name in _OTHER_ENCODINGS if data.startswith(mark)]
        looks = f"; it begins like {names[0]}" if names else ""
        raise SourceInvalid(
            "A file is not UTF-8",
            code="not-utf8",
            detail=f"{file}:{line}: byte 0x{data[error.start]:02x} at offset {error.start}{looks}",
            hint="Save it as UTF-8.",
        ) from error


def without_bom(text: str) -> str:
    """The text without a byte order mark at its beginning."""
    return text[1:] if text.startswith(BOM) else text


def open_parser(text: str) -> CParser:
    """libyaml's parser over a text."""
    if CParser is None:
        raise ConfigurationError(
            "PyYAML was installed without libyaml",
            code="yaml-parser-missing",
            detail="Manifests are read with libyaml's parser, which PyYAML's wheels bring along.",
            hint="python -m pip install --force-reinstall --only-binary :all: pyyaml",
        )
    return CParser(text)


def parser_place(error: YAMLError, text: str, *, first_line: int) -> tuple[int, int, str]:
    """Line and column, both from 0, of what the parser complains about, and its own words.

    :param first_line: the line of the file where the text begins
    """
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        context, mark = error.context or "", error.context_mark
        if mark is not None and mark.line != error.problem_mark.line:
            context += f" that begins on line {first_line + mark.line}"
        words = ", ".join(part for part in (context, error.problem) if part)
        if "`" in words or "token" in words:
            words += _character(text, error.problem_mark.index)
        return error.problem_mark.line, error.problem_mark.column, words
    found = _NOT_PRINTABLE.search(text)
    if not found:
        return 0, 0, str(error).splitlines()[0]
    line = text.count("\n", 0, found.start())
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1)
    return line, column, f"the character U+{ord(found[0]):04X} is not allowed"


def _character(text: str, index: int) -> str:
    """The character that no token can begin with, where naming it helps."""
    names = {"\t": "a tab", "@": "'@'", "`": "'`'", "%": "'%'"}
    name = names.get(text[index : index + 1])
    return f" ({name})" if name else ""
