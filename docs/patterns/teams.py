"""One Pipeline for each team folder that holds a values file.

A new team is a new folder: its Pipeline is there with the next plan. Where a folder goes,
``gitpromote retire TEAM --gone --reason …`` plans the deletion of what its Pipeline has written.
"""

from gitpromote import App, Directory, Environment, Helm, Pipeline, folders


def team(folder):
    return Pipeline(
        folder.name,
        apps=[App("service", Helm("charts/service", values=[f"{folder.path}/values.yaml"], namespace=folder.name))],
        target=Directory(f"teams/{folder.name}/$env", branch="rendered"),
        environments=[Environment(name, auto=name != "prod") for name in folder.values["environments"]],
    )


pipelines = [team(folder) for folder in folders("teams/*", holding="values.yaml")]
