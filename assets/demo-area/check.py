"""Checks the demo area: `python3 check.py` prints what it counted, or what is wrong, and then ends with status 1."""

import json
import math
import re
import sys
from itertools import combinations
from pathlib import Path

import draw
from geometry import (METRES_PER_DEGREE_LAT, METRES_PER_DEGREE_LON, MIDDLE_LAT, MIDDLE_LON, SHEET_HEIGHT, SHEET_WIDTH,
                      area_bbox, to_degrees)

HERE = Path(__file__).parent
LAYERS = ("area", "buildings", "paths", "green", "places")
# The least distance from the middle of a road or path to a building, in metres.
CLEARANCE = {"secondary": 10, "tertiary": 10, "unclassified": 8, "residential": 6, "track": 3, "service": 2.5,
             "cycleway": 3, "footway": 1.5, "path": 2, "steps": 2}
SECTORS = {"municipality", "housing", "police", "association", "business", "health", "education"}
CATEGORIES = {"resource": {"institution", "association", "enthusiast", "place"},
              "challenge": {"social", "location", "group"}}
PROBLEMS = ["Narkosalg", "Hærværk", "Mislighold", "Dårlig belysning", "Urolige psykisk syge og misbrugere",
            "Anden utryghed"]
# Which contact takes which problem on the printed card, each cell as (problem, contact).
MARKS = {("Narkosalg", "SSP/Gadeplanen"), ("Hærværk", "SSP/Gadeplanen"), ("Hærværk", "Ejendomskontoret"),
         ("Mislighold", "Ejendomskontoret"), ("Dårlig belysning", "Ejendomskontoret"),
         ("Urolige psykisk syge og misbrugere", "Socialpsykiatrien"), ("Anden utryghed", "Helhedsplanen")}
CARD_SECTORS = {"SSP/Gadeplanen": "municipality", "Socialpsykiatrien": "municipality", "Helhedsplanen": "housing",
                "Ejendomskontoret": "housing"}
LINE_LENGTH = 70

wrong = []


def expect(holds, message):
    if not holds:
        wrong.append(message)


def metres(position):
    return (position[0] - MIDDLE_LON) * METRES_PER_DEGREE_LON, (position[1] - MIDDLE_LAT) * METRES_PER_DEGREE_LAT


def rings(feature):
    return [[metres(p) for p in ring[:-1]] for ring in feature["geometry"]["coordinates"]]


def inside(point, ring):
    crossings = 0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1]):
        if (ay > point[1]) != (by > point[1]) and point[0] < ax + (point[1] - ay) * (bx - ax) / (by - ay):
            crossings += 1
    return crossings % 2 == 1


