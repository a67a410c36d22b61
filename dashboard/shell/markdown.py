"""Text that people typed, or that an imported bundle contains, is shown as it is: Markdown would render it."""

import re

SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^@])")


def escape_markdown(text: str) -> str:
    """Escape every character of ``text`` that has a meaning in Streamlit's Markdown."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))
