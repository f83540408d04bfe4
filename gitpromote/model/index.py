"""What is asked of a whole Pipeline again and again, worked out once: order, neighbours, Warehouses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gitpromote.model.app import App
from gitpromote.model.environment import AnyOf, Environment
from gitpromote.model.graph import followers, order
from gitpromote.model.names import repository_key
from gitpromote.model.resolved import HOME, Join
from gitpromote.model.subscription import Git
from gitpromote.model.target import InPlace
from gitpromote.model.warehouse import Warehouse
from gitpromote.model.wave import Wave

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["Index", "before_of", "repository_of"]


def before_of(environments: Iterable[Environment]) -> dict[str, tuple[str, ...]]:
    """Each Environment with those that come before it: what it says, or the one before it in the list.

    A wave comes after all of the wave before it, the first one after the Environment before it, and what is in no wave
    after the last wave before it in the list.
    """
    found: dict[str, tuple[str, ...]] = {}
    previous: tuple[str, ...] = ()
    environments = list(environments)
    waves = _waves(environments)
    entry: tuple[str, ...] | None = None
    for environment in environments:
        said, number = said_after(environment), _number(environment)
        if number is None:
            found[environment.name] = previous if said is None else said
            previous = (environment.name,)
            continue
        entry = previous if entry is None else entry
        if number == 1:
            found[environment.name] = entry if said is None else said
        else:
            found[environment.name] = tuple(dict.fromkeys((*waves.get(number - 1, ()), *(said or ()))))
        previous = waves[max(waves)]
    return found


def _number(environment: Environment) -> int | None:
    wave = environment.wave
    return wave.number if isinstance(wave, Wave) else None


def _waves(environments: Iterable[Environment]) -> dict[int, tuple[str, ...]]:
    """The number of each wave with its Environments."""
    found: dict[int, list[str]] = {}
    for environment in environments:
        number = _number(environment)
        if number is not None:
            found.setdefault(number, []).append(environment.name)
    return {number: tuple(names) for number, names in found.items()}


def said_after(environment: Environment) -> tuple[str, ...] | None:
    """The names that an Environment's ``after`` holds, if it says anything."""
    after = environment.after
    if after is None:
        return None
    return tuple(after.names if isinstance(after, AnyOf) else after)


def repository_of(repo: str | None, home: str | None) -> str:
    """``home``, or the address of another repository."""
    if repo is None or (home is not None and repository_key(repo) == repository_key(home)):
        return HOME
    return repo


class Index(NamedTuple):
    """A sound Pipeline, looked up by name."""

    environments: Mapping[str, Environment]
    apps: Mapping[str, App]
    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    warehouses: tuple[Warehouse, ...]
    reached: Mapping[str, tuple[str, ...]]
    budgets: Mapping[int, Wave]

    @classmethod
    def of(cls, pipeline: Pipeline, *, unordered: bool = False) -> Index:
        """Everything but what differs by Environment, which is resolved when it is asked for.

        :param unordered: as if nothing came before anything else, since it is not sound what does
        """
        environments = {environment.name: environment for environment in pipeline.environments}
        before = dict.fromkeys(environments, ()) if unordered else before_of(pipeline.environments)
        warehouses = tuple(_warehouses(pipeline))
        ordered = order(before)
        return cls(
            environments=environments,
            apps={app.name: app for app in pipeline.apps} if unordered else _ordered_apps(pipeline),
            before=before,
            after=followers(before),
            order=ordered,
            warehouses=warehouses,
            reached=_reached(environments, before, ordered, tuple(one.name or "" for one in warehouses)),
            budgets=_budgets(pipeline),
        )

    def is_production(self, name: str) -> bool:
        """What the Environment says, otherwise whether nothing comes after it."""
        said = self.environments[name].production
        return not self.after[name] if said is None else said

    def auto_of(self, environment: Environment) -> bool | str | None:
        """What an Environment says; a control-flow point that is to guard what comes after it does not go by itself."""
        guards = environment.auto is None and self.after[environment.name] and self.is_production(environment.name)
        return False if guards else environment.auto

    def wave_of(self, environment: Environment) -> Wave | None:
        """An Environment's wave with the budget that all of it share."""
        number = _number(environment)
        return None if number is None else self.budgets.get(number, Wave(number))

    def join(self, name: str) -> Join:
        """Whether all or any of those before it must have verified what comes."""
        return "any" if isinstance(self.environments[name].after, AnyOf) else "all"


