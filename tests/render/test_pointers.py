"""Placeholders of Git LFS."""

from __future__ import annotations

import pytest

from gitpromote.errors import SourceInvalid
from gitpromote.render.pointers import is_lfs_pointer, refuse_pointers

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "is_one"),
    [(POINTER, True), (POINTER + b"x" * 2000, False), (b"# " + POINTER, False), (b"", False), (b"version: 1", False)],
)
def test_a_pointer_is_known_by_its_first_line_and_its_size(content: bytes, is_one: bool) -> None:
    assert is_lfs_pointer(content) is is_one


def test_every_pointer_is_named() -> None:
    with pytest.raises(SourceInvalid) as caught:
        refuse_pointers({"b": ("100644", POINTER), "c": ("100644", b"fine"), "a": ("100644", POINTER)})
    assert caught.value.detail == "a\nb"
