"""Draws the fictional housing estate Bøgeparken and writes it as GeoJSON beside this file.

    python3 draw.py            writes area, buildings, paths, green and places (.geojson)
    python3 draw.py X Y        prints where the plan point X, Y lies, for placing a pin

Feature properties are OpenStreetMap tags. Everything is invented, and the result is the same on every run.
"""

import sys

import surroundings
from drawing import Drawing
from geometry import beside, box, curve, shifted, snapped, to_degrees, to_sheet
from surroundings import KAERVEJ, RING, SOENDERMARKEN

# Roads that other things are drawn from. A point where two roads meet is a point of both.
BOEGEPARKEN = curve([(262, 72), (257, 110), (255, 160), (255, 216), (257, 280), (264, 318), (298, 350), (340, 360),
                     (400, 363), (470, 362), (530, 358)])
SKOLEVAENGET = curve([(530, 62), (535, 110), (533, 200), (530, 285), (530, 358)])
BIRKEALLE = curve([(255, 216), (180, 213), (100, 216), (18, 213)])
LINDEALLE = curve([(298, 350), (289, 392), (287, 450), (294, 490), (322, 506), (420, 508), (500, 506), (530, 488),
                   (538, 445), (534, 400)])
EGEVAENGET = curve([(530, 358), (534, 400), (556, 424), (600, 428), (628, 444), (633, 500), (632, 550), (626, 598)])
SKOLESTIEN = [(820, -640), (790, -430), (726, -220), (700, -80), (692, 0), (687, 36), (684, 54), (681, 70), (679, 87),
              (678, 106), (678, 160), (679, 250), (675, 330), (662, 400), (628, 444)]
BOEGESTIEN = curve([(-290, 300), (-150, 322), (-60, 332), (5, 338), (80, 340), (170, 338), (236, 330), (264, 318),
                    (310, 304), (350, 298), (440, 292), (530, 285)])
BOEGESTIEN = snapped(BOEGESTIEN, (KAERVEJ,), reach=20)
RINGSTIEN = [*[p for p in beside(RING, 15) if p[0] < 652], (666, 92), (678, 106)]
# The edge between the lake's park and the wood south of it.
WOOD_EDGE = curve([(8, 506), (44, 500), (66, 514), (94, 516), (124, 520), (160, 540), (176, 570), (178, 604)])
# What a footway may end at.
ROADS = (BOEGEPARKEN, SKOLEVAENGET, BIRKEALLE, LINDEALLE, EGEVAENGET, curve(SKOLESTIEN), BOEGESTIEN, RINGSTIEN,
         KAERVEJ, SOENDERMARKEN)
LAKE = [(62, 432), (92, 404), (136, 402), (166, 420), (172, 452), (146, 474), (112, 470), (84, 484), (58, 466)]


def area():
    """The boundary of the area: from the hedge in the west to the wood in the east, the ring road included."""
    drawing = Drawing()
    north = [p for p in beside(RING, -26) if 0 < p[0] < 728]
    drawing.polygon([(2, 70), *north, (728, 50), (730, 420), (726, 612), (300, 614), (2, 604)],
                    type="boundary", boundary="administrative", admin_level="11", name="Bøgeparken")
    return drawing


# --- Buildings -----------------------------------------------------------------------------------------------------


def stepped_block(x, y, length, upright, step):
    """A block of three parts that step sideways by `step` metres, as blocks of the 1970s do; 11 metres deep."""
    third, depth = length / 3, 11
    top = [(0, 0), (third, 0), (third, step), (2 * third, step), (2 * third, 0), (length, 0)]
    ring = top + [(px, py + depth) for px, py in reversed(top)]
    return shifted([(py, px) for px, py in ring] if upright else ring, x, y)


