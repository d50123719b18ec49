"""Plane geometry for the plan of Bøgeparken: metres in, WGS 84 degrees out.

A point is a pair (x, y) in metres on the plan, x to the right and y down the paper.
The plan is turned a little when it is laid on the ground, since no real estate stands exactly north-south.
"""

import math

# The middle of the plan lies in open farmland, at this latitude and longitude.
MIDDLE_LAT, MIDDLE_LON = 55.6380, 12.1650
MIDDLE_X, MIDDLE_Y = 366.0, 327.0
TURN = math.radians(-6.0)
# The sheet everything is cut to, in metres; its edges run exactly north-south and east-west. It is much larger than
# the area, so that the map of a tall telephone or a wide window does not end in nothing.
SHEET_WIDTH, SHEET_HEIGHT = 1600.0, 1700.0
# The box of the area on that sheet, around the same middle.
AREA_WIDTH, AREA_HEIGHT = 812.0, 684.0

METRES_PER_DEGREE_LAT = 111_330.0
METRES_PER_DEGREE_LON = 111_413.0 * math.cos(math.radians(MIDDLE_LAT))


def to_sheet(point):
    """Turns a plan point into metres east and south of the north-west corner of the sheet."""
    dx, dy = point[0] - MIDDLE_X, point[1] - MIDDLE_Y
    return (
        dx * math.cos(TURN) - dy * math.sin(TURN) + SHEET_WIDTH / 2,
        dx * math.sin(TURN) + dy * math.cos(TURN) + SHEET_HEIGHT / 2,
    )


def to_degrees(sheet_point):
    """The [longitude, latitude] of a point on the sheet, rounded to seven decimals."""
    east = sheet_point[0] - SHEET_WIDTH / 2
    north = SHEET_HEIGHT / 2 - sheet_point[1]
    return [
        round(MIDDLE_LON + east / METRES_PER_DEGREE_LON, 7),
        round(MIDDLE_LAT + north / METRES_PER_DEGREE_LAT, 7),
    ]


def area_bbox():
    """West, south, east and north of the area, in degrees."""
    left, top = (SHEET_WIDTH - AREA_WIDTH) / 2, (SHEET_HEIGHT - AREA_HEIGHT) / 2
    west, south = to_degrees((left, top + AREA_HEIGHT))
    east, north = to_degrees((left + AREA_WIDTH, top))
    return [west, south, east, north]


def box(left, top, right, bottom):
    """A rectangle as an open ring."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def shifted(ring, dx, dy):
    return [(x + dx, y + dy) for x, y in ring]


def curve(points, closed=False, steps=8):
    """A smooth curve (Catmull-Rom) through every one of `points`."""
    if closed:
        padded = [points[-1], *points, points[0], points[1]]
    else:
        padded = [points[0], *points, points[-1]]
    found = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:]):
        found.extend(_between(a, b, c, d, step / steps) for step in range(steps))
    return found if closed else [*found, points[-1]]


def _between(a, b, c, d, t):
    def blend(p, q, r, s):
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)

    return blend(a[0], b[0], c[0], d[0]), blend(a[1], b[1], c[1], d[1])


def beside(line, distance):
    """The line moved sideways, to its right hand when `distance` is positive (y points down)."""
    moved = []
    for index, (x, y) in enumerate(line):
        before, after = line[max(index - 1, 0)], line[min(index + 1, len(line) - 1)]
        length = math.dist(before, after)
        moved.append((x - distance * (after[1] - before[1]) / length, y + distance * (after[0] - before[0]) / length))
    return moved


def snapped(line, others, reach=5.0):
    """The line with its ends moved onto the nearest of the other lines, where one is within reach."""
    return [_nearest(line[0], others, reach), *line[1:-1], _nearest(line[-1], others, reach)]


def _nearest(point, lines, reach):
    feet = [_foot(point, start, end) for line in lines for start, end in zip(line, line[1:])]
    nearest = min(feet, key=lambda foot: math.dist(point, foot))
    return nearest if math.dist(point, nearest) <= reach else point


def _foot(point, start, end):
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return start[0] + along * dx, start[1] + along * dy


def cut_line(line):
    """The first stretch of a sheet line that lies on the sheet."""
    kept = []
    for start, end in zip(line, line[1:]):
        piece = _cut_segment(start, end)
        if piece is None:
            if kept:
                break
            continue
        kept.extend(piece if not kept else piece[1:])
    return kept


def _cut_segment(start, end):
    """Liang-Barsky: the part of a segment that lies on the sheet, or nothing."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    first, last = 0.0, 1.0
    for step, room in (
        (-dx, start[0]),
        (dx, SHEET_WIDTH - start[0]),
        (-dy, start[1]),
        (dy, SHEET_HEIGHT - start[1]),
    ):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    if first >= last:
        return None
    return [(start[0] + t * dx, start[1] + t * dy) for t in (first, last)]


def cut_ring(ring):
    """Sutherland-Hodgman: the part of a sheet ring that lies on the sheet."""
    for axis, limit, sign in ((0, 0.0, 1), (0, SHEET_WIDTH, -1), (1, 0.0, 1), (1, SHEET_HEIGHT, -1)):
        ring = _cut_side(ring, axis, limit, sign)
    return ring


def _cut_side(ring, axis, limit, sign):
    kept = []
    for start, end in zip(ring[-1:] + ring[:-1], ring):
        start_in, end_in = (sign * (point[axis] - limit) >= 0 for point in (start, end))
        if start_in != end_in:
            t = (limit - start[axis]) / (end[axis] - start[axis])
            kept.append((start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])))
        if end_in:
            kept.append(end)
    return kept


def area_of(ring):
    """The area of a ring; positive when it runs clockwise on paper."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1])) / 2
