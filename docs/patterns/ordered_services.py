"""Services of one release, one after the other: the database's migration before what needs it.

Each environment of the map is two Environments here, one for each service: ``test-api`` takes a Freight once it has
been verified in ``test-db``. Both carry the same Freight, so the order holds for a release and not only for its parts.
``production=`` says it of ``prod-db``, too: unless it is said, only what nothing comes after is production.
Where order within one commit is enough, write ``App("api", …, after="db")`` in one Environment instead.

Elsewhere: a chain of Stages that each update one application.
"""

from gitpromote import App, Branch, Environment, Git, Image, Kustomize, Pipeline, Warehouse

store = Pipeline(
    "store",
    warehouse=Warehouse(Image("ghcr.io/acme/db", "^1"), Image("ghcr.io/acme/api", "^2"), Git(include=["deploy/"])),
    apps=[App(name, Kustomize(f"deploy/{name}/$label.overlay")) for name in ("db", "api")],
    target=Branch("env/$env"),
    environments=[
        Environment(
            f"{overlay}-{name}",
            apps=[name],
            labels={"overlay": overlay},
            auto=overlay == "test",
            production=overlay == "prod",
        )
        for overlay in ("test", "prod")
        for name in ("db", "api")
    ],
)
