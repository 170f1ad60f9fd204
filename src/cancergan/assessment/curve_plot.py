"""The drawing of a curve as inline SVG: points with intervals, a line through them, a level."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from cancergan.assessment.figures import number
from cancergan.assessment.findings import Curve, Point

WIDTH, HEIGHT = 480, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 24, 34
INSET = 14  # so that no point lies on the frame
STYLES = ("first", "second", "third", "fourth")

Place = Callable[[float], float]


def curve_plot(curve: Curve) -> Markup:
    """Return the SVG of a curve; each line has a style of its own and its name in the key."""
    points = [point for line in curve.lines.values() for point in line]
    x = _axis([point.x for point in points], LEFT + INSET, WIDTH - RIGHT - INSET)
    heights = [end for p in points for end in (p.y, p.low, p.high) if end is not None]
    levels = [] if curve.level is None else [curve.level]
    y = _axis([*heights, *levels], HEIGHT - BOTTOM - INSET, TOP + INSET)
    parts = [_frame(curve, points, [*heights, *levels], x, y)]
    if curve.level is not None:
        at = f"{y(curve.level):.1f}"
        parts.append(
            f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>'
            f'<text x="{WIDTH - RIGHT}" y="{float(at) - 4:.1f}" text-anchor="end">'
            f"{escape(curve.level_name)}</text>"
        )
    for place, line in enumerate(curve.lines.values()):
        parts.append(_line(line, STYLES[place % len(STYLES)], x, y))
    return Markup(
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(_in_words(curve))}">{"".join(parts)}</svg>'
    )


def line_styles(curve: Curve) -> list[tuple[str, str]]:
    """Return the name of each line with the style that it is drawn in."""
    return [(name, STYLES[place % len(STYLES)]) for place, name in enumerate(curve.lines)]


def _axis(values: list[float], start: float, end: float) -> Place:
    low, high = min(values, default=0.0), max(values, default=1.0)
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def _frame(curve: Curve, points: list[Point], heights: list[float], x: Place, y: Place) -> str:
    parts = [
        f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none"/>',
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(curve.x)}'
        f'</text><text x="{LEFT}" y="{TOP - 8}" text-anchor="start">{escape(curve.y)}</text>',
    ]
    for value in sorted({point.x for point in points}):
        parts.append(
            f'<text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 12}" text-anchor="middle">'
            f"{value:{'.2g' if abs(value) < 1 else '.4g'}}</text>"  # shares are often long
        )
    for value in {min(heights, default=0.0), max(heights, default=1.0)}:
        parts.append(
            f'<text x="{LEFT - 4}" y="{y(value) + 3:.1f}" text-anchor="end">{number(value)}</text>'
        )
    return "".join(parts)


def _line(points: tuple[Point, ...], style: str, x: Place, y: Place) -> str:
    ordered = sorted(points, key=lambda point: point.x)
    path = " ".join(f"{x(p.x):.1f},{y(p.y):.1f}" for p in ordered)
    parts = [f'<polyline points="{path}" fill="none"/>']
    for point in ordered:
        at = f"{x(point.x):.1f}"
        if point.low is not None and point.high is not None:
            ends = f'y1="{y(point.low):.1f}" y2="{y(point.high):.1f}"'
            parts.append(f'<line class="reach" x1="{at}" x2="{at}" {ends}/>')
        parts.append(f'<circle cx="{at}" cy="{y(point.y):.1f}" r="3.2"/>')
    return f'<g class="line {style}">{"".join(parts)}</g>'


def _in_words(curve: Curve) -> str:
    lines = "; ".join(
        f"{name}: " + ", ".join(f"{number(p.x)} gives {number(p.y)}" for p in points)
        for name, points in curve.lines.items()
    )
    return f"{curve.y} by {curve.x}. {lines}"
