"""What scenes are made of: persons, and things that a careless eye takes for one.

All coordinates and lengths are parts of the image's side, from the upper left corner. Angles are in
radians from straight down, to the right. Every figure stands with its feet at (`x`, `foot`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np

Colour = tuple[int, int, int]
Point = tuple[float, float]
Rng = np.random.Generator

SKIN = ((255, 219, 190), (241, 194, 150), (198, 134, 92), (141, 85, 52), (82, 50, 36))
HAIR = ((20, 16, 14), (70, 45, 25), (140, 95, 50), (200, 165, 95), (150, 150, 150))


@dataclass(frozen=True, eq=False)
class Canvas:
    """`draw` is Pillow's ImageDraw of a square image of `side` pixels."""

    draw: Any
    side: int

    def disc(self, centre: Point, radius: float, colour: Colour, flat: float = 1.0) -> None:
        """An ellipse whose vertical radius is `flat` times the other."""
        (x, y), high = centre, radius * flat
        corners = (x - radius, y - high), (x + radius, y + high)
        self.draw.ellipse(self._pixels(corners), fill=colour)

    def area(self, corners: Sequence[Point], colour: Colour) -> None:
        """A polygon."""
        self.draw.polygon(self._pixels(corners), fill=colour)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """An upright rectangle, given by its upper left corner."""
        self.draw.rectangle(self._pixels(((x, y), (x + width, y + height))), fill=colour)

    def limb(self, joints: Sequence[Point], width: float, colour: Colour) -> None:
        """A line with round joints and ends."""
        pixels = max(1, round(width * self.side))
        self.draw.line(self._pixels(joints), fill=colour, width=pixels)
        for joint in joints:
            self.disc(joint, width / 2, colour)

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.side, y * self.side) for x, y in points]


Figure = Callable[[Canvas, Rng, float, float, float], None]
"""Draws something of about the given height: (canvas, rng, x, foot, height)."""


