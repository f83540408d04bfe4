"""What cannot work on this machine, told before anything is planned."""

from __future__ import annotations

from gitpromote.errors import ConfigurationError
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.resolved import HOME
from gitpromote.project.wiring import Place


def refuse_checked_out(pipeline: Pipeline, place: Place) -> None:
    """A local repository without an origin refuses pushes to the branch that is checked out.

    :raises ConfigurationError: ``branch-checked-out``, with the command that helps
    """
    work = place.work
    if work is None or work.origin_url is not None or place.home_url != work.home_url:
        return
    checked_out = work.checked_out()
    for name in pipeline.order():
        target = pipeline.resolved(name).target
        if target.repository == HOME and target.ref in checked_out:
            branch = target.ref.removeprefix("refs/heads/")
            raise ConfigurationError(
                "A target branch is checked out",
                code="branch-checked-out",
                detail=f"{name}: {branch} is checked out in {checked_out[target.ref]}, "
                "and Git refuses pushes to a branch that somebody works on.",
                hint="Work on another branch, or give the repository a remote that all push to:\n"
                f"  git -C {checked_out[target.ref]} switch -c work\n"
                f"  git -C {checked_out[target.ref]} remote add origin URL",
            )
