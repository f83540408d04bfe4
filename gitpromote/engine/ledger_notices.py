"""What a ledger says that people should know of before they trust a plan: times to come, Environments that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitpromote.engine.world import World
from gitpromote.history.moved import moves_of
from gitpromote.model.members import as_python
from gitpromote.model.moments import duration, instant
from gitpromote.model.state import Content, EnvironmentState, LedgerState
from gitpromote.model.words import listed

__all__ = ["ahead_text", "ledger_notices"]

#: How far clocks may differ before it is told. Seconds.
_USUAL = 120
_MOST_NAMED = 5


def ledger_notices(world: World, ledger: LedgerState) -> list[str]:
    """Each as a text for people, what helps below it."""
    ahead = ahead_text(ledger, now=world.clock.now())
    return [*([ahead] if ahead else []), *_gone(world, ledger), *_idle_moves(world, ledger)]


def ahead_text(ledger: LedgerState, *, now: int) -> str:
    """That Records were written by a clock that ran ahead, and how far; an empty string where none was."""
    latest = max([*(one.clock for one in ledger.environments.values()), *_created(ledger)], default=now)
    if latest - now <= _USUAL:
        return ""
    far = duration(latest - now)
    return (
        f"the ledger's time lies {far} ahead: a clock ran ahead when its last Records were written, "
        "or this one is slow; what soaks or bakes waits until then"
    )


def _created(ledger: LedgerState) -> Iterable[int]:
    return (one.created_at for one in ledger.freight.values())


# -- Environments that are gone


def _gone(world: World, ledger: LedgerState) -> list[str]:
    """Environments of the ledger that the Pipeline does not have, as far as something is left of them."""
    here = {name: world.pipeline.resolved(name).target for name in world.pipeline.order()}
    had = {old for olds in moves_of(world.pipeline).values() for old in olds}
    unknown = {
        name: one.content
        for name, one in ledger.environments.items()
        if name not in here and name not in had and one.content is not None
    }
    if not unknown:
        return []
    taken = {(one.repository, one.ref, one.path): name for name, one in here.items() if one.ref}
    fresh = {name for name in here if not _has_been(ledger.environment(name))}
    texts, left = [], {}
    for name, content in unknown.items():
        owner = taken.get((content.repository, content.ref or "", content.path))
        if owner is None and _is_there(world, content):
            left[name] = content
        elif owner in fresh:
            texts.append(_renamed_text(name, owner))
    return [*texts, *([_left_text(world, left, renamed=bool(fresh) and not world.previews)] if left else [])]


def _idle_moves(world: World, ledger: LedgerState) -> Iterator[str]:
    """Old names from which nothing goes on: what is asked for by ``moved=`` does not come about."""
    for name, olds in moves_of(world.pipeline).items():
        own, known = ledger.environments.get(name), [old for old in olds if old in ledger.environments]
        said = f"moved={as_python(olds[0] if len(olds) == 1 else olds)}"
        if own is not None and own.moved in olds:
            continue
        if own is not None and known:
            yield (
                f"{name} has a history of its own{_since(own, world.clock.now())}, so that {said} has no effect: what "
                f"was recorded of {known[0]} does not count for it. "
                f"It had to be there before the first Record of {name}"
            )
        elif not known and ledger.environments and not world.previews:
            which = "an environment" if len(olds) == 1 else "environments"
            yield f"{name}: {said} has no effect: nothing was ever recorded of {which} called {listed(olds)}"


def _since(state: EnvironmentState, now: int) -> str:
    times = [*state.promoted[:1], *state.arrived.values(), *(one.at for one in state.verified.values())]
    return f" since {instant(min(times), now=now)}" if times else ""


def _has_been(state: EnvironmentState) -> bool:
    return state.generation > 0 or state.content is not None


def _renamed_text(name: str, owner: str) -> str:
    return (
        f"{name} is in the ledger and no longer in the pipeline, and {owner} writes where it wrote; "
        f'if that is its new name, its history goes on with: Environment("{owner}", moved="{name}")'
    )


def _left_text(world: World, left: dict[str, Content], *, renamed: bool) -> str:
    """What is left, and the ways out.

    :param renamed: one of them may have another name now
    """
    places = _named([_place(content) for content in left.values()])
    text = (
        f"{_named(list(left))} {'is' if len(left) == 1 else 'are'} in the ledger and no longer in the pipeline; "
        f"what was written stays in {places}, until:\n"
        f"  gitpromote retire {world.pipeline.name} --gone --reason …"
    )
    moved = f'\nUnder another name its history goes on with:\n  Environment(…, moved="{next(iter(left))}")'
    return text + (moved if renamed else "")


def _place(content: Content) -> str:
    branch = (content.ref or "").removeprefix("refs/heads/")
    return f"{branch}:{content.path}" if content.path else branch


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _is_there(world: World, content: Content) -> bool:
    """Whether its target still holds anything, as far as that is known without asking another repository."""
    if content.ref is None or content.repository not in world.opened:
        return content.ref is not None
    repository = world.repository(content.repository)
    head = repository.fetch([content.ref]).get(content.ref)
    return head is not None and (not content.path or bool(repository.trees([f"{head}:{content.path}"])[0]))