def person(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """Somebody who stands, walks, sits or waves, with clothes, hair and perhaps a hat."""
    skin, hair = _one_of(SKIN, rng), _one_of(HAIR, rng)
    shirt, trousers = any_colour(rng), any_colour(rng)
    build = rng.uniform(0.8, 1.3)
    sits = rng.uniform() < 0.2
    towards = rng.choice((-1, 1))
    hip = (x, foot - (0.3 if sits else 0.47) * height)
    lean = rng.normal(0, 0.12)
    neck = _reach(hip, pi + lean, 0.34 * height)
    head = _reach(neck, pi + lean + rng.normal(0, 0.2), 0.11 * height)

    def arm(side: int) -> None:
        shoulder = (neck[0] + side * 0.08 * build * height, neck[1] + 0.04 * height)
        angle = side * (rng.uniform(1.2, 2.9) if rng.uniform() < 0.25 else rng.uniform(-0.3, 0.9))
        elbow = _reach(shoulder, angle, 0.17 * height)
        hand = _reach(elbow, angle + side * rng.uniform(-0.3, 1.4), 0.15 * height)
        canvas.limb((shoulder, elbow), 0.065 * build * height, shirt)
        sleeve = shirt if rng.uniform() < 0.6 else skin
        canvas.limb((elbow, hand), 0.05 * build * height, sleeve)
        canvas.disc(hand, 0.028 * height, skin)

    def leg(side: int) -> None:
        top = (hip[0] + side * 0.045 * build * height, hip[1])
        if sits:
            thigh, bend = towards * rng.uniform(1.1, 1.6), towards * rng.uniform(1.0, 1.6)
        else:
            thigh = side * rng.uniform(-0.05, 0.15) + rng.normal(0, 0.22)
            bend = abs(rng.normal(0, 0.25)) * towards
        knee = _reach(top, thigh, 0.23 * height)
        ankle = _reach(knee, thigh - bend, 0.22 * height)
        canvas.limb((top, knee, ankle), 0.075 * build * height, trousers)
        canvas.limb((ankle, _reach(ankle, towards * 1.4, 0.05 * height)), 0.04 * height, hair)

    arm(-towards)
    leg(-1)
    leg(1)
    wide, narrow = 0.1 * build * height, 0.075 * build * height
    top, bottom = neck[1] + 0.02 * height, hip[1] + 0.03 * height
    canvas.area(
        (
            *((neck[0] - wide, top), (neck[0] + wide, top)),
            *((hip[0] + narrow, bottom), (hip[0] - narrow, bottom)),
        ),
        shirt,
    )
    canvas.limb((neck, head), 0.05 * height, skin)
    radius = 0.062 * height
    canvas.disc((head[0] - towards * 0.01 * height, head[1] - 0.015 * height), radius, hair, 1.2)
    canvas.disc((head[0] + towards * 0.01 * height, head[1] + 0.012 * height), 0.9 * radius, skin)
    if rng.uniform() < 0.2:
        hat = any_colour(rng)
        canvas.box(head[0] - radius, head[1] - 1.4 * radius, 2 * radius, 0.8 * radius, hat)
    arm(towards)


def tree(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """A trunk with two boughs, and a crown of a few balls."""
    bark = shade((95, 65, 40), rng)
    fork = (x + rng.normal(0, 0.03) * height, foot - 0.55 * height)
    canvas.limb(((x, foot), fork), rng.uniform(0.06, 0.14) * height, bark)
    for side in (-1, 1):
        bough = _reach(fork, pi + side * rng.uniform(0.3, 0.9), 0.25 * height)
        canvas.limb((fork, bough), 0.05 * height, bark)
    leaves = shade(_one_of(((50, 120, 45), (90, 140, 50), (190, 110, 40)), rng), rng)
    for _ in range(rng.integers(1, 6)):
        centre = (
            fork[0] + rng.normal(0, 0.12) * height,
            fork[1] - rng.uniform(0.1, 0.3) * height,
        )
        canvas.disc(centre, rng.uniform(0.08, 0.22) * height, shade(leaves, rng))


def animal(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """Four legs, a body, a neck, a head and a tail."""
    fur = any_colour(rng) if rng.uniform() < 0.3 else shade(_one_of(HAIR, rng), rng)
    towards = rng.choice((-1, 1))
    length = rng.uniform(0.35, 0.55) * height
    back = foot - 0.55 * height
    for end in (-0.9, -0.7, 0.7, 0.9):
        top = (x + end * length, back)
        canvas.limb((top, _reach(top, rng.normal(0, 0.2), 0.53 * height)), 0.08 * height, fur)
    canvas.disc((x, back), 1.1 * length, fur, rng.uniform(0.4, 0.6))
    withers = (x + towards * 0.9 * length, back)
    head = _reach(withers, pi - towards * rng.uniform(0.3, 1.2), 0.4 * height)
    canvas.limb((withers, head), 0.12 * height, fur)
    canvas.disc(head, 0.13 * height, fur, 0.75)
    canvas.disc((head[0] + towards * 0.12 * height, head[1] + 0.03 * height), 0.07 * height, fur)
    rump = (x - towards * length, back)
    canvas.limb((rump, _reach(rump, -towards * rng.uniform(0.3, 2), 0.3 * height)), 0.04, fur)


def car(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """From the side."""
    paint, tyre, glass = any_colour(rng), shade((30, 30, 30), rng), shade((150, 180, 200), rng)
    half, high = rng.uniform(0.6, 0.9) * height, 0.5 * height
    canvas.box(x - half, foot - 0.7 * high, 2 * half, 0.5 * high, paint)
    roof = (
        *((x - 0.65 * half, foot - 0.7 * high), (x - 0.4 * half, foot - 1.2 * high)),
        *((x + 0.4 * half, foot - 1.2 * high), (x + 0.6 * half, foot - 0.7 * high)),
    )
    canvas.area(roof, paint)
    for side in (-0.42, 0.04):
        canvas.box(x + side * half, foot - 1.1 * high, 0.36 * half, 0.35 * high, glass)
    for side in (-0.6, 0.6):
        canvas.disc((x + side * half, foot - 0.18 * high), 0.2 * high, tyre)


def snowman(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """Three balls; they may be of any colour, and have arms and a hat."""
    white = shade((235, 240, 245), rng) if rng.uniform() < 0.6 else any_colour(rng)
    wood = shade((60, 45, 30), rng)
    if rng.uniform() < 0.6:
        for side in (-1, 1):
            shoulder = (x, foot - 0.55 * height)
            canvas.limb((shoulder, _reach(shoulder, side * rng.uniform(1, 2.6), 0.32 * height)),
                        0.03 * height, wood)  # fmt: skip
    for centre, radius in ((0.2, 0.21), (0.52, 0.16), (0.8, 0.11)):
        canvas.disc((x, foot - centre * height), radius * height, white)
    if rng.uniform() < 0.5:
        canvas.box(x - 0.08 * height, foot - height, 0.16 * height, 0.12 * height, wood)


def sign(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """A post with a disc, a triangle or a board."""
    post, paint = shade((120, 120, 125), rng), any_colour(rng)
    canvas.limb(((x, foot), (x, foot - 0.8 * height)), rng.uniform(0.03, 0.08) * height, post)
    centre, size = (x, foot - 0.82 * height), rng.uniform(0.09, 0.18) * height
    kind = rng.integers(3)
    if kind == 0:
        canvas.disc(centre, size, paint)
        canvas.disc(centre, 0.65 * size, any_colour(rng))
    elif kind == 1:
        canvas.area(
            [_reach(centre, pi + turn * 2 * pi / 3, 1.3 * size) for turn in range(3)], paint
        )
    else:
        canvas.box(x - 1.3 * size, centre[1] - size, 2.6 * size, 2 * size, paint)


def door(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """A frame, panels and a knob; also a wardrobe, a bookcase or a vending machine."""
    wood, frame = any_colour(rng), any_colour(rng)
    half = rng.uniform(0.16, 0.3) * height
    canvas.box(x - 1.15 * half, foot - height, 2.3 * half, height, frame)
    canvas.box(x - half, foot - 0.95 * height, 2 * half, 0.95 * height, wood)
    panel = shade(wood, rng)
    rows = int(rng.integers(1, 5))
    for row in range(rows):
        top = foot - (0.9 - 0.86 * row / rows) * height
        canvas.box(x - 0.7 * half, top, 1.4 * half, 0.6 * 0.86 / rows * height, panel)
    canvas.disc((x + 0.8 * half, foot - 0.45 * height), 0.02 * height, frame)


def coat_stand(canvas: Canvas, rng: Rng, x: float, foot: float, height: float) -> None:
    """A post with a coat on it, and perhaps a hat: everything of a person but the person."""
    wood, cloth = shade((80, 55, 35), rng), any_colour(rng)
    canvas.limb(((x, foot), (x, foot - 0.95 * height)), 0.035 * height, wood)
    for side in (-1, 1):
        canvas.limb(
            ((x, foot - 0.1 * height), (x + side * 0.15 * height, foot)), 0.03 * height, wood
        )
    top, bottom = foot - 0.85 * height, foot - rng.uniform(0.25, 0.45) * height
    narrow, wide = (rng.uniform(0.04, 0.1) * height, rng.uniform(0.1, 0.18) * height)
    canvas.area(
        ((x - narrow, top), (x + narrow, top), (x + wide, bottom), (x - wide, bottom)), cloth
    )
    if rng.uniform() < 0.4:
        canvas.disc((x, foot - 0.95 * height), 0.09 * height, any_colour(rng), 0.5)


THINGS: tuple[Figure, ...] = (tree, animal, car, snowman, sign, door, coat_stand)


def any_colour(rng: Rng) -> Colour:
    """Of paint and of clothes."""
    red, green, blue = (int(v) for v in rng.integers(15, 240, 3))
    return red, green, blue


def shade(colour: Colour, rng: Rng, spread: float = 25.0) -> Colour:
    """A colour like `colour`."""
    red, green, blue = (int(v) for v in np.clip(rng.normal(colour, spread), 0, 255))
    return red, green, blue


def _one_of(colours: Sequence[Colour], rng: Rng) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _reach(start: Point, angle: float, length: float) -> Point:
    return start[0] + length * sin(angle), start[1] + length * cos(angle)
