"""What lies round the estate: the ring road, fields, allotments, woods, farms and country roads."""

from geometry import beside, box, curve, shifted, snapped

RING = curve([(-620, 260), (-360, 168), (-120, 108), (120, 86), (262, 72), (400, 64), (530, 62), (680, 70), (850, 94),
              (1060, 140), (1320, 180)])
KAERVEJ = snapped(curve([(-330, 161), (-296, 290), (-262, 480), (-270, 700), (-200, 960), (-120, 1300)]),
                  (RING,), reach=20)
SOENDERMARKEN = snapped(curve([(-264, 640), (-60, 690), (200, 712), (480, 704), (760, 730), (1010, 800), (1320, 830)]),
                        (KAERVEJ,), reach=20)


def buildings(drawing):
    farms(drawing)
    # Four rows of allotments, two on either side of their lane, every house a little out of line.
    for number in range(20):
        column, row = number % 5, number // 5
        x = (24, 70, 112, 172, 226)[column] + row * 3 % 7
        y = (-150, -104, -40, 16)[row] + column * 5 % 8
        drawing.polygon(box(x, y, x + 6, y + 5), building="allotment_house", building__levels="1")


def farms(drawing):
    """Three farms in the fields, each a house and two barns round a yard."""
    for x, y, name in ((-380, 420, "Kærgård"), (880, 560, "Østergård"), (150, 880, "Søndergård")):
        drawing.polygon(box(x, y, x + 24, y + 10), building="farm", name=name)
        drawing.polygon(box(x - 14, y + 18, x - 2, y + 50), building="barn")
        drawing.polygon(box(x + 26, y + 18, x + 40, y + 50), building="barn")


def paths(drawing):
    drawing.line(RING, highway="secondary", name="Ringvejen", maxspeed="60", lit="yes", surface="asphalt")
    drawing.line(KAERVEJ, highway="tertiary", name="Kærvej", maxspeed="80", surface="asphalt")
    drawing.line(SOENDERMARKEN, highway="unclassified", name="Søndermarken", maxspeed="80", surface="asphalt")
    lane = [(149, 83), (148, 60), (144, 20), (141, -66), (140, -188)]
    for line in (lane, [(10, -66), (141, -66), (280, -66)]):
        drawing.line(snapped(line, (RING,)), name="Solbakken", highway="path", surface="fine_gravel", lit="no")
    for track in ([(228, 594), (232, 640), (226, 712)], [(-368, 434), (-330, 434), (-274, 438)],
                  [(890, 584), (896, 660), (884, 764)], [(162, 876), (158, 800), (150, 709)]):
        drawing.line(snapped(curve(track), (KAERVEJ, SOENDERMARKEN)), highway="track", surface="ground", lit="no")


def green(drawing):
    fields(drawing)
    woods(drawing)
    pond = curve([(580, -140), (604, -156), (620, -136), (602, -120)], closed=True)
    for dx, dy in ((0, 0), (330, 420)):
        drawing.polygon(shifted(pond, dx, dy), natural="water", water="pond")
    for hedgerow in ([(-560, 560), (-268, 540)], [(-240, 500), (-4, 470)], [(520, 618), (520, 698)],
                     [(732, 520), (1320, 560)], [(20, -460), (286, -440)], [(520, -252), (600, -560)],
                     [(300, 720), (330, 1100)]):
        drawing.line(hedgerow, barrier="hedge")


def fields(drawing):
    """Fields, a meadow, and allotments across the ring road; nothing of it lies under the estate."""
    ring = curve([(-620, 260), (-360, 168), (-120, 108), (2, 96)])
    east = [p for p in RING if p[0] > 684]
    drawing.polygon([*ring, (2, 604), (300, 614), (726, 612), (724, 432), (690, 400), (684, 90), *east, (1320, 1320),
                     (-620, 1320)], landuse="farmland")
    north_west = [p for p in beside(RING, -14) if p[0] < 4]
    drawing.polygon([(-620, -700), (286, -700), (286, -190), (4, -190), (4, 84), *reversed(north_west)],
                    landuse="farmland")
    verge = [p for p in beside(RING, -14) if 6 < p[0] < 276]
    drawing.polygon([(4, -190), (4, 82), *verge, (286, 54), (286, -190)], landuse="allotments",
                    name="Haveforeningen Solbakken")
    drawing.polygon([(286, -300), (286, 54), *[p for p in beside(RING, -14) if 292 < p[0]], (1320, -200), (760, -200)],
                    landuse="meadow")
    drawing.polygon([(286, -700), (286, -300), (760, -200), (1320, -200), (1320, -700)], landuse="farmland")
    drawing.polygon([*beside(RING, -14), *reversed(beside(RING, 24))], landuse="grass")


def woods(drawing):
    for ring, kind in (
        ([(704, 40), (760, 54), (850, 66), (960, 60), (1010, -60), (980, -260), (900, -330), (820, -290), (764, -190),
          (728, -90)], "wood"),
        ([(300, 34), (380, 24), (440, 26), (470, -40), (420, -110), (320, -90)], "scrub"),
        ([(430, 830), (560, 790), (720, 820), (760, 930), (640, 1010), (470, 960)], "wood"),
        ([(-520, -160), (-330, -210), (-190, -150), (-220, -20), (-400, 20)], "wood"),
        ([(-40, 800), (-10, 770), (36, 778), (44, 822), (0, 844)], "wood"),
    ):
        drawing.polygon(curve(ring, closed=True), natural=kind)
