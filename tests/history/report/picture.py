"""Make the picture of a report for the README: `python -m tests.history.report.picture`."""

import subprocess
import tempfile
from pathlib import Path

from bridge.history.reader import opened
from bridge.history.report.report import ReportSettings, report_of
from bridge.history.report.report_page import page
from bridge.history.store.file import NAME
from tests.history.years import END, PERSON, fill

TARGET = Path(__file__).parents[3] / "docs" / "images" / "report.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, NAME)
        fill(path, 400)
        with opened(path) as reader:
            report = report_of(reader, PERSON, END.date(), 24, ReportSettings())
        html = Path(place, "report.html")
        html.write_text(page(report))
        command = (
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={place}/profile", "--window-size=800,1500",
            f"--screenshot={TARGET}", f"file://{html}",
        )  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
