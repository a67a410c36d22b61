"""What holds for the fields of all pages."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_no_field_refuses_what_is_pasted_without_a_word():
    """Streamlit drops a text longer than max_chars without a message, so Unroll says itself what is too long."""
    files = [file for file in (ROOT / "dashboard").rglob("*.py") if "max_chars" in file.read_text()]
    assert files == []
