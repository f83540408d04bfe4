"""One Warehouse, from what its subscriptions offer to its Freight.

The newest candidate of each, or the newest set that the Warehouse's rule brings together. It is Freight if something in
it is news: an image, a chart, or a commit that concerns its subscription. Where the renders read the same at a new
commit as at the one that is held, that one stays.

``cut`` and ``quiet`` ask when something arrived. No server remembers that, so it is when an image or chart was built,
by its own word, and when a commit was made; what tells no time has been there for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from gitpromote.discovery.found import Assembly
from gitpromote.discovery.making import Part, arrival_of, artifact_of, held_by, is_news, made
from gitpromote.engine.asked import Asked
from gitpromote.engine.candidates import MANUAL, Candidates, in_order
from gitpromote.engine.gather import Gathered, Offered
from gitpromote.engine.git_offers import changed_since
from gitpromote.engine.look import Look
from gitpromote.engine.past_images import without_past
from gitpromote.engine.source_order import in_history
from gitpromote.engine.sources import rendered_asks
from gitpromote.engine.world import World
from gitpromote.errors import AccessDenied, RemoteFailed, RenderFailed, SourceInvalid
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.candidate import CommitCandidate
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.model.subscription import Git
from gitpromote.planning.selection import newest_first

# Rules, versions and trains are loaded where a Warehouse speaks of them: most plans follow a branch.
if TYPE_CHECKING:
    from gitpromote.discovery.batching import Due
    from gitpromote.model.discovered import DiscoveredWarehouse, Status, Told

__all__ = ["Making"]


class Making:
    """One Warehouse at one moment."""

    def __init__(
        self,
        world: World,
        seen: Look,
        gathered: Gathered,
        resolved: Sequence[ResolvedEnvironment],
        asked: Asked,
        as_of: int,
    ) -> None:
        self.world, self.seen, self.resolved, self.asked, self.as_of = world, seen, resolved, asked, as_of
        self.wanted, self.offers = gathered.wanted, without_past(world, gathered.wanted, gathered.offers)
        self.warehouse, self.latest = self.wanted.warehouse, self.wanted.latest
        self.judged = self.warehouse.where is not None and not self.wanted.all_by_hand(world)
        self.quiet = cast("int | None", self.warehouse.quiet)  # a definition takes texts and holds seconds
        self.late: tuple[Told, ...] = ()
        self.known = [state.freight for state in newest_first(seen.ledger, self.warehouse.name or "")]

    def candidates(self) -> Candidates:
        assembly = self.assembled(self.offers)
        if assembly.chosen is None:
            return self.nothing(assembly)
        parts = self.parts(assembly)
        if not is_news(parts, self.latest):
            return self.done(assembly, self.latest, "known")
        wait = self.wait(parts)
        if wait is not None and wait.until is not None and wait.now:
            self.late = self.after(wait.until)
            assembly = self.assembled([self.until(one, wait.until) for one in self.offers])
            if assembly.chosen is None or not is_news(parts := self.parts(assembly), self.latest):
                return self.done(assembly, self.latest, "waiting", reason=self.next_cut)
        if wait is not None and not wait.now:
            return self.done(
                assembly, made(self.warehouse.name or "", parts), "waiting", reason=wait.reason, opens=wait.next
            )
        return self.done(assembly, made(self.warehouse.name or "", parts), self.status())

    def status(self) -> Status:
        return "manual" if self.warehouse.policy == "manual" and not (self.wanted.given or self.asked.forced) else "new"

    def done(
        self, assembly: Assembly, freight: Freight | None, status: Status, *, reason: str = "", opens: int | None = None
    ) -> Candidates:
        if status == "new" and any(one.id == freight.id for one in self.known if freight):
            status = "known"
        reason = reason or (MANUAL if status == "manual" else "")
        if freight is not None:
            freight = in_history(self.world, freight, self.seen.ledger, named=bool(self.wanted.given))
        taken = freight if status in ("new", "known") else None
        told = self.told(assembly, freight, status, reason, opens)
        return Candidates(
            freight=in_order(taken, self.known, first=bool(self.wanted.given)),
            missing=reason,
            newest=taken,
            told=told,
            facts=told.facts() if told is not None else {},
        )

    def rejection(self, freight: Freight | None) -> str:
        """Who rejected this Freight, and why; empty where nobody did."""
        known = self.seen.ledger.freight.get(freight.id) if freight is not None else None
        return known.rejection if known is not None and known.rejected else ""

    def nothing(self, assembly: Assembly) -> Candidates:
        from gitpromote.engine.discovered import missing_text

        return self.done(assembly, None, "nothing", reason=missing_text(self.offers, assembly))

    @property
    def tells(self) -> bool:
        """Whether there is anything to tell beyond the commit that a branch has."""
        plain = all(
            isinstance(one, Git) and one.strategy == "newest-from-branch" for one in self.warehouse.subscriptions
        )
        return self.wanted.whole or not plain or self.judged or bool(self.warehouse.cut or self.warehouse.quiet)

    def told(
        self, assembly: Assembly, freight: Freight | None, status: Status, reason: str, opens: int | None
    ) -> DiscoveredWarehouse | None:
        """What there is to tell, if anything; of Freight that would be news and was rejected, that it was."""
        rejection = self.rejection(freight) if status in ("new", "manual") else ""
        if not (self.tells or rejection):
            return None
        from gitpromote.engine.discovered import told_of

        return told_of(
            self.warehouse,
            self.offers,
            assembly,
            freight=freight,
            status="rejected" if rejection else status,
            reason=rejection or reason,
            opens=opens,
            late=self.late,
        )

    def assembled(self, offers: Sequence[Offered]) -> Assembly:
        """One candidate of each: the newest, or those that the rule brings together."""
        newest = tuple(one.selection.candidates[0] for one in offers if one.selection.candidates)
        if not self.judged:
            return Assembly(chosen=newest if offers and len(newest) == len(offers) else None)
        from gitpromote.discovery.assemble import assemble, rule_of

        return assemble([one.offer for one in offers], rule_of(self.warehouse.where, self.warehouse.subscriptions))

    # -- parts

    def parts(self, assembly: Assembly) -> list[Part]:
        assert assembly.chosen is not None
        return [self.part(one, chosen) for one, chosen in zip(self.offers, assembly.chosen, strict=True)]

    def part(self, offered: Offered, chosen: Any) -> Part:
        subscription = offered.subscription
        artifact = offered.given or artifact_of(subscription, chosen)
        if isinstance(chosen, CommitCandidate) and isinstance(subscription, Git):
            return self.commit(offered, subscription, chosen)
        return Part(subscription=subscription, candidate=chosen, artifact=artifact, by_hand=offered.given is not None)

    def commit(self, offered: Offered, git: Git, chosen: CommitCandidate) -> Part:
        """A commit; where the renders read the same at the one that is held, that one stays."""
        base = self.latest.commit_of(chosen.repository) if self.latest else None
        artifact = CommitArtifact(repository=chosen.repository, commit=chosen.oid)
        part = Part(subscription=git, candidate=chosen, artifact=artifact, by_hand=offered.given is not None)
        if part.by_hand or (chosen.oid == base and git.include is not None):
            return part
        if git.include is not None:
            return replace(part, concerns=base is None or self.touches(git, base, chosen))
        inputs = self.inputs(chosen)
        if base is None or not inputs or self.latest is None or inputs not in self.latest.inputs.split(","):
            return replace(part, inputs=inputs)
        stays = part.artifact if self.judged else CommitArtifact(repository=chosen.repository, commit=base)
        return replace(part, inputs=inputs, concerns=False, artifact=stays)

    def touches(self, git: Git, base: str, chosen: CommitCandidate) -> bool:
        """Without a rule the offer itself is what concerns the subscription."""
        if not self.judged or not (git.include or git.exclude):
            return True
        from gitpromote.discovery.commits import touches

        return touches(git, changed_since(self.world.repository(git.repo or HOME), base, chosen.oid))

    def inputs(self, chosen: CommitCandidate) -> str:
        commits = {chosen.repository: chosen.oid}
        asks = [ask for env in self.resolved for ask in rendered_asks(env, commits, self.world)]
        try:
            return self.world.renderings.inputs_digest(asks) if asks else ""
        except (RenderFailed, SourceInvalid, RemoteFailed, AccessDenied):
            if not self.asked.regardless:
                raise
            return ""  # which Environments cannot be rendered will be told; for the others it is news

    # -- release trains

    def wait(self, parts: Sequence[Part]) -> Due | None:
        """Whether news are made Freight now; ``None``: at once."""
        if not (self.warehouse.cut or self.warehouse.quiet) or self.wanted.given or self.asked.forced:
            return None
        from gitpromote.discovery.batching import due

        triggers = [one for one, part in zip(self.offers, parts, strict=True) if part.triggers]
        arrivals = [arrival for one in triggers for arrival in self.arrivals(one)]
        known = self.seen.ledger.freight.get(self.latest.id) if self.latest else None
        return due(
            arrivals=arrivals,
            now=self.as_of,
            cut=self.warehouse.cut,
            quiet=self.quiet,
            last=known.created_at if known else None,
        )

    def arrivals(self, offered: Offered) -> Iterable[int]:
        """When each candidate came that is newer than what the last Freight holds."""
        for candidate in offered.selection.candidates:
            if held_by(self.latest, artifact_of(offered.subscription, candidate)):
                return
            yield arrival_of(candidate)

    @property
    def next_cut(self) -> str:
        from gitpromote.discovery.batching import cut_text

        return cut_text(self.as_of, self.warehouse.cut or "")

    def after(self, moment: int) -> tuple[Told, ...]:
        """What came after a cut, and waits for the next one."""
        from gitpromote.engine.discovered import name_of
        from gitpromote.model.discovered import Told

        reason = f"came after the last cut; {self.next_cut}"
        return tuple(
            Told(name=name_of(candidate), reason=reason, waits=True)
            for one in self.offers
            for candidate in one.selection.candidates
            if arrival_of(candidate) > moment and not held_by(self.latest, artifact_of(one.subscription, candidate))
        )

    def until(self, offered: Offered, moment: int) -> Offered:
        """What had arrived by then."""
        kept = tuple(
            one
            for one in offered.selection.candidates
            if arrival_of(one) <= moment or held_by(self.latest, artifact_of(offered.subscription, one))
        )
        return replace(offered, selection=replace(offered.selection, candidates=kept))
