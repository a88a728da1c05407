"""docs/benchmarks.svg: instructions relative to TensorFlow Lite Micro, a bar a model and core."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT = 960, 400
LEFT, RIGHT, TOP, BOTTOM = 50, 10, 50, 70
COLOURS = ("#2f6fd0", "#12877a", "#b9631a", "#7b50c4")
STYLE = "font-family='system-ui, sans-serif' font-size='12' fill='#17202b'"


def plot(series: Mapping[str, Mapping[str, float]]) -> str:
    """A group of bars for each model; `series` is core → model → ratio."""
    models = list(dict.fromkeys(model for ratios in series.values() for model in ratios))
    top = max([1.0, *(r for ratios in series.values() for r in ratios.values())]) * 1.05
    height = HEIGHT - TOP - BOTTOM
    group = (WIDTH - LEFT - RIGHT) / max(1, len(models))
    bar = group * 0.8 / max(1, len(series))

    def y(value: float) -> float:
        return TOP + height * (1 - value / top)

    parts = [
        _text(LEFT, 18, "Instructions relative to TensorFlow Lite Micro (lower is better)", 14)
    ]
    for i in range(int(top / 0.25) + 1):
        value = 0.25 * i
        colour, width = ("#b3261e", 2) if value == 1 else ("#dfe4ea", 1)
        parts.append(
            f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y(value):.1f}' y2='{y(value):.1f}' "
            f"stroke='{colour}' stroke-width='{width}'/>"
        )
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:.2f}", anchor="end"))
    for s, (core, ratios) in enumerate(series.items()):
        colour = COLOURS[s % len(COLOURS)]
        x = LEFT + 110 * s
        parts.append(f"<rect x='{x}' y='28' width='11' height='11' fill='{colour}'/>")
        parts.append(_text(x + 16, 38, core))
        for m, model in enumerate(models):
            if model not in ratios:
                continue
            value, x0 = ratios[model], LEFT + group * (m + 0.1) + bar * s
            parts.append(
                f"<rect x='{x0:.1f}' y='{y(value):.1f}' width='{bar * 0.92:.1f}' "
                f"height='{height + TOP - y(value):.1f}' fill='{colour}'>"
                f"<title>{escape(model)}, {escape(core)}: {value:.2f}</title></rect>"
            )
    for m, model in enumerate(models):
        # Two rows of names, so that long ones have room.
        row = HEIGHT - BOTTOM + 18 + 16 * (m % 2)
        parts.append(_text(LEFT + group * (m + 0.5), row, model, anchor="middle"))
    body = "\n".join(parts)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' {STYLE}>\n"
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#ffffff'/>\n{body}\n</svg>\n"
    )


def _text(x: float, y: float, text: str, size: int = 12, anchor: str = "start") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}'>"
        f"{escape(text)}</text>"
    )
