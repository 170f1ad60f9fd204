"""The drawings of the report: interval plots as inline SVG, pictures as data URIs."""

from __future__ import annotations

import math

from markupsafe import Markup

from cancergan.assessment.vocabulary import term
from cancergan.core.estimates import Estimate
from cancergan.core.pictures import data_uri as data_uri

WIDTH, HEIGHT, MARGIN = 320, 34, 8


def number(value: float) -> str:
    """Return a lone figure with three significant digits.

    >>> number(0.87654), number(-0.0), number(1234.5), number(0.00012)
    ('0.877', '0', '1230', '0.00012')
    """
    if abs(value) < 0.001:
        return f"{value:.2g}" if value else "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"


def written(finding: Estimate) -> dict[str, str]:
    """Return value, low, high and floor as text, as precise as the interval's width allows.

    >>> written(Estimate(family="f", name="n", space="s", value=0.8123, low=0.7, high=0.9))
    {'value': '0.81', 'low': '0.70', 'high': '0.90'}
    """
    numbers = {key: getattr(finding, key) for key in ("value", "low", "high", "floor")}
    given = {key: value for key, value in numbers.items() if value is not None}
    width = (finding.high or 0.0) - (finding.low or 0.0)
    if width <= 0:
        return {key: number(value) for key, value in given.items()}
    digits = min(6, max(0, 1 - math.floor(math.log10(width))))
    # Adding 0.0 turns a rounded -0.0 into 0.0, which no reader should have to wonder about.
    return {key: f"{round(value, digits) + 0.0:.{digits}f}" for key, value in given.items()}


def interval(finding: Estimate) -> str:
    """Return "0.81 (0.74 to 0.88)", or the value alone where there is no interval."""
    text = written(finding)
    if finding.low is None or finding.high is None:
        return text["value"]
    return f"{text['value']} ({text['low']} to {text['high']})"


def _range(finding: Estimate) -> tuple[float, float]:
    """Return the ends of the axis for a finding, by the scale of its metric."""
    shown = [finding.value, finding.low, finding.high, finding.floor]
    numbers = [value for value in shown if value is not None]
    scale = term(finding.name).scale
    if scale == "share":
        return min(0.0, *numbers), max(1.0, *numbers)
    most = 1.12 * max(map(abs, numbers)) or 1.0
    return (-most, most) if scale == "signed" else (min(0.0, *numbers), most)


def interval_plot(finding: Estimate) -> Markup:
    """Return the SVG of one finding: a dot, its interval as a bar, its floor as a mark."""
    low, high = _range(finding)

    def x(value: float) -> str:
        return f"{MARGIN + (value - low) / (high - low) * (WIDTH - 2 * MARGIN):.1f}"

    reference = term(finding.name).chance
    reference = 0.0 if reference is None and low < 0 < high else reference
    middle = HEIGHT // 2 - 4
    parts = [f'<line class="axis" x1="{x(low)}" x2="{x(high)}" y1="{middle}" y2="{middle}"/>']
    if reference is not None:
        parts.append(_mark("chance", x(reference), middle, 9))
    if finding.low is not None and finding.high is not None:
        ends = f'x1="{x(finding.low)}" x2="{x(finding.high)}" y1="{middle}" y2="{middle}"'
        parts.append(f'<line class="interval" {ends}/>')
    if finding.floor is not None:
        parts.append(_mark("floor", x(finding.floor), middle, 10))
    parts.append(f'<circle class="value" cx="{x(finding.value)}" cy="{middle}" r="4.5"/>')
    for end, anchor in ((low, "start"), (high, "end")):
        parts.append(f'<text x="{x(end)}" y="{HEIGHT}" text-anchor="{anchor}">{number(end)}</text>')
    words = f"{interval(finding)} on an axis from {number(low)} to {number(high)}"
    return Markup(
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT + 3}" role="img" aria-label="{words}">'
        f"{''.join(parts)}</svg>"
    )


def _mark(kind: str, x: str, middle: int, reach: int) -> str:
    ends = f'y1="{middle - reach}" y2="{middle + reach}"'
    return f'<line class="{kind}" x1="{x}" x2="{x}" {ends}/>'
