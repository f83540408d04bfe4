"""What is let go of without a word leaves no connection open."""

from __future__ import annotations

import gc

from pushing import Pusher

from gitpromote.adapters.registries.registry import HttpRegistry


def test_a_registry_that_nobody_holds_any_more_ends_its_connections(real, desk):
    with Pusher(real.url, "let/go") as pusher:
        pusher.image("1.0.0")
    registry = HttpRegistry.open(desk.folder, clock=desk.clock, env=desk.env)
    assert registry.tags(f"{real.host}/let/go") == ("1.0.0",)
    clients = registry._http._clients
    [client] = clients.values()
    assert not client.is_closed
    del registry
    gc.collect()
    assert client.is_closed
