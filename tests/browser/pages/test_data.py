"""What only a browser shows of the page Data: the way from a file to a comparison on it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import follow_menu

PATIENCE = 60_000
ROWS = [f"{('ham', 'spam')[number % 2]}\ttext number {number}" for number in range(120)]


@pytest.mark.slow
def test_a_file_with_a_doubt_becomes_a_dataset_and_is_compared_on(page, server):
    page.set_default_timeout(PATIENCE)
    page.goto(f"{server.url}/compare")
    expect(page.get_by_role("spinbutton", name="Epochs")).to_be_visible(timeout=PATIENCE)
    follow_menu(page, "Data")
    page.get_by_text("Your own data", exact=True).click()
    lines = [line.replace("text", '"text') if number in (10, 31) else line for number, line in enumerate(ROWS)]
    contents = "\n".join(["label\ttext", *lines]).encode()
    field = page.locator("[data-testid=stFileUploaderDropzoneInput]")
    field.set_input_files({"name": "sms.tsv", "mimeType": "text/plain", "buffer": contents})
    expect(page.get_by_text("read as 120 rows")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("They stand around texts").click()
    expect(page.get_by_text("read as 99 rows")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("They are part of the texts").click()
    expect(page.get_by_text("120 texts in 2 classes")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Add this dataset").click()
    expect(page.get_by_text("“sms” can be chosen as a dataset now.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Compare on it").first.click()
    expect(page.get_by_text("0 of 12 runs cached")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("spinbutton", name="Length in tokens")).to_have_value("5", timeout=PATIENCE)
    expect(page.get_by_role("spinbutton", name="Vocabulary")).to_have_value("100", timeout=PATIENCE)
    assert "dataset=sms" in page.url
    page.go_back()
    expect(page).to_have_title("Data: Your own data · Unroll", timeout=PATIENCE)
    assert "data_view=Your" in page.url and "dataset" not in page.url
    expect(page.get_by_role("heading", name="Your datasets")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Look at it").first.click()
    expect(page.get_by_text("Training texts", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("spinbutton", name="Length in tokens")).to_have_value("5", timeout=PATIENCE)
    assert "dataset=sms" in page.url and "length=5" in page.url
