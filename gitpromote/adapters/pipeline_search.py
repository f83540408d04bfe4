"""Where the pipeline file is. Nothing of it is read here, so that this is known before anything else is loaded."""

from __future__ import annotations

from pathlib import Path

from gitpromote.errors import ConfigurationError, UsageError

__all__ = ["files_of", "find_pipeline_file", "parse_pipeline_option"]


def find_pipeline_file(start: Path) -> Path:
    """``pipeline.py``, or the folder ``pipelines`` where it holds Python files: in ``start`` or above it.

    The search ends at the repository that holds ``start``, since nobody expects another one's code to run.

    :raises ConfigurationError: there is none (``pipeline-file-missing``)
    """
    start = start.resolve()
    folder = start
    for folder in (start, *start.parents):
        if (folder / "pipeline.py").is_file():
            return folder / "pipeline.py"
        if _files_in(folder / "pipelines"):
            return folder / "pipelines"
        if (folder / ".git").exists():
            break
    where = str(start) if folder == start else f"{start} and above, up to {folder}"
    raise ConfigurationError(
        "No pipeline file was found",
        code="pipeline-file-missing",
        detail=f"there is no pipeline.py and no pipelines/*.py in {where}",
        hint="Write one, or name it:\n  gitpromote init\n  gitpromote VERB --pipeline FILE",
    )


def files_of(path: Path) -> list[Path]:
    """The pipeline files of a file or folder, sorted."""
    return _files_in(path) if path.is_dir() else [path]


def parse_pipeline_option(text: str) -> tuple[Path, str | None]:
    """``FILE`` or ``FILE:NAME`` taken apart. A file that exists under the whole text is that file.

    :raises UsageError: it is neither
    """
    file, colon, name = text.rpartition(":")
    if not colon or "/" in name or "\\" in name or Path(text).exists():
        file, name = text, ""
    elif not name:
        file = ""
    if not file:
        hint = "Write FILE or FILE:NAME."
        raise UsageError("Not a pipeline file", code="usage", detail=f"--pipeline {text!r}", hint=hint)
    return Path(file), name or None


def _files_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("*.py") if path.is_file() and path.name[0] not in "._")