def distance(point, start, end):
    """From a point to a segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / ((dx * dx + dy * dy) or 1)
    along = min(1, max(0, along))
    return math.dist(point, (start[0] + along * dx, start[1] + along * dy))


def samples(line, spacing=0.5):
    """Points along a line, so that distances to it can be measured from them."""
    for start, end in zip(line, line[1:]):
        steps = max(1, math.ceil(math.dist(start, end) / spacing))
        for step in range(steps):
            yield start[0] + (end[0] - start[0]) * step / steps, start[1] + (end[1] - start[1]) * step / steps
    yield line[-1]


def frame(points):
    xs, ys = zip(*points)
    return min(xs), min(ys), max(xs), max(ys)


def shared_area(one, other):
    """How many square metres two rings share, counted on a grid of half metres."""
    left, bottom, right, top = frame(one)
    left2, bottom2, right2, top2 = frame(other)
    left, bottom, right, top = max(left, left2), max(bottom, bottom2), min(right, right2), min(top, top2)
    count = 0
    for row in range(math.ceil(max(0, top - bottom) * 2)):
        for column in range(math.ceil(max(0, right - left) * 2)):
            point = (left + column / 2 + 0.25, bottom + row / 2 + 0.25)
            count += inside(point, one) and inside(point, other)
    return count / 4


def label(feature):
    properties = feature["properties"]
    number = " ".join(properties.get(key, "") for key in ("addr:street", "addr:housenumber"))
    return properties.get("name") or number.strip() or json.dumps(properties, ensure_ascii=False)


def check_coordinates(layers, bbox):
    def positions(coordinates):
        if isinstance(coordinates[0], float):
            yield coordinates
        else:
            for part in coordinates:
                yield from positions(part)

    west, south, east, north = bbox
    for name, features in layers.items():
        for feature in features:
            for lon, lat in positions(feature["geometry"]["coordinates"]):
                expect(west - 1e-7 <= lon <= east + 1e-7 and south - 1e-7 <= lat <= north + 1e-7,
                       f"{name}: {label(feature)} leaves the box at {lon}, {lat}")
                expect(round(lon, 7) == lon and round(lat, 7) == lat, f"{name}: {label(feature)} has too many decimals")


def check_buildings(layers):
    buildings = layers["buildings"]
    expect(len(buildings) >= 60, f"only {len(buildings)} buildings")
    expect({f["properties"].get("name") for f in buildings} >= {f"Blok {n}" for n in range(1, 20)}, "a block is missing")
    outlines = [(f, rings(f)[0]) for f in buildings]
    for (one, ring), (other, ring2) in combinations(outlines, 2):
        shared = shared_area(ring, ring2)
        expect(shared < 1, f"{label(one)} and {label(other)} share {shared} square metres")
    kept_clear = [f for f in layers["green"] if {"water", "pitch", "playground"} & set(f["properties"].values())]
    kept_clear += [f for f in layers["places"] if f["properties"].get("amenity") == "parking"]
    for place in kept_clear:
        for building, ring in outlines:
            shared = shared_area(ring, rings(place)[0])
            expect(shared < 1, f"{label(building)} stands on {label(place)} with {shared} square metres")
    for line in (f for f in layers["green"] if "barrier" in f["properties"]):
        for point in samples([metres(p) for p in line["geometry"]["coordinates"]]):
            expect(not any(inside(point, ring) for _, ring in outlines), f"a hedge crosses a building at {point}")
    for point in (f for f in layers["places"] if f["geometry"]["type"] == "Point"):
        indoors = any(inside(metres(point["geometry"]["coordinates"]), ring) for _, ring in outlines)
        outdoors = {"highway", "place", "emergency"} & set(point["properties"]) or point["properties"].get("amenity") in (
            "bench", "bbq", "recycling", "post_box")
        expect(indoors != bool(outdoors), f"{label(point)} is {'in' if indoors else 'outside'} a building")


def check_paths(layers):
    outlines = [(f, rings(f)[0]) for f in layers["buildings"]]
    water = [rings(f)[0] for f in layers["green"] if f["properties"].get("natural") == "water"]
    lines = [(f, [metres(p) for p in f["geometry"]["coordinates"]]) for f in layers["paths"]
             if f["geometry"]["type"] == "LineString"]
    left, bottom, right, top = frame([metres(p) for p in draw_corners()])
    for feature, line in lines:
        kind = feature["properties"]["highway"]
        room = CLEARANCE[kind]
        box = frame(line)
        near = [(b, r) for b, r in outlines if (f := frame(r)) and f[0] < box[2] + room and f[2] > box[0] - room
                and f[1] < box[3] + room and f[3] > box[1] - room]
        for building, ring in near:
            edges = list(zip(ring, ring[1:] + ring[:1]))
            closest = min(0 if inside(p, ring) else min(distance(p, *edge) for edge in edges) for p in samples(line))
            expect(closest >= room, f"{kind} {label(feature)} comes within {closest:.1f} m of {label(building)}")
        expect(not any(inside(p, ring) for ring in water for p in samples(line)), f"{label(feature)} crosses the lake")
        for end in (line[0], line[-1]):
            at_edge = min(end[0] - left, right - end[0], end[1] - bottom, top - end[1]) < 1
            joined = any(distance(end, a, b) < 1 for other, points in lines if other is not feature
                         for a, b in zip(points, points[1:]))
            # Drives end at their parking, field tracks in a yard, and a road may end in a turning place.
            expect(at_edge or joined or kind in ("service", "residential", "track") or end_is_meant(end, layers),
                   f"{kind} {label(feature)} ends in the open at {end[0]:.0f}, {end[1]:.0f}")


def draw_corners():
    return [to_degrees((0.0, SHEET_HEIGHT)), to_degrees((SHEET_WIDTH, 0.0))]


def end_is_meant(end, layers):
    """A path may end on the square, in the park and in the allotments."""
    squares = [f for f in layers["paths"] if f["geometry"]["type"] == "Polygon"]
    gardens = [f for f in layers["green"] if {"park", "allotments"} & set(f["properties"].values())]
    return any(inside(end, rings(f)[0]) for f in squares + gardens)


def check_demo(demo, layers):
    organisations = {o["key"]: o for o in demo["organisations"]}
    contacts = {c["key"]: c for c in demo["contacts"]}
    for name, size in (("organisations", 8), ("contacts", 25), ("problems", 6), ("pins", 35)):
        expect(len(demo[name]) == size, f"{len(demo[name])} {name}, not {size}")
        keys = [entry["key"] for entry in demo[name] if "key" in entry]
        expect(len(keys) == len(set(keys)), f"two {name} have one key")
    for organisation in demo["organisations"]:
        expect(organisation["sector"] in SECTORS, f"{organisation['key']}: sector {organisation['sector']}")
        expect(organisation["scope"] in ("public", "network"), f"{organisation['key']}: scope")
    values = []
    for contact in demo["contacts"]:
        key = contact["key"]
        expect(contact["organisation"] in organisations, f"{key}: no such organisation")
        expect(contact["scope"] in ("public", "network"), f"{key}: scope")
        expect(contact["verified_days_ago"] >= 0 and contact["verified_by"], f"{key}: verified")
        expect(contact["channels"], f"{key}: no channel")
        for channel in contact["channels"]:
            values.append(channel["value"])
            pattern = {"phone": r"\+45325710\d\d", "mobile": r"\+45202457\d\d",
                       "mail": r"[a-z.-]+@(boegeparken|kommunen)\.example"}[channel["kind"]]
            fits = re.fullmatch(pattern, channel["value"])
            expect(fits, f"{key}: {channel['value']} is no {channel['kind']} of the demo")
            expect(channel["scope"] == "network" or contact["scope"] == "public", f"{key}: public number, hidden contact")
    for value in {v for v in values if values.count(v) > 1}:
        wrong.append(f"{value} stands twice")
    check_card(demo, organisations, contacts)
    check_problems(demo)
    check_pins(demo, layers)
    expect(re.fullmatch(r"\+45325710\d\d", demo["area"]["concern"]["phone"]), "concern: phone")
    west, south, east, north = demo["area"]["bbox"]
    for lon, lat in layers["area"][0]["geometry"]["coordinates"][0]:
        expect(west < lon < east and south < lat < north, f"the boundary leaves the box at {lon}, {lat}")


def check_card(demo, organisations, contacts):
    problems = {p["key"]: p for p in demo["problems"]}
    cells = {(problems[c["problem"]]["name"], contacts[c["contact"]]["name"]) for c in demo["card"]}
    expect(cells == MARKS and len(demo["card"]) == len(MARKS), f"the card differs from the printed one: {cells ^ MARKS}")
    for contact in (contacts[key] for key in {c["contact"] for c in demo["card"]}):
        name, organisation = contact["name"], organisations[contact["organisation"]]
        expect(organisation["sector"] == CARD_SECTORS[name], f"{name}: sector")
        expect(contact["scope"] == organisation["scope"] == "public", f"{name}: must be public")
        public = [c["kind"] for c in contact["channels"] if c["scope"] == "public"]
        expect(public == ["phone"], f"{name}: one public telephone number, not {public}")
        expect(any(c["scope"] == "network" for c in contact["channels"]), f"{name}: no internal channel")


def check_problems(demo):
    expect([p["name"] for p in demo["problems"]] == PROBLEMS, "the problems differ from the printed card")
    for problem in demo["problems"]:
        for part in ("notice", "not_report", "have_ready"):
            expect(3 <= len(problem[part]) <= 5, f"{problem['key']}: {len(problem[part])} lines in {part}")
        lines = [problem["call_112_if"], problem["call_114_if"]]
        for line in lines + problem["notice"] + problem["not_report"] + problem["have_ready"]:
            expect(0 < len(line) <= LINE_LENGTH, f"{problem['key']}: {len(line)} characters: {line}")


def check_pins(demo, layers):
    boundary = rings(layers["area"][0])[0]
    seen = {"resource": [], "challenge": []}
    for pin in demo["pins"]:
        seen[pin["kind"]].append(pin["category"])
        expect(inside(metres((pin["lon"], pin["lat"])), boundary), f"{pin['title']} lies outside the area")
        group = pin["category"] == "group"
        expect((pin["scope"] == "coordination") == group, f"{pin['title']}: scope {pin['scope']}")
        expect(pin["expires_days"] == (90 if group else None), f"{pin['title']}: expires")
    for kind, size in (("resource", 20), ("challenge", 15)):
        expect(len(seen[kind]) == size, f"{len(seen[kind])} {kind} pins, not {size}")
        expect(set(seen[kind]) == CATEGORIES[kind], f"{kind} categories: {set(seen[kind])}")


def main():
    layers = {name: json.loads((HERE / f"{name}.geojson").read_text(encoding="utf-8"))["features"] for name in LAYERS}
    demo = json.loads((HERE / "demo.json").read_text(encoding="utf-8"))
    (west, south), (east, north) = draw_corners()
    expect(demo["area"]["bbox"] == area_bbox(), f"the box should be {area_bbox()}")
    for name in LAYERS:
        drawn = json.loads(json.dumps(getattr(draw, name)().features))
        expect(drawn == layers[name], f"{name}.geojson is not what draw.py draws")
    check_coordinates(layers, (west, south, east, north))
    check_buildings(layers)
    check_paths(layers)
    check_demo(demo, layers)
    for message in wrong:
        print(message)
    if wrong:
        sys.exit(1)
    print(", ".join(f"{len(features)} in {name}" for name, features in layers.items()), "and the sample data: all well")


if __name__ == "__main__":
    main()