# Number, left, top, length, upright?, side step, street, house numbers.
BLOCKS = [
    (1, 34, 124, 72, True, 3, "Birkealle", "1-7"), (2, 92, 120, 76, True, -3, "Birkealle", "9-15"),
    (3, 158, 118, 76, True, 3, "Birkealle", "17-23"), (4, 216, 114, 78, True, -3, "Birkealle", "25-31"),
    (5, 26, 247, 90, False, 3, "Birkealle", "2-10"), (6, 134, 245, 92, False, -3, "Birkealle", "12-20"),
    (7, 22, 304, 90, False, -3, "Birkealle", "22-30"), (8, 130, 301, 92, False, 3, "Birkealle", "32-40"),
    (9, 284, 108, 96, False, 3, "Bøgeparken", "1-9"), (10, 408, 106, 96, False, -3, "Bøgeparken", "11-19"),
    (11, 296, 172, 96, False, -3, "Bøgeparken", "2-10"), (12, 418, 174, 92, False, 3, "Bøgeparken", "12-20"),
    (13, 312, 386, 84, True, 3, "Lindealle", "1-7"), (14, 368, 390, 84, True, -3, "Lindealle", "9-15"),
    (15, 434, 390, 84, True, 3, "Lindealle", "17-23"), (16, 492, 386, 84, True, -3, "Lindealle", "25-31"),
    (17, 300, 540, 96, False, 3, "Lindealle", "2-10"), (18, 424, 540, 92, False, -3, "Lindealle", "12-20"),
    (19, 318, 590, 96, False, -3, "Lindealle", "22-30"),
]
SHOPS = [(322, 256), (388, 256), (388, 262), (402, 262), (402, 278), (322, 278)]
COMMUNITY_HOUSE = [(448, 246), (492, 246), (492, 276), (474, 276), (474, 262), (448, 262)]
SCHOOL = [(566, 178), (656, 178), (656, 228), (642, 228), (642, 192), (618, 192), (618, 222), (604, 222), (604, 192),
          (580, 192), (580, 228), (566, 228)]
KINDERGARTEN = [(442, 312), (466, 312), (466, 308), (486, 308), (486, 326), (466, 326), (466, 330), (442, 330)]
ROW_TOPS = (456, 496, 536, 576)


def buildings():
    drawing = Drawing()
    for number, x, y, length, upright, step, street, numbers in BLOCKS:
        drawing.polygon(stepped_block(x, y, length, upright, step), building="apartments", name=f"Blok {number}",
                        ref=str(number), addr__street=street, addr__housenumber=numbers, building__levels="4",
                        start_date="1973")
    row_houses(drawing)
    drawing.polygon(SCHOOL, building="school", building__levels="2", start_date="1976")
    drawing.polygon(box(592, 116, 640, 146), building="school", building__levels="1")
    drawing.polygon(box(572, 270, 598, 286), building="civic", building__levels="1")
    drawing.polygon(KINDERGARTEN, building="kindergarten", building__levels="1")
    drawing.polygon(SHOPS, building="retail", building__levels="1", start_date="1974")
    drawing.polygon(COMMUNITY_HOUSE, building="civic", building__levels="1")
    drawing.polygon(box(296, 262, 314, 276), building="service", building__levels="1")
    drawing.polygon(box(412, 264, 436, 278), building="office", building__levels="1")
    drawing.polygon(box(546, 334, 562, 352), building="civic", building__levels="1")
    small_buildings(drawing)
    surroundings.buildings(drawing)
    return drawing


def row_houses(drawing):
    """Eight rows of seven court houses along Egevænget, even numbers to the east of the road."""
    for row, top in enumerate(ROW_TOPS):
        for left, first in ((557, 1), (650, 2)):
            for house in range(7):
                x = left + house * 8.4
                jog = 2 if house % 2 else 0
                number = first + 2 * (row * 7 + (6 - house if left < 600 else house))
                drawing.polygon(box(x, top + jog, x + 8.4, top + jog + 9), building="house", building__levels="1",
                                addr__street="Egevænget", addr__housenumber=str(number), start_date="1978")


def small_buildings(drawing):
    """Garages, bicycle and waste sheds, substations, and the houses of the allotments."""
    for ring in (box(557, 599.5, 599, 605.5), box(652, 599, 706, 605), box(150, 118, 154, 158)):
        drawing.polygon(ring, building="garages", building__levels="1")
    for x, y in ((56, 200), (126, 270), (34, 260), (196, 264), (236, 283), (240, 140), (352, 130), (384, 146),
                 (462, 196), (342, 444), (462, 398), (462, 446), (414, 553), (436, 562), (396, 446), (400, 572)):
        drawing.polygon(box(x, y, x + 8, y + 4), building="shed", building__levels="1")
    for x, y in ((238, 196), (512, 517), (548, 110)):
        drawing.polygon(box(x, y, x + 4, y + 4), building="service", power="substation")
    drawing.polygon(box(198, 548, 207, 554), building="shed", building__levels="1")


