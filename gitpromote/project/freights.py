"""``project.freight``: the Freight of a Pipeline, found, made, and spoken of."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitpromote.engine.asked import Asked
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, UsageError
from gitpromote.model.discovered import DiscoveryReport, FreightLock

if TYPE_CHECKING:
    from gitpromote.engine.freight_made import Recorded
    from gitpromote.model.freight import Freight
    from gitpromote.model.freight_report import FreightReport
    from gitpromote.model.record import Record


def _refuse_unwritable(path: Path) -> None:
    """Tell at once where nothing can be written: to find out what there is may take a while."""
    there = next(one for one in (path.parent, *path.parent.parents) if one.exists())
    reason = "it is a folder" if path.is_dir() else "" if there.is_dir() else f"{there} is no folder"
    if not reason and not os.access(path if path.exists() else there, os.W_OK):
        reason = "you may not write there"
    if reason:
        raise _unwritable(path, reason)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from error


def _unwritable(path: Path, reason: str) -> GitpromoteError:
    return GitpromoteError(
        "A file cannot be written",
        code="output-failed",
        detail=f"{path}: {reason}",
        hint="Nothing was changed. Make room, or name another place with --lock.",
    )


def opened_lock(world: World, lock: str | Path | FreightLock | None) -> FreightLock | None:
    """A lock by its file, fit for a Pipeline.

    :raises UsageError: ``lock-unreadable``
    :raises ConfigurationError: ``lock-invalid``, ``lock-foreign``, ``lock-stale``
    """
    if lock is None:
        return None
    from gitpromote.engine.freight_lock import read_lock, refuse_foreign

    name = "the lock" if isinstance(lock, FreightLock) else str(lock)
    found = lock if isinstance(lock, FreightLock) else read_lock(_bytes(name), name=name, pipeline=world.pipeline.name)
    refuse_foreign(world, found, name=name)
    return found


def _bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            "The freight lock cannot be read",
            code="lock-unreadable",
            detail=f"{name}: {error.strerror or error}",
            hint=f"Make one:\n  gitpromote freight discover --lock {name}",
        ) from error


def _refuse_more(freight: str, *others: object) -> None:
    if any(others):
        raise UsageError(
            "Freight that is there is made of what it is made of",
            code="freight-and-artifacts",
            detail=f"{freight!r}, and an image, a chart, a commit or a Warehouse beside it.",
            hint="Name one or the other.",
        )


class Freights:
    """The Freight of a Pipeline. Words for a Freight are its id, the beginning of that, its alias, or a name given."""

    def __init__(
        self, world: Callable[[], World], *, here: Callable[[str], str], resting: Callable[[], World | None]
    ) -> None:
        self._open, self._here, self._resting = world, here, resting

    @property
    def _world(self) -> World:
        return self._open()

    # -- looking

    def list(self) -> tuple[FreightReport, ...]:
        """All that the ledger knows, the latest arrival first."""
        from gitpromote.engine.freight_journey import freight_reports

        return freight_reports(self._resting() or self._world)

    def show(self, freight: str) -> FreightReport:
        """One Freight and its journey.

        :raises UsageError: there is none of these words, or more than one
        """
        from gitpromote.engine.freight_journey import freight_report

        return freight_report(self._resting() or self._world, freight)

    def discover(
        self, *, lock: str | Path | None = None, as_of: int | None = None, fresh: bool = False
    ) -> DiscoveryReport:
        """What each subscription has to offer, and what comes of it. Nothing is pushed.

        Where some registries cannot be asked, the report has what the others say, and ``failures``.

        :param lock: a file to keep it in as canonical JSON, to plan with it: ``project.plan(lock=…)``
        :param fresh: ask what every tag names now, and note those that were pushed anew since they were seen
        :raises GitpromoteError: no registry can be asked, and no Warehouse does without; or, with a lock, one of them;
            the file cannot be written (``output-failed``), which is told before anything is asked
        """
        from gitpromote.engine.freight_lock import lock_bytes, lock_of
        from gitpromote.engine.freight_made import discovered

        if lock is not None:
            _refuse_unwritable(Path(lock))
        resting = self._resting() if lock is None else None
        if resting is not None:
            now = as_of if as_of is not None else resting.clock.now()
            return DiscoveryReport(pipeline=resting.pipeline.name, as_of=now // 60 * 60, warehouses=())
        moment = self._minute(as_of)
        asked = Asked(whole=True, fresh=fresh, partly=lock is None)
        found = discovered(self._world, asked, as_of=moment)
        if lock is not None:
            _write(Path(lock), lock_bytes(lock_of(self._world, found, as_of=moment)))
        told = tuple(one.told for one in found.values() if one.told is not None)
        return DiscoveryReport(pipeline=self._world.pipeline.name, as_of=moment, warehouses=told)

    def lock(self, *, as_of: int | None = None) -> FreightLock:
        """What discovery finds, to plan with it later: ``project.plan(lock=…)``. Nothing is pushed."""
        from gitpromote.engine.freight_lock import lock_of
        from gitpromote.engine.freight_made import discovered

        moment = self._minute(as_of)
        return lock_of(self._world, discovered(self._world, Asked(), as_of=moment), as_of=moment)

    # -- making

    def create(
        self,
        *,
        images: Sequence[str] = (),
        charts: Sequence[str] = (),
        commit: str | None = None,
        unpinned: bool = False,
        warehouse: str | None = None,
        freight: str | None = None,
        labels: Mapping[str, str] | None = None,
        provenance: Mapping[str, str] | None = None,
        target: str | None = None,
        skip: Sequence[str] = (),
    ) -> tuple[Recorded, ...]:
        """Record Freight with these artifacts; what is not named is found. One for each Warehouse that takes them.

        Of several requests the latest counts: without ``target`` and ``skip`` it is the whole way.

        :param images: ``repo:tag@digest`` each; ``charts`` likewise, ``commit`` a revision of the home repository. What
            is named is looked up: the registry says the digest, and that it is there
        :param unpinned: where no registry answers, a tag without a digest will do
        :param freight: in their place, words for one that is there: to ask for it anew
        :param target: ask for it to go up to this Environment; ``skip``: to leave these out, as :meth:`request` does
        :raises UsageError: nothing was named, or something that nothing subscribes to, or that does not exist
        :raises Blocked: there is no set of artifacts
        """
        if freight is not None:
            from gitpromote.engine.freight_made import ask_anew

            _refuse_more(freight, images, charts, commit, warehouse)
            found = self._named(freight)
            said = {"labels": labels, "provenance": provenance}
            return (ask_anew(self._world, found, target=target, skip=skip, **said),)
        asked = self._by_hand(images, charts, commit, unpinned=unpinned, warehouse=warehouse)
        return self._recorded(asked, labels, provenance, target=target, skip=skip)

    def named(
        self,
        *,
        images: Sequence[str] = (),
        charts: Sequence[str] = (),
        commit: str | None = None,
        unpinned: bool = False,
    ) -> tuple[Freight, ...]:
        """The Freight that :meth:`create` would record. Nothing is pushed."""
        from gitpromote.engine.freight_made import named_freight

        asked = self._by_hand(images, charts, commit, unpinned=unpinned)
        found = named_freight(self._world, asked, as_of=self._minute())
        return tuple(one.newest for one in found.values() if one.newest is not None)

    def _by_hand(
        self,
        images: Sequence[str],
        charts: Sequence[str],
        commit: str | None,
        *,
        unpinned: bool,
        warehouse: str | None = None,
    ) -> Asked:
        if not (images or charts or commit):
            raise UsageError(
                "Freight is made of something",
                code="freight-of-nothing",
                detail="No image, chart or commit was named.",
                hint=f"To make it of what is there:\n  gitpromote freight assemble {self._world.pipeline.name}",
            )
        return Asked(
            images=tuple(images),
            charts=tuple(charts),
            commit=self._here(commit) if commit else None,
            unpinned=unpinned,
            warehouse=warehouse,
            forced=True,
        )

    def assemble(
        self,
        *,
        warehouse: str | None = None,
        labels: Mapping[str, str] | None = None,
        provenance: Mapping[str, str] | None = None,
    ) -> tuple[Recorded, ...]:
        """Record the newest coherent Freight that there is, whatever the Warehouse's policy says, and at once.

        :raises Blocked: there is no set of artifacts
        """
        return self._recorded(Asked(warehouse=warehouse, forced=True), labels, provenance)

    def _recorded(
        self,
        asked: Asked,
        labels: Mapping[str, str] | None,
        provenance: Mapping[str, str] | None,
        *,
        target: str | None = None,
        skip: Sequence[str] = (),
    ) -> tuple[Recorded, ...]:
        from gitpromote.engine.freight_made import record_freight

        said = {"labels": labels, "provenance": provenance}
        return record_freight(self._world, asked, as_of=self._minute(), target=target, skip=skip, **said)

    # -- speaking of it; each is a Record

    def approve(self, freight: str, env: str, *, reason: str = "", key: str | None = None) -> Record:
        """Let it enter an Environment although those before have not verified it; it goes on from there.

        Where the Pipeline or its organisation names signers, it is signed.

        :param key: the file of an SSH key to sign with; default: git's ``user.signingKey``
        """
        from gitpromote.engine.freight_verbs import approve_freight

        return approve_freight(self._world, self._named(freight), env, reason=reason, key=key)

    def reject(self, freight: str, *, reason: str) -> Record:
        """Ban it everywhere. What runs already stays until something else comes."""
        from gitpromote.engine.freight_verbs import reject_freight

        return reject_freight(self._world, self._named(freight), reason=reason)

    def request(self, freight: str, *, target: str | None = None, skip: Sequence[str] = (), reason: str = "") -> Record:
        """Say how far it is to go: up to an Environment, leaving some out where that is permitted."""
        from gitpromote.engine.freight_verbs import request_freight

        return request_freight(self._world, self._named(freight), target=target, skip=skip, reason=reason)

    def hotfix(self, freight: str | Freight, env: str, *, reason: str, expires: int, key: str | None = None) -> Record:
        """Let it enter one Environment past those before it, for so many seconds; it does not go on from there.

        Where the Pipeline names its signers, it is signed for production.

        :param freight: words for it, or one of :meth:`named`, which is recorded along with it
        :param key: the file of an SSH key to sign with; default: git's ``user.signingKey``
        """
        from gitpromote.engine.freight_verbs import hotfix

        found = self._named(freight) if isinstance(freight, str) else freight
        return hotfix(self._world, env, found, reason=reason, expires=expires, key=key)

    def alias(self, freight: str, name: str) -> Record:
        """Give it one more name."""
        from gitpromote.engine.freight_made import alias_freight

        return alias_freight(self._world, freight, name)

    def _named(self, words: str) -> Freight:
        """Of the ledger, or one that discovery finds and nobody has recorded yet."""
        from gitpromote.engine.freight_journey import ledger_state
        from gitpromote.engine.freight_made import discovered
        from gitpromote.engine.freight_named import among, is_known, known_freight

        state = ledger_state(self._world)
        if is_known(state, words):
            return known_freight(state, words).freight
        found = discovered(self._world, Asked(freight=words), as_of=self._minute())
        return next(one for each in found.values() if (one := among(each.freight, words, state)) is not None)

    def _minute(self, as_of: int | None = None) -> int:
        return (self._world.clock.now() if as_of is None else as_of) // 60 * 60
