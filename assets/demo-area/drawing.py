"""One GeoJSON file in the making."""

import json
from pathlib import Path

from geometry import area_of, cut_line, cut_ring, to_degrees, to_sheet

HERE = Path(__file__).parent


class Drawing:
    """The features of one file, in the order they are drawn."""

    def __init__(self):
        self.features = []

    def point(self, at, **tags):
        self._add(tags, "Point", to_degrees(to_sheet(at)))

    def line(self, points, **tags):
        self._add(tags, "LineString", [to_degrees(p) for p in cut_line([to_sheet(p) for p in points])])

    def polygon(self, ring, **tags):
        """Cuts the ring to the sheet, closes it, and turns it counter-clockwise as GeoJSON wants."""
        on_sheet = cut_ring([to_sheet(p) for p in ring])
        if area_of(on_sheet) > 0:
            on_sheet.reverse()
        degrees = [to_degrees(p) for p in on_sheet]
        self._add(tags, "Polygon", [[*degrees, degrees[0]]])

    def _add(self, tags, kind, coordinates):
        # Python names cannot hold a colon: addr__street stands for addr:street.
        properties = {key.rstrip("_").replace("__", ":"): value for key, value in tags.items()}
        geometry = {"type": kind, "coordinates": coordinates}
        self.features.append({"type": "Feature", "properties": properties, "geometry": geometry})

    def write(self, name):
        """One feature a line, so that a change to the drawing reads well as a difference."""
        lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in self.features)
        text = f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
        (HERE / f"{name}.geojson").write_text(text, encoding="utf-8")