# --- Roads and paths -----------------------------------------------------------------------------------------------


def paths():
    drawing = Drawing()
    roads = ((BOEGEPARKEN, "Bøgeparken"), (SKOLEVAENGET, "Skolevænget"), (BIRKEALLE, "Birkealle"),
             (LINDEALLE, "Lindealle"), (EGEVAENGET, "Egevænget"))
    for line, name in roads:
        drawing.line(line, highway="residential", name=name, maxspeed="30", lit="yes", surface="asphalt")
    surroundings.paths(drawing)
    cycleways(drawing)
    footways(drawing)
    for line in ([(130, 215), (129, 132)], [(344, 361), (345, 318), (402, 318), (402, 363)], [(533, 216), (404, 216)],
                 [(534, 134), (553, 134)], [(627, 590), (604, 590)], [(627, 590), (646, 592), (700, 592)],
                 [(440, 508), (440, 528), (404, 528)]):
        drawing.line(snapped(line, ROADS), highway="service", surface="asphalt", lit="yes")
    drawing.polygon(box(340, 282, 440, 312), highway="pedestrian", area="yes", name="Bøgetorvet", lit="yes",
                    surface="paving_stones")
    return drawing


def cycleways(drawing):
    """The two long paths with names, the one behind the school and through the tunnel, and one along the ring road."""
    school = curve(SKOLESTIEN)
    north, south = school.index((684, 54)), school.index((679, 87))
    common = {"highway": "cycleway", "foot": "designated", "surface": "asphalt"}
    drawing.line(school[: north + 1], name="Skolestien", lit="yes", **common)
    drawing.line(school[north : south + 1], name="Skolestien", tunnel="yes", layer="-1", lit="yes", **common)
    drawing.line(school[south:], name="Skolestien", lit="no", **common)
    drawing.line(BOEGESTIEN, name="Bøgestien", lit="yes", **common)
    to_school = curve([(530, 285), (548, 304), (570, 313), (640, 314), (676.2, 312)])
    drawing.line(to_school, name="Bøgestien", lit="yes", **common)
    drawing.line(RINGSTIEN, name="Ringstien", lit="yes", **common)


def footways(drawing):
    lit = {"highway": "footway", "surface": "paving_stones", "lit": "yes"}
    for line in (
        # Between Birkealle and the blocks north of it.
        [(53, 214), (53, 120), (86, 115)], [(86, 215), (86, 104)], [(176, 213), (176, 96)], [(210, 214), (210, 92)],
        [(176, 116), (210, 112)],
        # The courtyard of blocks 5 to 8.
        [(122, 215), (122, 262), (120, 300), (118, 339)], [(22, 266), (60, 268), (122, 262), (230, 262), (256, 262)],
        [(22, 266), (14, 280), (18, 296), (60, 298), (120, 300), (170, 294), (228, 292), (258, 292)],
        # The courtyard of blocks 9 to 12, down to the square.
        [(256, 126), (300, 127), (350, 126), (394, 124), (460, 122), (535, 122)],
        [(393, 79), (394, 124), (402, 168), (404, 216), (406, 250), (407, 282)],
        [(255, 166), (280, 166), (340, 164), (402, 168), (460, 167), (534, 166)], [(255, 222), (300, 220), (404, 216)],
        [(316, 302), (318, 282), (340, 282)], [(440, 300), (470, 290)], [(500, 287), (500, 240), (504, 216)],
        # Between blocks 13 to 16 and on to the lake.
        [(352, 361), (352, 482), (352, 507)], [(412, 363), (412, 482), (412, 508)], [(474, 362), (474, 482), (474, 508)],
        [(308, 506), (330, 486), (352, 482), (412, 482), (474, 482)], [(288, 426), (250, 419), (206, 418)],
        # Blocks 17 to 19 and the ball court.
        [(410, 508), (410, 560), (422, 584), (430, 606), (306, 608), (300, 582), (290, 562), (288, 530), (293, 488)],
        [(290, 562), (350, 560), (410, 560), (470, 558), (520, 560), (524, 520), (530, 488)],
        # Egevænget.
        [(631, 474), (548, 474), (548, 554), (520, 560)], [(633, 514), (548, 514)], [(632, 554), (548, 554)],
        [(631, 474), (716, 474), (716, 554), (632, 554)], [(633, 514), (716, 514)],
        # The school.
        [(532, 245), (560, 242), (611, 238), (660, 240), (679, 244)], [(611, 238), (612, 262), (614, 314)],
        [(534, 160), (560, 164), (611, 164), (664, 166), (678, 170)],
    ):
        drawing.line(snapped(line, ROADS), **lit)
    drawing.line([(666, 68.6), (670, 80), (678.4, 97)], highway="steps", lit="no", surface="concrete")
    park_paths(drawing)


