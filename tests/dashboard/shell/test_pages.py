import re
from pathlib import Path

from dashboard.shell.pages import HOME, PAGES

DASHBOARD = Path(__file__).resolve().parents[3] / "dashboard"


def test_every_page_has_its_script_and_every_script_its_page():
    assert {page.script for page in PAGES.values()} == {
        str(path.relative_to(DASHBOARD)) for path in DASHBOARD.glob("app_pages/*.py")
    }
    assert {page.group for page in PAGES.values()} == {"", "Compare", "Build", "Learn"} and PAGES[HOME].group == ""


def test_the_menu_and_every_link_take_pages_from_the_table():
    names = [path for path in DASHBOARD.rglob("*.py") if re.search(r"app_pages/\w+\.py|page_link\(", path.read_text())]
    assert names == [DASHBOARD / "shell" / "pages.py"]
