"""How long to wait for a server, and whether to ask it again: figures and rules, no network."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

#: What a server says when it cannot answer now, and may later.
LATER = frozenset({429, 500, 502, 503, 504})

_LONGEST_PAUSE = 20.0  # seconds between two attempts where the server names no time


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What one question may take. Seconds.

    :param connect: until a connection stands
    :param silence: without a byte
    :param whole: for one answer, from its first byte to its last
    :param attempts: how often a question is asked
    :param pause: before the second attempt; each later pause is twice as long
    :param wait: all pauses together; who asks us to wait longer is not asked again
    """

    connect: float = 10.0
    silence: float = 30.0
    whole: float = 300.0
    attempts: int = 4
    pause: float = 0.5
    wait: float = 60.0

    def before(self, attempt: int, *, url: str, asked: float | None, waited: float) -> float | None:
        """How long to wait before an attempt, counted from 1; ``None``: do not ask again.

        :param asked: what the server wants to be waited for
        :param waited: what was waited before
        """
        if attempt > self.attempts:
            return None
        # Questions that failed together do not come back together.
        spread = 1 + zlib.crc32(url.encode(errors="surrogateescape")) % 100 / 400
        pause = min(self.pause * 2 ** (attempt - 2), _LONGEST_PAUSE) * spread if asked is None else asked
        return pause if waited + pause <= self.wait else None


def asked_to_wait(headers: Mapping[str, str], *, now: int) -> float | None:
    """The seconds that a server's ``Retry-After`` names, as a number or a time; ``None``: it names none.

    :param headers: by names in small letters
    :param now: epoch seconds
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() - now)
