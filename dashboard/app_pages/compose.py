"""Compose: stack layers, see the result, learn why a stack cannot work, and compare it with the others."""

import streamlit as st

from dashboard import address
from dashboard.compose import compose_rows, compose_state, compose_view, paste_view
from dashboard.runs import run_actions
from dashboard.shell import session, tab
from dashboard.widgets import line_up, sidebar
from models.architectures.parts import answer
from models.data.datasets import get_dataset
from models.experiments.comparison import COMPOSED, Entry
from models.experiments.spec import Training
from models.stacks.diagnosis import diagnose, shapes
from models.stacks.stack_text import write_stack

store = session.store()
st.title("Compose a stack")
address.show_problems("compose", address.choices(), sidebar.RANGES)
with st.container():  # what is below keeps its place, with or without messages
    run_actions.show_undo(store)
    compose_view.notices()
data = sidebar.choose_data()
device = session.devices(session.backend())[0]

bar = st.container()
text = st.text_input(
    "The stack as text, from the embedding to the last layer before the answer", compose_state.DEFAULT,
    key=compose_state.TEXT, bind="query-params", live=True,
    help="Layers in Keras notation with arrows, commas or spaces between them.",
)  # fmt: skip
num_classes = get_dataset(data["dataset_name"]).num_classes
typed = compose_state.read(text, num_classes)
stack = typed.stack
with st.container():
    compose_view.typed(typed)
problem = diagnose(stack, data["encoding"].length)
whole = [] if problem else [*stack.with_embedding(data["encoding"].vocabulary_size), answer(num_classes)]
paste_view.panel(num_classes, whole, data["encoding"].length)
with bar:
    compose_view.bar()
with st.container():
    compose_view.explain(problem)
    compose_view.mask_note(stack, data["encoding"].length)
entry = Entry(COMPOSED, {"stack": write_stack(stack)})
tab.name("Compose", entry.label)
shared = data | {"training": Training(backend=session.backend()), "epochs": 1, "num_seeds": 1}
comparison = line_up.make_comparison(shared, [entry])
left, right = st.columns([7, 6], gap="medium")
with left:
    compose_rows.rows(stack, shapes(stack, data["encoding"].length), problem)
with right:
    compose_view.summary(stack, comparison, problem, device)
    compose_view.naming(store, stack, problem)
    compose_view.saved(store)
