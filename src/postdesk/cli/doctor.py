"""`postdesk doctor`: the checks of flow.doctor, one line each, remedies below."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from postdesk.basics import clock
from postdesk.flow.doctor import examine


def doctor() -> int:
    """Print every check with what was found. Returns 1 when one failed."""
    console = Console()
    failed = False
    for check, finding in examine(at=clock.now()):
        failed = failed or not finding.is_well
        mark = Text("ok  ", style="green") if finding.is_well else Text("FAIL", style="bold red")
        console.print(Text.assemble(mark, f" {check.name}: {finding.text}"), soft_wrap=True)
        if finding.remedy:
            console.print(Text(f"     {finding.remedy}", style="dim"), soft_wrap=True)
    return int(failed)
