"""A chart that another team publishes, with values of our own for each environment.

The chart lies in a registry, and nothing of it in this repository. A new version of it is promoted like an image: the
Freight holds it with its digest, and its archive is fetched by that. The rendered diff shows what the new version
changes; a change to the values moves the environment that they belong to.

Elsewhere: umbrella charts, and Application sources with a ``targetRevision`` for each environment.
"""

from gitpromote import App, Branch, Chart, Environment, Git, Helm, Pipeline, Warehouse

CHART = "oci://ghcr.io/acme/charts/shop"

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Chart(CHART, "^1.4"), Git(include=["envs/"])),
    apps=[App("shop", Helm(CHART, values=["envs/common.yaml", "envs/$env.yaml"], namespace="shop-$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
