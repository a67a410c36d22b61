"""How a text becomes training examples for the next word, with the token numbers."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from cache.store.runs import Run
from cache.store.store import RunStore
from dashboard.widgets.sentence import tokenizer_of
from models.text.encoding import OOV_ID, PAD_ID
from models.text.next_word import prefixes_of
from models.training.generation import read_encoding

KEY = "prefixes_open"
MOST = 50


def show(store: RunStore, runs: Mapping[int, Run], text: str) -> None:
    """Draw the prefixes of the reader's text, as the first of the chosen models reads them."""
    run = next(iter(runs.values()))
    with st.expander(
        "How this text would become training examples", icon=":material/segment:", key=KEY, bind="query-params"
    ) as expander:
        if not expander.open:
            return
        if (tokenizer := tokenizer_of(store, run.spec)) is None:
            st.caption("The vocabulary of the model is not in this cache yet. Press Write, then open this again.")
            return
        length = read_encoding(run.spec).length
        read, following = prefixes_of(tokenizer, text, length)
        if not len(following):
            st.caption("No sentence of the text has two words, so there is nothing to predict.")
            return
        st.caption(
            f"Each row is one example of {run.title}: the model reads {length} tokens, zeros at the left where the "
            "sentence has fewer, and learns to predict the next one. 0 is padding, 1 an unknown word, which is read "
            "but never predicted."
        )
        rows = [
            {
                "Tokens read": " ".join(map(str, row)),
                "Next token": f"{number}" if number != OOV_ID else f"{number} (left out)",
                "Words read": " ".join(str(tokenizer.id_to_token(int(each))) for each in row if each != PAD_ID),
                "Next word": tokenizer.id_to_token(int(number)),
            }
            for row, number in zip(read[:MOST], following[:MOST], strict=True)
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True)
        if len(following) > MOST:
            st.caption(f"The first {MOST} of {len(following):,} examples.")
