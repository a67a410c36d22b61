"""What a person typed, or a stranger's bundle says, to be shown as it stands: Markdown would render it."""

import re

SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^@])")


def escape_markdown(text: str) -> str:
    """``text`` with every character that means something to Streamlit's Markdown made to stand for itself."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))