def park_paths(drawing):
    """Gravel round the lake, a bridge over the brook, and trodden tracks through the trees."""
    gravel = {"highway": "path", "surface": "fine_gravel", "lit": "no"}
    loop = curve([(50, 398), (96, 388), (150, 388), (184, 408), (192, 446), (172, 488), (128, 500), (92, 504)])
    wood = {"highway": "path", "surface": "wood", "lit": "no"}
    drawing.line(loop, name="Søstien", **gravel)
    drawing.line([(92, 504), (74, 505)], name="Søstien", bridge="yes", layer="1", **wood)
    drawing.line(curve([(74, 505), (46, 492), (38, 460), (40, 424), (50, 398)]), name="Søstien", **gravel)
    drawing.line(curve([(118, 338.8), (122, 362), (130, 387)]), **gravel)
    drawing.line(curve([(185, 410), (206, 418)]), **gravel)
    drawing.line(curve([(172, 488), (196, 512), (230, 530), (289, 531)]), **gravel)
    drawing.line(curve([(230, 530), (226, 566), (228, 594)]), **gravel)
    drawing.line(curve([(50, 398), (26, 372), (16, 338.2)]), **gravel)
    for track in ([(679, 215), (700, 240), (704, 300), (696, 350), (674.6, 334)],
                  [(128, 500), (140, 540), (120, 580), (60, 560), (54, 520), (74, 505)]):
        drawing.line(curve(track), highway="path", surface="ground", lit="no")


# --- Green and water -----------------------------------------------------------------------------------------------


def green():
    drawing = Drawing()
    surroundings.green(drawing)
    shore = curve([(8, 506), (6, 430), (10, 352), (110, 350), (200, 352), (252, 344), (274, 372), (274, 470), (276, 538)])
    edge = WOOD_EDGE[: WOOD_EDGE.index((160, 540)) + 1]
    drawing.polygon([*shore, *reversed(edge)], leisure="park")
    # The name stands on the lawn; in the middle of the park lies the lake.
    drawing.point((222, 484), leisure="park", name="Søparken")
    courtyards(drawing)
    woods(drawing)
    drawing.polygon(curve(LAKE, closed=True), natural="water", water="pond", name="Bøgesøen")
    drawing.line(curve([(84, 483), (83, 500), (84, 520), (74, 545), (52, 572), (30, 604), (10, 660), (4, 740), (2, 800),
                        (-30, 900), (-10, 1040), (-60, 1320)]),
                 waterway="stream", name="Bækken")
    drawing.polygon(box(188, 540, 222, 600), landuse="allotments", name="Nyttehaverne")
    drawing.polygon(box(234, 540, 270, 600), landuse="allotments")
    play_and_sport(drawing)
    hedges(drawing)
    return drawing


