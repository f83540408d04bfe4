"""The Rendering port: the tools of this machine and the renders that they do, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from gitpromote.adapters.renderers.tools import Toolbox
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import Rendered, RendererTool, RenderJob

if TYPE_CHECKING:
    from concurrent.futures import Executor


class LocalRendering:
    """Renders with real tools in throw-away folders.

    :param executor: whose workers render; default: threads, one per processor
    :param on_command: is told each command line that ran
    """

    def __init__(
        self,
        toolbox: Toolbox,
        *,
        executor: Executor | None = None,
        on_command: Callable[[str, tuple[str, ...], float], None] | None = None,
    ) -> None:
        self._toolbox = toolbox
        self._executor = executor
        self._on_command = on_command

    def tools(self, names: Iterable[str], *, versions: Mapping[str, str]) -> tuple[RendererTool, ...]:
        """The tools of these names, in the versions that are asked for."""
        return tuple(self._toolbox.find(name, version=versions.get(name, "")) for name in names)

    def render(
        self, jobs: Sequence[RenderJob], *, on_done: Callable[[str], None] | None = None
    ) -> Sequence[Rendered | Exception]:
        """Run many renders; a failed one is an error in its place."""
        from gitpromote.adapters.renderers.parallel import render_all  # where nothing changed there is none to run

        def done(at: int, result: Rendered | GitpromoteError) -> None:
            if isinstance(result, Rendered) and self._on_command is not None:
                for command in result.commands:
                    self._on_command(jobs[at].label, command.words, command.seconds)
            if on_done is not None:
                on_done(jobs[at].label)

        return render_all(jobs, executor=self._executor, on_done=done)
