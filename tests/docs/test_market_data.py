"""The guide to market data names every reason and finding, and none that does not exist."""

import re
from pathlib import Path

from quantos.market.core.reasons import Finding, Refusal

GUIDE = (Path(__file__).parents[2] / "docs" / "market-data.md").read_text()


def named(section: str) -> set[str]:
    """The codes in the first column of a section's table."""
    text = GUIDE.split(f"### {section}\n")[1].split("\n#")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall(r"`(\w+)`", cell)}


def test_every_reason_to_refuse_a_row_is_explained() -> None:
    assert named("Rows that are refused") == {reason.value for reason in Refusal}


def test_every_finding_is_explained() -> None:
    assert named("Rows that are kept, with a finding") == {finding.value for finding in Finding}