def courtyards(drawing):
    for ring in (
        # Blocks 1 to 4.
        box(6, 118, 33, 206), box(56, 126, 83, 206), box(107, 112, 147, 133), box(180, 120, 208, 206),
        [(230, 104), (250, 104), (248, 206), (230, 206)],
        # Blocks 5 to 8.
        [(26, 270), (118, 268), (116, 294), (26, 292)], [(128, 267), (230, 267), (230, 289), (128, 293)],
        [(20, 320), (232, 318), (228, 325), (150, 334), (20, 334)], [(234, 232), (252, 230), (253, 258), (234, 258)],
        [(236, 266), (253, 266), (255, 288), (236, 288)], box(6, 240, 20, 262),
        # Blocks 9 to 12 and the square.
        [(268, 90), (388, 84), (388, 102), (268, 104)], [(398, 84), (528, 82), (528, 100), (398, 102)],
        [(262, 130), (392, 130), (398, 160), (262, 162)], [(400, 130), (528, 128), (528, 161), (406, 163)],
        [(262, 172), (292, 172), (292, 216), (262, 217)], [(296, 190), (398, 188), (400, 212), (298, 215)],
        [(264, 226), (400, 222), (402, 250), (262, 252)], [(410, 222), (496, 222), (496, 240), (410, 242)],
        [(504, 222), (526, 222), (524, 280), (504, 282)], [(268, 258), (290, 258), (292, 294), (270, 306)],
        [(290, 320), (338, 308), (338, 352), (304, 346)],
        # Blocks 13 to 16.
        [(296, 372), (310, 372), (310, 470), (316, 488), (302, 488), (294, 450)], box(328, 370, 349, 474),
        box(355, 370, 366, 416), box(384, 370, 409, 479), box(415, 370, 430, 479), box(450, 370, 471, 479),
        box(477, 370, 488, 479), box(356, 485, 409, 500), box(415, 485, 471, 500), box(477, 485, 502, 500),
        [(506, 370), (526, 368), (530, 440), (524, 480), (506, 490)],
        # Blocks 17 to 19 and the ball court.
        box(180, 538, 187, 604), box(298, 565, 404, 584), box(294, 533, 404, 538),
        [(436, 566), (544, 564), (540, 606), (438, 606)],
        # Egevænget, and round the football pitch.
        box(557, 479, 616, 493), box(557, 519, 616, 533), box(557, 559, 616, 573),
        box(650, 479, 709, 493), box(650, 519, 709, 533), box(650, 559, 709, 573),
        [(542, 426), (556, 432), (600, 436), (616, 446), (616, 453), (546, 453)],
        [(650, 438), (712, 440), (712, 453), (646, 453)],
        [(566, 320), (668, 320), (664, 352), (652, 404), (620, 424), (566, 418), (540, 392), (538, 366), (566, 356)],
    ):
        drawing.polygon(ring, landuse="grass")


def woods(drawing):
    drawing.polygon(curve([(692, 100), (722, 96), (780, 110), (840, 140), (840, 400), (780, 430), (722, 428), (694, 400),
                           (686, 350), (690, 260), (688, 160)], closed=True), natural="wood", name="Skoleskoven")
    drawing.polygon([*WOOD_EDGE, (60, 602), (8, 598)], natural="wood", name="Ellekrattet")


def play_and_sport(drawing):
    for ring, name in (
        ([(58, 146), (72, 140), (83, 150), (82, 172), (66, 178), (57, 166)], "Sandkassen"),
        ([(150, 272), (186, 270), (200, 280), (184, 288), (152, 289)], "Den store legeplads"),
        ([(416, 136), (448, 134), (456, 146), (446, 158), (418, 158)], "Tarzanbanen"),
        ([(196, 372), (226, 366), (240, 380), (230, 398), (204, 402)], "Naturlegepladsen"),
        ([(622, 252), (656, 250), (660, 272), (640, 284), (622, 278)], "Skolegården"),
    ):
        drawing.polygon(curve(ring, closed=True), leisure="playground", name=name)
    drawing.polygon(box(574, 324, 654, 384), leisure="pitch", sport="soccer", surface="grass", name="Boldbanen")
    drawing.polygon(box(448, 576, 484, 598), leisure="pitch", sport="multi", surface="artificial_turf", lit="yes",
                    name="Multibanen")
    drawing.polygon(box(628, 290, 656, 305), leisure="pitch", sport="basketball", surface="asphalt")
    drawing.polygon(box(222, 352, 240, 358), leisure="pitch", sport="boules", surface="fine_gravel", name="Petanque")


