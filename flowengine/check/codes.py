"""Every code a finding can have: its title and the severity it comes with. Each has a page in ``docs/findings``.

FE0xx text, FE1xx shape, FE2xx names, FE3xx references and data flow, FE4xx inputs and conditions, FE5xx edges,
FE6xx recordings, FE7xx project files, FE80x arguments, FE81x graph, FE9xx safety.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from flowengine import shipped

ERROR: Final = "error"
WARNING: Final = "warning"
HINT: Final = "hint"


class Code(NamedTuple):
    """``title`` is that of the page; ``severity`` the usual one."""

    title: str
    severity: str = ERROR


CODES: Final = {
    "FE001": Code("a file that cannot be read"),
    "FE002": Code("text that is not YAML"),
    "FE003": Code("a key that comes twice"),
    "FE004": Code("a YAML tag"),
    "FE005": Code("a YAML anchor or alias"),
    "FE006": Code("a YAML merge key"),
    "FE007": Code("a second YAML document"),
    "FE008": Code("a file beyond the limits"),
    "FE009": Code("a key that is no text"),
    "FE010": Code("a character that is not allowed"),
    "FE011": Code("an empty file"),
    "FE020": Code("an ignore comment without a reason", WARNING),
    "FE021": Code("an ignore comment that ignores nothing", WARNING),
    "FE101": Code("an unknown key"),
    "FE102": Code("a key that is missing"),
    "FE103": Code("a value of the wrong type"),
    "FE104": Code("a value that is not allowed"),
    "FE201": Code("an unknown node type"),
    "FE202": Code("an unknown version of a node type"),
    "FE203": Code("a node type that is not pinned to a version", HINT),
    "FE204": Code("a deprecated version of a node type", WARNING),
    "FE205": Code("a node type that is wrong itself"),
    "FE206": Code("a target that does not exist"),
    "FE207": Code("a name that a variable has"),
    "FE208": Code("a variable that is not declared"),
    "FE209": Code("a default of another type than declared"),
    "FE210": Code("a default that may be meant as a declaration", WARNING),
    "FE211": Code("an authorization that the environment does not bind", WARNING),
    "FE212": Code("an integration that the environment does not bind"),
    "FE213": Code("a version that is not the recommended one", HINT),
    "FE214": Code("a call of a flow that is not there"),
    "FE215": Code("a call of an id that several flows have"),
    "FE216": Code("a call of a flow with errors"),
    "FE217": Code("an end whose name says two things", WARNING),
    "FE301": Code("a reference that cannot be read"),
    "FE302": Code("a reference to nothing"),
    "FE303": Code("a text that looks like a reference", WARNING),
    "FE311": Code("a value that is not set on every way", WARNING),
    "FE312": Code("an output that an outcome does not set", WARNING),
    "FE313": Code("a variable that is not used", HINT),
    "FE314": Code("a variable that nothing gives a value", WARNING),
    "FE315": Code("an output that the node does not have"),
    "FE316": Code("an event that a called flow does not have", WARNING),
    "FE317": Code("an input that no event gives", WARNING),
    "FE401": Code("a pattern that is no regular expression"),
    "FE402": Code("types that cannot match", WARNING),
    "FE403": Code("a path that cannot be read"),
    "FE404": Code("two labels for one event"),
    "FE501": Code("a label that is no outcome of the node"),
    "FE502": Code("another spelling of an outcome", HINT),
    "FE503": Code("two edges for one outcome"),
    "FE504": Code("a default label that no node has", WARNING),
    "FE505": Code("an outcome that nobody handles", WARNING),
    "FE506": Code("an edge that is never followed", WARNING),
    "FE507": Code("a success that leads where an error does", HINT),
    "FE601": Code("a recording that does not fit its flow"),
    "FE602": Code("an answer that no response rule matches", WARNING),
    "FE603": Code("an answer that lacks what an output reads", WARNING),
    "FE604": Code("an output of another type than declared", WARNING),
    "FE605": Code("a recorded outcome that the node does not have", WARNING),
    "FE606": Code("a recorded output that the node does not have", WARNING),
    "FE607": Code("an answer that no server gives", WARNING),
    "FE608": Code("an answer that is never asked for", WARNING),
    "FE701": Code("an unknown default environment"),
    "FE702": Code("a folder of node types that is not there"),
    "FE703": Code("an address that is not safe"),
    "FE704": Code("a host that is none"),
    "FE705": Code("requests that nobody verifies"),
    "FE801": Code("an argument that is not JSON"),
    "FE802": Code("an event that is no event"),
    "FE803": Code("a fault that the sandbox cannot play"),
    "FE811": Code("a node that cannot be reached", WARNING),
    "FE812": Code("a node from which no end can be reached", WARNING),
    "FE813": Code("a cycle without a wait or a bound", WARNING),
    "FE814": Code("a flow that never ends well", WARNING),
    "FE815": Code("a retry that may do its work twice", WARNING),
    "FE816": Code("flows that call each other for ever", HINT),
    "FE817": Code("a wait without an end", WARNING),
    "FE901": Code("a secret in a flow", WARNING),
    "FE902": Code("a secret in an address", WARNING),
    "FE903": Code("an address that should not be called", WARNING),
    "FE904": Code("a script that is no JavaScript"),
}


def page(code: str) -> str | None:
    """Return the page about a code, in Markdown, or None where there is none."""
    path = shipped.shipped("docs/findings") / f"{code}.md"
    return path.read_text("utf-8") if code in CODES and path.is_file() else None
