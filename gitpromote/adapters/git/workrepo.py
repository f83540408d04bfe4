"""The repository that a person works in: where it is, where it comes from, who they are.

GitPython is the face to it for whoever wants more (:meth:`WorkRepository.repo`). It is imported there only, since that
costs 70 ms, and what every plan needs is one question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gitpromote.adapters.git.failures import git_failure
from gitpromote.adapters.git.process import Completed, call_git, call_side_by_side
from gitpromote.adapters.git.recent import require_recent_git
from gitpromote.adapters.git.url import absolute
from gitpromote.errors import ConfigurationError

if TYPE_CHECKING:
    import git

    from gitpromote.adapters.git.commits import Identity

# The origin, and what a repository says itself about reaching remotes: a CI checkout keeps its token there.
_WANTED = r"^(remote\.origin\.url$|credential\.|http\.|url\.|ssh\.|core\.(sshcommand|askpass|gitproxy)$)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRepository:
    """A repository with a work tree.

    :ivar toplevel: the folder of the work tree
    :ivar git_dir: its ``.git``, wherever that is
    :ivar origin_url: the URL of its remote ``origin``, a path made absolute; may hold a credential
    :ivar transport: the repository's own settings about reaching remotes, for ``Mirror.open(config=…)``
    """

    toplevel: Path
    git_dir: Path
    origin_url: str | None = field(default=None, repr=False)
    transport: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    env: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def home_url(self) -> str:
        """What others would clone: the origin, or where there is none the repository itself."""
        return self.origin_url or str(self.toplevel)

    def head_commit(self) -> str | None:
        """The id of the commit that is checked out; ``None`` before the first one."""
        completed = self._call(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        return completed.output.decode().strip() or None

    def commit_of(self, revision: str) -> str | None:
        """The id of the commit that a revision means here, such as ``HEAD~1``; ``None`` where it means none."""
        completed = self._call(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"])
        return completed.output.decode().strip() or None

    def checked_out(self) -> dict[str, Path]:
        """Which branches are checked out, by full ref name, and in which work tree. A push to one would be refused."""
        completed = self._call(["worktree", "list", "--porcelain"])
        if completed.status != 0:
            raise git_failure(completed, doing="list the work trees of", where=str(self.toplevel))
        return _checked_out(completed.output.decode("utf-8", "surrogateescape"))

    def identity(self) -> Identity | None:
        """Who works here, by ``user.name`` and ``user.email``; ``None`` where either is not set."""
        from gitpromote.adapters.git.commits import Identity

        completed = self._call(["config", "--includes", "-z", "--get-regexp", r"^user\.(name|email)$"])
        if completed.status not in (0, 1):  # 1: neither is set
            raise git_failure(completed, doing="read the settings of", where=str(self.toplevel))
        found = dict(_settings(completed.output))
        name, email = found.get("user.name", ""), found.get("user.email", "")
        return Identity(name, email) if name and email else None

    def repo(self) -> git.Repo:
        """The repository as a GitPython object: commits, remotes and branches to follow. Use it in a ``with``.

        :raises ConfigurationError: it cannot be opened
        """
        import git

        try:
            return git.Repo(self.toplevel)
        except (git.GitError, OSError) as error:
            raise self._unreadable(error) from error

    def _call(self, args: list[str]) -> Completed:
        return call_git(args, cwd=self.toplevel, env=self.env)

    def _unreadable(self, error: Exception) -> ConfigurationError:
        detail = f"{self.toplevel}: {str(error) or type(error).__name__}"
        return ConfigurationError("A local repository cannot be read", code="repository-unreadable", detail=detail)


def find_repository(path: Path, *, env: Mapping[str, str] | None = None) -> WorkRepository | None:
    """The repository whose work tree holds this file or folder; ``None`` where there is none.

    :raises ConfigurationError: the path does not exist, or git is too old (``git-too-old``)
    :raises AccessDenied: git does not trust the repository's owner (``repository-not-trusted``)
    """
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        raise ConfigurationError("A path does not exist", code="path-missing", detail=str(path))
    require_recent_git(env)
    # Git answers these in two processes; side by side they take the time of one.
    where, settings = call_side_by_side([_WHERE, _SETTINGS], cwd=folder, env=env)
    if where.status != 0:
        _no_repository(where, path)
        return None
    lines = where.output.decode("utf-8", "surrogateescape").removesuffix("\n").split("\ntrue\n")
    return _found(Path(lines[0]), Path(lines[1]), _settings(settings.output), env=env)


# The word in the middle parts them: a path may hold a line break.
_WHERE = ["rev-parse", "--show-toplevel", "--is-inside-work-tree", "--absolute-git-dir"]
_SETTINGS = ["config", "--local", "--includes", "-z", "--get-regexp", _WANTED]


def _settings(output: bytes) -> list[tuple[str, str]]:
    lines = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    pairs = [line.partition("\n") for line in lines]
    # A key without "=" means true.
    return [(key, value if equals else "true") for key, equals, value in pairs]


def _found(
    toplevel: Path, git_dir: Path, settings: list[tuple[str, str]], *, env: Mapping[str, str] | None
) -> WorkRepository:
    urls = [value for key, value in settings if key == "remote.origin.url" and value]
    return WorkRepository(
        toplevel=toplevel,
        git_dir=git_dir,
        # Of several git fetches from the first; a path counts from the work tree.
        origin_url=absolute(urls[0], base=toplevel) if urls else None,
        transport=tuple((key, value) for key, value in settings if key != "remote.origin.url"),
        env=env,
    )


def _no_repository(completed: Completed, path: Path) -> None:
    """In a bare repository or inside of ``.git`` there is no work tree either."""
    if not any(words in completed.words for words in ("not a git repository", "must be run in a work tree")):
        raise git_failure(completed, doing="find the repository of", where=str(path))


def _checked_out(text: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for block in text.split("\n\n"):
        lines = dict(line.partition(" ")[::2] for line in block.splitlines())
        if "branch" in lines and "bare" not in lines:
            found.setdefault(lines["branch"], Path(lines["worktree"]))
    return found
