"""Distances between colours, with full colour vision and for the colour-blind. Pure.

Sources: Machado, Oliveira & Fernandes (2009), A physiologically-based model for simulation of color vision deficiency,
https://doi.org/10.1109/TVCG.2009.113 (severity 1.0, applied to linear RGB); Sharma, Wu & Dalal (2005), The CIEDE2000
color-difference formula, https://doi.org/10.1002/col.20070
"""

from collections.abc import Sequence

import numpy as np

FULL, PROTANOPIA, DEUTERANOPIA, TRITANOPIA = "full", "protanopia", "deuteranopia", "tritanopia"
SEEN = {
    FULL: np.eye(3),
    PROTANOPIA: np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    DEUTERANOPIA: np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    TRITANOPIA: np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""What each kind of vision makes of linear RGB."""
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""From linear sRGB; the middle row is its luminance."""
WHITE = XYZ.sum(axis=1)


def distances(colours: Sequence[str]) -> np.ndarray:
    """Distances (CIEDE2000) between any two of ``colours`` ("#RRGGBB"), in the vision in which they are closest: (n,
    n).
    """
    rgb = linear(colours)
    found = [np.zeros((len(rgb), len(rgb)))] if not len(rgb) else []
    for vision in SEEN:
        seen = lab(as_seen(rgb, vision))
        found.append(ciede2000(seen[:, None], seen[None, :]))
    return np.min(found, axis=0)


def linear(colours: Sequence[str]) -> np.ndarray:
    """Linear RGB of sRGB colours, from 0 to 1: (n, 3)."""
    rgb = (
        np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours], float).reshape(-1, 3) / 255
    )
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def coded(rgb: np.ndarray) -> str:
    """Linear RGB (3,) as "#RRGGBB"."""
    rgb = rgb.clip(0, 1)
    channels = 255 * np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(channel):02X}" for channel in channels.tolist())


def as_seen(rgb: np.ndarray, vision: str) -> np.ndarray:
    """Linear RGB (n, 3) as that kind of vision sees it."""
    return (rgb @ SEEN[vision].T).clip(0, 1)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Luminance of linear RGB (…, 3), relative to white: (…,)."""
    return rgb @ XYZ[1]


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB (n, 3)."""
    ratio = rgb @ XYZ.T / WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Between L*a*b* (…, 3) and (…, 3); 1 is about what a trained eye just tells apart. Names are the source's."""
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(np.asarray(each, float), -1, 0) for each in (one, two))
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    has_hue = c1 * c2 != 0
    turn = np.where(has_hue, (h2 - h1 + 180) % 360 - 180, 0.0)
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(has_hue, (h1 + turn / 2) % 360, h1 + h2)
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    rotation = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    r_t = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(rotation)
    square = (d_l / s_l) ** 2 + (d_c / s_c) ** 2 + (d_h / s_h) ** 2 + r_t * (d_c / s_c) * (d_h / s_h)
    return np.sqrt(square.clip(min=0))
