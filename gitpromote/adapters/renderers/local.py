"""The renderers of this machine, as the engine asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor

from gitpromote.adapters.renderers.parallel import render_all
from gitpromote.adapters.renderers.tools import Toolbox
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import Rendered, RendererTool, RenderJob


class LocalRendering:
    """Tools from this machine; jobs run in threads, or wherever an executor takes them.

    :param on_result: is told what came of each job, with its command lines, for ``-v``
    """

    def __init__(
        self,
        toolbox: Toolbox,
        *,
        executor: Executor | None = None,
        workers: int | None = None,
        on_result: Callable[[Rendered | GitpromoteError], None] | None = None,
    ) -> None:
        self._toolbox = toolbox
        self._executor = executor
        self._workers = workers
        self._on_result = on_result

    def tools(self, names: Iterable[str], *, versions: Mapping[str, str]) -> tuple[RendererTool, ...]:
        """The tools of these names, in the versions that are asked for.

        :raises ConfigurationError: ``tool-missing``, ``tool-version``
        """
        return tuple(self._toolbox.find(name, version=versions.get(name, "")) for name in names)

    def render(
        self, jobs: Sequence[RenderJob], *, on_done: Callable[[str], None] | None = None
    ) -> Sequence[Rendered | GitpromoteError]:
        """Run many renders; a failed one is an error in its place.

        :param on_done: is told the label of each as it ends
        """

        def done(at: int, result: Rendered | GitpromoteError) -> None:
            if self._on_result is not None:
                self._on_result(result)
            if on_done is not None:
                on_done(jobs[at].label)

        return render_all(jobs, executor=self._executor, workers=self._workers, on_done=done)
