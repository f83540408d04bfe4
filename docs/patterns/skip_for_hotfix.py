"""An urgent change may leave ``uat`` out, if it says so and the rule of ``uat`` lets it.

``gitpromote freight create --image ghcr.io/acme/shop:1.4.1 --label urgent=true --skip uat`` asks for it. ``uat``
grants it to Freight that carries the label; to any other it answers ``skip-denied``, and that Freight waits until
somebody asks for the whole way: the same command without ``--skip``. What leaves ``uat`` out still has to be verified
in ``test``, and gates of ``prod`` hold all the same.

Elsewhere: intent.skip and a skip-permission gate.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, SkipPermission, Warehouse

urgent = SkipPermission("urgent", "freight.labels.urgent == 'true'")

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", auto=True),
        Environment("uat", gates=[urgent]),
        Environment("prod"),
    ],
)