def _budgets(pipeline: Pipeline) -> dict[int, Wave]:
    """The number of each wave with its budget, where an Environment of it says one."""
    said = (environment.wave for environment in pipeline.environments)
    return {wave.number: wave for wave in said if isinstance(wave, Wave) and wave.has_budget}


def _ordered_apps(pipeline: Pipeline) -> dict[str, App]:
    apps = {app.name: app for app in pipeline.apps}
    return {name: apps[name] for name in order({name: tuple(app.after) for name, app in apps.items()})}


def direct_of(environment: Environment, starts: bool, warehouses: tuple[str, ...]) -> tuple[str, ...]:
    """The Warehouses that an Environment takes Freight from directly."""
    direct = environment.direct
    if isinstance(direct, bool):
        return warehouses if direct or starts else ()
    return tuple(name for name in warehouses if name in direct)


def _reached(
    environments: Mapping[str, Environment],
    before: Mapping[str, tuple[str, ...]],
    ordered: tuple[str, ...],
    warehouses: tuple[str, ...],
) -> dict[str, tuple[str, ...]]:
    """Each Environment with the Warehouses whose Freight can get there."""
    if len(warehouses) == 1:
        return dict.fromkeys(ordered, warehouses)
    found: dict[str, tuple[str, ...]] = {}
    for name in ordered:
        names = set(direct_of(environments[name], not before[name], warehouses))
        names.update(*(found[other] for other in before[name]))
        found[name] = tuple(one for one in warehouses if one in names)
    return found


def _warehouses(pipeline: Pipeline) -> Iterable[Warehouse]:
    """The Warehouses with their names, and with the sources that rendered targets need."""
    given = tuple(_at_home(one, pipeline.repo) for one in pipeline.given_warehouses) or (Warehouse(),)
    watched = {repository_of(repo, pipeline.repo) for warehouse in given for repo in warehouse.repositories}
    wanted = [repository for repository in _rendered_repositories(pipeline) if repository not in watched]
    first, *others = given
    implied = [Git(repo=None if repository == HOME else repository, include=None) for repository in wanted]
    name = first.name or pipeline.name
    if implied or first.name is None:
        first = first.changed({"name": name, "subscriptions": (*first.subscriptions, *implied)})
    return (first, *others)


def _at_home(warehouse: Warehouse, home: str | None) -> Warehouse:
    """A Warehouse whose subscriptions call the home repository by no address, however they spelt it."""
    if home is None or not any(repo and repository_of(repo, home) == HOME for repo in warehouse.repositories):
        return warehouse
    watched = [
        one.changed({"repo": None}) if isinstance(one, Git) and repository_of(one.repo, home) == HOME else one
        for one in warehouse.subscriptions
    ]
    return warehouse.changed({"subscriptions": tuple(watched)})


def _rendered_repositories(pipeline: Pipeline) -> tuple[str, ...]:
    """The repositories whose commits must be in the Freight, in the order of the Apps."""
    rendered = {
        environment.apps
        for environment in pipeline.environments
        if not isinstance(environment.target or pipeline.target, InPlace)
    }
    everything = None in rendered
    names = {name for apps in rendered for name in apps or ()}
    apps = [app for app in pipeline.apps if everything or app.name in names]
    return tuple(dict.fromkeys(repository_of(app.repo, pipeline.repo) for app in apps))
