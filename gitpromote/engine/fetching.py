"""Charts that renders need and that do not lie in the sources: each fetched once, all side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitpromote.engine.ask import Wanted
from gitpromote.engine.render_failures import Failed
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import ChartPin
from gitpromote.ports import Registry, Reporter


def fetched(
    wanted: Sequence[Wanted], registry: Registry, reporter: Reporter
) -> tuple[dict[ChartPin, bytes], list[Wanted], list[Failed]]:
    """The archives, the renders that have all of theirs, and why the others have not."""
    pins = list(dict.fromkeys(pin for one in wanted for pin in one.charts.values()))
    reporter.event("fetching", total=len(pins), message=", ".join(map(str, pins[:3])))
    answers = dict(zip(pins, registry.together([_question(registry, pin) for pin in pins]), strict=True))
    ready: list[Wanted] = []
    failures: list[Failed] = []
    for one in wanted:
        answered = (answers[pin] for pin in one.charts.values())
        error = next((answer for answer in answered if isinstance(answer, GitpromoteError)), None)
        if error is None:
            ready.append(one)
        else:
            failures.append(Failed(one.ask.name, one.ask.commit, error))
    return {pin: answer for pin, answer in answers.items() if isinstance(answer, bytes)}, ready, failures


def _question(registry: Registry, pin: ChartPin) -> Callable[[], bytes]:
    return lambda: registry.archive(pin.address, pin.version, digest=pin.digest or None)
