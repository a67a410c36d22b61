"""The sections of the page Inside: maps with one cursor, and the words that decide."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
import streamlit as st

from cache.inference.generation_requests import InsideRequest
from cache.store.store import RunStore
from dashboard.charts import plots
from dashboard.inside import guide_view, inside_charts, inside_frames, weights_view
from dashboard.inside.guide import Lesson
from dashboard.inside.inside_frames import Answers
from dashboard.inside.inside_view import CHOICES, STRONGEST, answered, layer_names, readings_of
from dashboard.inside.openable import Opened
from dashboard.inside.stepper import HERE, Block, alignment, bounds, shown_range, shown_units, stepper_data
from dashboard.shell import tab
from dashboard.shell.markdown import escape_markdown
from models.inside.maps import is_pooled, maps_of, shown_layers
from models.inside.readings import ORDERS
from models.layers import SelfAttention
from models.text.tokens import PADDING, Token, read_places, visible

NUM_STRONGEST = 16
BESIDE = 2
"""Models whose answers without each word leave room for a chart beside their table."""
PINS, MAX_PINS = "pins", 2
PIN = re.compile(r"(\d{1,4})([.u])(\d{1,4})")
"""A token, counted from the first that is shown, and a unit by its number ("3u17"), or by its row ("3.0") in links of
before.
"""


def stepper(tokens: Sequence[Token], models: Sequence[Opened]) -> None:
    """Draw the maps of the chosen layers, with one cursor in all of them."""
    by_name = {name: (model, key, title) for model in models for name, (key, title) in layer_names(model).items()}
    if not by_name:
        st.info(
            "No recurrent layer, convolution or attention to look into. Answers and the words that decide are below."
        )
        return
    first = {model.title: name for name, (model, _, _) in reversed(by_name.items())}
    layers, order, units = st.columns([3, 2, 2], vertical_alignment="bottom")
    chosen = layers.multiselect(
        "Layers",
        list(by_name),
        default=list(dict.fromkeys(reversed(first.values()))),
        key="inside_layers",
        bind="query-params",
    )
    by = order.selectbox(
        "Order of units", ORDERS, key="inside_order", bind="query-params",
        help="By change: how much a unit's output changes from token to token. By weight on the answer: the length of "
        "the gradient of the answer with respect to the unit's outputs.",
    )  # fmt: skip
    most = NUM_STRONGEST if units.segmented_control(
        "Units", CHOICES["inside_units"], default=STRONGEST, required=True, key="inside_units", bind="query-params"
    ) == STRONGEST else None  # fmt: skip
    blocks = [_block(*by_name[name], by, most) for name in chosen if name in by_name]
    if not blocks:
        st.info("Choose a layer.", icon=":material/frame_inspect:")
        return
    st.caption(
        "Hover over a map. Or click a token, then use ← → for tokens, ↑ ↓ for units, space to play, Enter to pin, Esc "
        "to clear."
    )
    model = by_name[chosen[0]][0]
    found = guide_view.show(Lesson(tokens, blocks[0], model.readings, model.number))
    units_by_row = shown_units(tokens, max(blocks, key=lambda block: (_has_units(block), len(block.units))))
    pins = _pins(tokens, units_by_row, max(len(shown_units(tokens, block)) for block in blocks))
    place, row = (found.place, found.row) if found else (read_places(tokens)[-1], _first_row(tokens, blocks[0]))
    cursor = pins[-1] if pins and not found else (place - shown_range(tokens)[0], row)
    is_dark = st.context.theme.type == "dark"
    data = stepper_data(tokens, blocks, cursor, pins, is_dark=is_dark, is_guided=found is not None)
    html, css, js = ((HERE / f"stepper.{kind}").read_text() for kind in ("html", "css", "js"))
    component = st.components.v2.component("inside_stepper", html=html, css=css, js=js)
    component(data=data, key="stepper", on_pins_change=partial(_keep_pins, units_by_row))
    weights_view.describe_seeds(models)
    _downloads(tokens, blocks, models)


def _pins(tokens: Sequence[Token], units: Sequence[int], num_rows: int) -> list[tuple[int, int]]:
    """The pinned tokens and rows in the URL, without those of a longer text, other ``units`` or more rows."""
    first, last = shown_range(tokens)
    found = [each for text in st.query_params.get_all(PINS)[:MAX_PINS] if (each := PIN.fullmatch(text))]
    rows = {".": range(num_rows), "u": units}
    return [
        (token, rows[kind].index(unit))
        for token, kind, unit in ((int(each[1]), each[2], int(each[3])) for each in found)
        if token <= last - first and unit in rows[kind]
    ]


def _has_units(block: Block) -> bool:
    """The rows of self-attention are tokens."""
    return not isinstance(block.layer, SelfAttention)


def _first_row(tokens: Sequence[Token], block: Block) -> int:
    """The first row of a single token or unit: in self-attention, padding before a text is one row."""
    return int(not _has_units(block) and tokens[0].place == PADDING)


def _keep_pins(units: Sequence[int]) -> None:
    """Keep pins by the numbers of the units, which stay when their order changes."""
    pinned = st.session_state.stepper.get("pins") or []
    st.query_params[PINS] = [f"{token}u{units[row]}" if row < len(units) else f"{token}.{row}" for token, row in pinned]


def _block(model: Opened, key: str, title: str, by: str, most: int | None) -> Block:
    layers = model.spec.layers()
    number, _, direction = key.partition(" ")
    layer = next(layer for each, _, layer in shown_layers(layers) if each == key)
    reading = model.readings.layers[key]
    return Block(
        title=f"{model.title}: {title}",
        short_title=model.label,
        colour=model.colour,
        layer=layer,
        reading=reading,
        units=reading.order(by, most),
        answers=inside_frames.probabilities(model.readings.answers, model.number).tolist(),
        answer_title=f"Probability of “{model.answer}”",
        band=inside_frames.band(model.readings, model.number).tolist() if len(model.readings.seeds) else (),
        num_seeds=1 + len(model.readings.seeds),
        is_backward=direction == "backward" or getattr(layer, "go_backwards", False),
        is_pooled=is_pooled(layers, int(number)),
    )


def _downloads(tokens: Sequence[Token], blocks: Sequence[Block], models: Sequence[Opened]) -> None:
    """One map as a table, a picture and a file, and all arrays of a model."""
    with st.expander(
        "Numbers as a table, pictures and files", icon=":material/table:", key="numbers_open", bind="query-params"
    ) as expander:
        if not expander.open:
            return
        maps = {f"{block.title}: {each.title}": (block, each) for block in blocks for each in maps_of(block.layer)}
        block, each = maps[st.selectbox("Map", list(maps), key="inside_map", bind="query-params")]
        array = block.reading.arrays[each.key]
        offset, stride = alignment(len(tokens), len(array))
        looks = isinstance(block.layer, SelfAttention)
        units = range(array.shape[1]) if looks else block.units
        frame = inside_frames.map_frame(tokens, array, units, offset, stride)
        if looks:
            frame["unit"] = frame["unit"] * stride + offset + 1
        unit_name = "Token" if looks else "Unit"
        st.dataframe(inside_frames.wide(frame, unit_name), hide_index=True, width="stretch")
        title = f"{block.title}: {each.title}"
        caption = f"“{' '.join(token.text for token in tokens if token.text)[:100]}”"
        plot_bounds = bounds(each, array)
        plots.offer(
            plots.Plot(
                title, f"Colours: {each.title}", inside_charts.heat_map, (frame, plot_bounds, unit_name), frame, caption
            )
        )
        for model in models:
            st.download_button(
                f"All arrays of {escape_markdown(model.title)} (.npz)", partial(_npz, tokens, model),
                tab.file_name(model.title, "npz"), "application/octet-stream", on_click="ignore",
                key=f"npz of {model.title}",
            )  # fmt: skip


def another(store: RunStore, request: InsideRequest, models: Sequence[Opened]) -> None:
    """Ask for a second text, and show its answers beside those to the first."""
    with st.expander(
        "Change the text and compare", icon=":material/swap_horiz:", key="another_open", bind="query-params"
    ) as part:
        text = st.text_area("The other text", request.text, height=68, key="inside_other", bind="query-params")
        if not part.open:
            return
        if text.strip() == request.text.strip():
            st.caption("Change, add or leave out a word.")
            return
        try:
            other = replace(request, text=text, runs=tuple(model.id for model in models), others=())
        except ValueError as error:
            st.info(str(error), icon=":material/frame_inspect:")
            return
        if answered(store, other, "look_other"):
            table = inside_frames.two_texts_table(
                [
                    (model.title, model.readings, second, model.number, model.answer)
                    for model in models
                    if (second := readings_of(store, other, model))
                ]
            )
            shown = st.column_config.NumberColumn(format="%.1f%%")
            change = st.column_config.NumberColumn(format="%+.1f points")
            columns = {"Your text": shown, "The other text": shown, "Change": change}
            st.dataframe(table, hide_index=True, width="stretch", column_config=columns)


def _npz(tokens: Sequence[Token], model: Opened) -> bytes:
    target = BytesIO()
    named: dict[str, Any] = {"tokens": np.array([token.text for token in tokens]), **model.readings.named()}
    np.savez(target, **named)
    return target.getvalue()


def looks_back(tokens: Sequence[Token], models: Sequence[Opened]) -> None:
    """Show how much the answer changes with each word's vector, and without the word."""
    answers: Answers = {model.title: (model.readings, model.number) for model in models}
    st.subheader("Which words decide", anchor=False)
    turns = inside_frames.turning_points(tokens, answers)
    for model in models:
        share = inside_frames.probabilities(model.readings.answers, model.number)[-1]
        place = turns[model.title]
        phrase = "It was on this side after every token"
        if place is not None:
            word = escape_markdown(visible(tokens[place].text))
            phrase = f"It turned to this side at token {place + 1}, **{word}**, and stayed"
        says = f"The probability of “{escape_markdown(model.answer)}” is {share:.1%}. {phrase}."
        st.markdown(f"**{escape_markdown(model.title)}**: {says}")
    words, back = st.columns(2, gap="large") if len(models) <= BESIDE else (st.container(), st.container())
    with words:
        st.markdown("**Each word left out**")
        table = inside_frames.without_table(tokens, answers)
        number = st.column_config.NumberColumn(format="%+.1f points")
        st.dataframe(
            table, hide_index=True, width="stretch",
            column_config={str(name): number for name in table if name != "Left out"},
        )  # fmt: skip
        st.caption(f"Change of the probability of {' or '.join(dict.fromkeys(f'“{each.answer}”' for each in models))}.")
    with back:
        st.markdown("**How far back it looks**")
        frame = inside_frames.gradient_frame(tokens, answers)
        colours = {model.title: model.colour for model in models}
        plots.show(
            plots.Plot(
                "How far back it looks", "Lines: length of the gradient at each token",
                inside_charts.gradients, (frame, colours), frame,
                "Gradient of the answer’s probability with respect to each token’s vector.",
            )
        )  # fmt: skip
        st.caption(
            "A gradient says how much a tiny change of a word’s vector would change the answer. It does not say what "
            "another word would do; the table of words left out says what the answer is without one."
        )
