"""What a git process of ours is told: credentials as the user has them, no redirection, nothing that runs by itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

# They would send a command into another repository, index or object store, or change what its words mean.
_REDIRECTS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_AUTHOR_DATE",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_NAME",
        "GIT_COMMITTER_DATE",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DEFAULT_HASH",
        "GIT_DEFAULT_REF_FORMAT",
        "GIT_DIFF_OPTS",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INDEX_VERSION",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_LAZY_FETCH",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_PROTOCOL",
        "GIT_QUARANTINE_PATH",
        "GIT_REF_PARANOIA",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_TEMPLATE_DIR",
        "GIT_WORK_TREE",
    }
)

# -c comes last in git's order, so the user's own settings cannot turn these on again.
_OFF = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "color.ui=false",
    "core.quotePath=true",
    "log.showSignature=false",
    "i18n.commitEncoding=UTF-8",
    "push.gpgSign=false",
    "push.followTags=false",
    "fetch.writeCommitGraph=false",
    "init.defaultRefFormat=files",
    "transfer.credentialsInUrl=allow",  # a warning about the user's own URL helps nobody here
    "advice.detachedHead=false",
)

# zlib asks for 256 KiB per object, which glibc otherwise takes from the kernel and gives back each time: 2,000 small
# files took 225 ms to store and take 50. Other C libraries do not read these.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "67108864"}

#: What stands before every subcommand.
FLAGS: tuple[str, ...] = (
    "--no-replace-objects",
    "--literal-pathspecs",
    *(word for setting in _OFF for word in ("-c", setting)),
)


def git_environment(base: Mapping[str, str] | None = None, *, config: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """The environment of a git process.

    ``GIT_ASKPASS``, ``GIT_SSH_COMMAND``, ``SSH_AUTH_SOCK``, proxy and CA settings and injected configuration stay. Git
    runs in a session of its own and has no terminal to ask on.

    :param base: default: the environment of this process
    :param config: settings that must not stand on a command line, since they may hold credentials
    """
    source = os.environ if base is None else base
    environment = _MEMORY | {name: value for name, value in source.items() if name not in _REDIRECTS}
    environment.update(LC_ALL="C", LANGUAGE="", GIT_TERMINAL_PROMPT="0", GIT_PAGER="cat")
    _add_settings(environment, list(config))
    return environment


def _add_settings(environment: dict[str, str], config: Sequence[tuple[str, str]]) -> None:
    if not config:
        return
    given = environment.get("GIT_CONFIG_COUNT", "")
    start = int(given) if given.isdecimal() else 0
    for at, (key, value) in enumerate(config, start):
        environment[f"GIT_CONFIG_KEY_{at}"] = key
        environment[f"GIT_CONFIG_VALUE_{at}"] = value
    environment["GIT_CONFIG_COUNT"] = str(start + len(config))