def hedges(drawing):
    along = beside(RING, 23)
    for line in ([(3, 112), (3, 330)], [(3, 346), (3, 600)], [(300, 612), (540, 612), (716, 610)],
                 [p for p in along if 266 < p[0] < 388], [p for p in along if 398 < p[0] < 524],
                 [(665, 106), (666, 160)], [(666, 176), (666, 232)], [(666, 248), (666, 304)]):
        drawing.line(line, barrier="hedge")
    for line, side in ((BIRKEALLE, 6), (LINDEALLE[6:34], 6)):
        drawing.line(beside(line, side), natural="tree_row")


# --- Places --------------------------------------------------------------------------------------------------------


def places():
    drawing = Drawing()
    ground = [p for p in RING if 2 < p[0] < 684]
    drawing.polygon([(2, 96), *ground, (684, 90), (690, 400), (724, 432), (726, 612), (300, 614), (2, 604)],
                    landuse="residential")
    drawing.polygon([(542, 104), (664, 104), (666, 306), (572, 306), (542, 288)], amenity="school", name="Bøgeskolen")
    drawing.polygon([(430, 302), (498, 298), (500, 346), (430, 346)], amenity="kindergarten",
                    name="Børnehuset Bøgenødden")
    for ring in (box(112, 136, 147, 194), box(30, 219.5, 112, 233), box(136, 219, 222, 233), box(408, 204, 506, 213),
                 box(350, 321, 398, 346), box(545, 120, 562, 156), box(302, 514, 396, 529), box(600, 593, 622, 606)):
        drawing.polygon(ring, amenity="parking", parking="surface")
    drawing.point((336, 236), place="neighbourhood", name="Bøgeparken")
    services(drawing)
    small_things(drawing)
    return drawing


def services(drawing):
    for at, tags in (
        ((342, 272), {"shop": "convenience", "name": "Torvets Købmand"}),
        ((362, 261), {"shop": "bakery", "name": "Bageren på Torvet"}),
        ((374, 273), {"amenity": "fast_food", "name": "Bøgens Grill"}),
        ((394, 266), {"shop": "hairdresser", "name": "Salon Æblet"}),
        ((305, 269), {"shop": "laundry", "name": "Fællesvaskeriet"}),
        ((424, 271), {"office": "property_management", "name": "Ejendomskontoret"}),
        ((470, 254), {"amenity": "community_centre", "name": "Beboerhuset"}),
        ((484, 268), {"amenity": "cafe", "name": "Café Bøgen"}),
        ((554, 343), {"amenity": "youth_centre", "name": "Ungdomsklubben Åsen"}),
        ((585, 278), {"amenity": "childcare", "name": "Fritidshjemmet Krudtuglen"}),
        ((616, 131), {"leisure": "sports_centre", "name": "Bøgehallen"}),
    ):
        drawing.point(at, **tags)


def small_things(drawing):
    for at, name in (((282, 79), "Bøgeparken"), ((240, 64), "Bøgeparken"), ((552, 71), "Bøgeskolen"),
                     ((536, 330), "Bøgetorvet")):
        drawing.point(at, highway="bus_stop", name=name)
    for at in ((244, 228), (408, 220), (296, 330), (524, 498), (620, 444), (542, 180)):
        drawing.point(at, amenity="recycling", recycling_type="container")
    for at in ((128, 396), (180, 466), (70, 398), (176, 280), (66, 156), (430, 148), (372, 290), (412, 300), (560, 316),
               (466, 566), (218, 392), (684, 300), (398, 466), (108, 490)):
        drawing.point(at, amenity="bench")
    drawing.point((214, 408), amenity="bbq")
    drawing.point((426, 262), amenity="post_box")
    drawing.point((442, 258), emergency="defibrillator", name="Hjertestarter ved Beboerhuset")
    drawing.point((592, 150), emergency="defibrillator", name="Hjertestarter ved Bøgehallen")


def main():
    if len(sys.argv) == 3:
        print(*to_degrees(to_sheet((float(sys.argv[1]), float(sys.argv[2])))))
        return
    for draw in (area, buildings, paths, green, places):
        draw().write(draw.__name__)


if __name__ == "__main__":
    main()
