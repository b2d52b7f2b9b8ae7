"""Run by a Python that has QGIS: opens a project and a bare layer, draws the map, prints what it found as JSON."""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize

SIDE = 900
EUROPE_M = (2_400_000, 1_200_000, 6_800_000, 5_500_000)


def main(project_file: str, package: str, picture: str) -> None:
    project = QgsProject.instance()
    found = {"read": project.read(project_file), "crs": project.crs().authid(), "title": project.title()}
    nodes = project.layerTreeRoot().findLayers()
    found["layers"] = {
        n.layer().source().split("layername=")[1]: {
            "valid": n.layer().isValid(),
            "rows": n.layer().featureCount(),
            "renderer": n.layer().renderer().type(),
            "visible": n.isVisible(),
        }
        for n in nodes
    }
    bare = QgsVectorLayer(f"{package}|layername=sites", "sites", "ogr")
    found["stored_style"] = bare.renderer().type()
    found["alias"] = bare.attributeAlias(bare.fields().indexOf("it_mw"))
    settings = QgsMapSettings()
    settings.setLayers([n.layer() for n in nodes if n.isVisible()])
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setExtent(QgsRectangle(*EUROPE_M))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    found["colours"] = len({image.pixel(x, y) for x in range(0, SIDE, 3) for y in range(0, SIDE, 3)})
    image.save(picture)
    print(json.dumps(found))


application = QgsApplication([], False)
application.initQgis()
main(*sys.argv[1:4])
