"""Coverage as one page that needs nothing else: no script, no font, no picture from anywhere, in light and in dark.

Its style is the only thing the page allows itself, by its hash. Texts of flows and recordings are data in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from flowengine import __version__
from flowengine.check.reach import Target
from flowengine.picture.case_walks import draw_case
from flowengine.picture.coverage_picture import ANYTHING, coverage_picture
from flowengine.picture.flow_picture import style as style_of_pictures
from flowengine.picture.lettering import flat
from flowengine.recording.coverage import Coverage, Share, total
from flowengine.recording.suite import Ready, Result

_STYLE: Final = Path(__file__).with_name("coverage_page.css")
_NAMES: Final = {
    "nodes": "nodes",
    "edges": "edges",
    "own": "own edges",
    "outcomes": "outcomes",
    "fall-through": "fall-through",
}


def coverage_page(flows: Iterable[tuple[Ready, Coverage]], results: Sequence[Result]) -> str:
    """Return the page about the coverage of flows by results."""
    return "\n".join(_page(list(flows), results)) + "\n"


def _page(flows: Sequence[tuple[Ready, Coverage]], results: Sequence[Result]) -> Iterator[str]:
    style = f"{style_of_pictures()}\n{_STYLE.read_text('utf-8')}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
    yield f"<title>Coverage of {_counted(len(flows), 'flow')}</title>"
    yield f"<style>{style}</style></head><body>"
    yield from _head(flows, results)
    yield "<main>"
    if len(flows) > 1:
        yield from _overview(flows)
    for number, (ready, coverage) in enumerate(flows):
        own = [result for result in results if result.ready is not None and result.ready.flow.path == ready.flow.path]
        yield from _flow(number, ready, coverage, own)
    unusable = [result for result in results if result.ready is None]
    if unusable:
        yield '<section class="sheet"><h2>Without a flow that can be walked</h2>'
        yield from _cases(unusable)
        yield "</section>"
    yield f"</main><footer><p>flowengine {escape(__version__)}</p></footer></body></html>"


def _head(flows: Sequence[tuple[Ready, Coverage]], results: Sequence[Result]) -> Iterator[str]:
    failed = sum(not result.passed for result in results)
    came = f'<span class="never">{failed} failed</span>' if failed else '<span class="came">all passed</span>'
    yield "<header><h1>What the recordings cover</h1>"
    yield f"<p>{_counted(len(results), 'case')} on {_counted(len(flows), 'flow')}, {came}. An edge that stands in a "
    yield "node counts as own; the others come from <code>defaults</code>.</p>"
    yield from _shares(total(coverage for _, coverage in flows))
    yield "</header>"


def _shares(shares: Mapping[str, Share]) -> Iterator[str]:
    yield '<ul class="shares">'
    for name, share in shares.items():
        if share.total:
            said = f"{share.covered} of {share.total} {_NAMES[name]}"
            yield f"<li><b>{_percent(share)}</b><span>{said}</span>{_bar(share)}</li>"
    yield "</ul>"


def _bar(share: Share) -> str:
    return (
        '<svg class="bar" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" width="100" height="5"/><rect class="part" width="{share.percent:g}" height="5"/></svg>'
    )


def _overview(flows: Sequence[tuple[Ready, Coverage]]) -> Iterator[str]:
    shares = total(coverage for _, coverage in flows)
    shown = [name for name, share in shares.items() if share.total]
    heads = "".join(f'<th class="number">{name}</th>' for name in ("cases", *(_NAMES[name] for name in shown)))
    yield '<section class="sheet"><h2>Flows</h2><div class="scroll" tabindex="0"><table>'
    yield f"<thead><tr><th>flow</th>{heads}</tr></thead><tbody>"
    for number, (ready, coverage) in enumerate(flows):
        name = f'<td class="name"><a href="#flow-{number}">{_text(ready.flow.title)}</a></td>'
        yield f"<tr>{name}{_cells(coverage.runs, coverage.shares(), shown)}</tr>"
    runs = sum(coverage.runs for _, coverage in flows)
    yield f"</tbody><tfoot><tr><th>in all</th>{_cells(runs, shares, shown)}</tr></tfoot></table></div></section>"


def _cells(runs: int, shares: Mapping[str, Share], shown: Sequence[str]) -> str:
    said = [str(runs), *(_percent(shares[name]) if shares[name].total else "-" for name in shown)]
    return "".join(f'<td class="number">{one}</td>' for one in said)


def _flow(number: int, ready: Ready, coverage: Coverage, results: Sequence[Result]) -> Iterator[str]:
    description = ready.flow.data.get("description")
    yield f'<section class="sheet flow-sheet" id="flow-{number}"><h2>{_text(ready.flow.title)}</h2>'
    yield f'<p class="place">{_text(str(ready.flow.path))}</p>'
    if description:
        yield f"<p>{_text(description, 1000)}</p>"
    yield from _shares(coverage.shares())
    yield f'<figure><figcaption class="legend">{_LEGEND}</figcaption>'
    yield f'<div class="frame" tabindex="0" role="region" aria-label="Picture of {_text(ready.flow.title)}">'
    yield f"{coverage_picture(ready, coverage)}</div></figure>"
    yield from _steps(ready, coverage)
    yield from _table(coverage)
    yield from _cases(results)
    yield "</section>"


def _steps(ready: Ready, coverage: Coverage) -> Iterator[str]:
    """Yield what the picture shows as a list, which narrow screens have beside it."""
    yield '<ul class="steps">'
    for node in coverage.possible:
        visits = coverage.visits[node]
        title = ready.flow.nodes[node].get("title") or node
        came = _often(visits)
        yield f"<li{'' if visits else ' class=quiet'}><b>{_text(title)}</b><code>{_text(node)}</code> {came}"
        outcomes = list(coverage.of(node))
        if outcomes:
            yield "<ul>"
            for outcome, target, count in sorted(outcomes, key=lambda one: not one[2]):
                yield f"<li>{_often(count)}<span>{_text(outcome or ANYTHING)} → {_onward(target)}</span></li>"
            yield "</ul>"
        yield "</li>"
    yield "</ul>"


def _often(count: int) -> str:
    return f'<span class="came">{count}&times;</span>' if count else '<span class="never">never</span>'


def _table(coverage: Coverage) -> Iterator[str]:
    yield "<details><summary>Every outcome as a table</summary>"
    yield '<div class="scroll" tabindex="0"><table><thead><tr><th>node</th><th>outcome</th><th>leads to</th>'
    yield '<th class="number">times</th></tr></thead><tbody>'
    for node in coverage.possible:
        for outcome, target, count in coverage.of(node):
            yield f'<tr><td class="name">{_text(node)}</td><td class="name">{_text(outcome or ANYTHING)}</td>'
            yield f'<td class="name">{_onward(target)}</td><td class="number">{_often(count)}</td></tr>'
    yield "</tbody></table></div></details>"


def _onward(target: Target) -> str:
    if target.to is None:
        return '<span class="never">no edge: the run ends</span>'
    aside = [f"falls through to {target.label}"] if target.fall_through else []
    aside += ["by default"] if target.default else []
    said = f' <span class="aside">({_text(", ".join(aside))})</span>' if aside else ""
    return f"{_text(target.to)}{said}"


def _cases(results: Sequence[Result]) -> Iterator[str]:
    if not results:
        yield '<p class="never">No recording of this flow says what it expects.</p>'
        return
    failed = sum(not result.passed for result in results)
    said = f", {failed} failed" if failed else ""
    yield f"<details{' open' if failed else ''}><summary>{_counted(len(results), 'case')}{said}</summary>"
    yield '<ul class="cases">'
    for result in results:
        mark = '<span class="came">passed</span>' if result.passed else '<span class="never">failed</span>'
        title = f' <span class="aside">{_text(result.case.title)}</span>' if result.case.title else ""
        yield f"<li>{mark} <code>{_text(result.case.name)}</code>{title}{_why(result)}</li>"
    yield "</ul></details>"


def _why(result: Result) -> str:
    if result.passed:
        return ""
    lines = ["".join(piece.text for piece in line).rstrip() for line in draw_case(result)]
    lines += [str(finding) for finding in result.findings]
    lines += result.done.differences if result.done else []
    return f"<pre>{chr(10).join(_text(line, 1000, keep=True) for line in lines)}</pre>"


def _percent(share: Share) -> str:
    return f"{share.percent:.1f}".removesuffix(".0") + "%"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _text(text: str, most: int = 200, *, keep: bool = False) -> str:
    """Write a text as it can stand in the page; with ``keep`` its blanks stay."""
    shown = "".join(character if character.isprintable() else " " for character in text[:most])
    return escape(shown if keep else flat(shown, most))


_LEGEND: Final = (
    '<span><svg width="34" height="16" aria-hidden="true"><path class="line covered" d="M0 8H26"/>'
    '<path class="tip covered" d="M34 8l-9 -5v10z"/></svg>followed so many times</span>'
    '<span><svg width="34" height="16" aria-hidden="true"><path class="line uncovered" d="M1 8H24"/>'
    '<path class="tip uncovered" d="M33 8l-9 -5v10z"/></svg>never followed</span>'
)
