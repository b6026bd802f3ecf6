"""A comparison as JUnit XML, which test servers read: a suite for each task of each run, a case for each row.

*Different* is a failure, *cannot tell* and a row without a number are skipped with their reason, *the same* is passed.
Whether a failure should fail a pipeline is said by `--fail-if-changed` and its exit code, not here.
"""

from __future__ import annotations

from xml.etree import ElementTree

from thinkaloud.compare.found import Compared
from thinkaloud.compare.page import difference
from thinkaloud.stats.paired import Row


def junit(found: Compared) -> str:
    """The XML text."""
    suites = ElementTree.Element("testsuites", name=f"thinkaloud compare {found.study}")
    for one in found.others:
        for task in one.tasks:
            words = [row.word for row in task.rows]
            suite = ElementTree.SubElement(
                suites, "testsuite", name=f"{task.task} level {task.level}: {one.other.model} v {found.first.model}",
                tests=str(len(words)), failures=str(words.count("different")), errors="0",
                skipped=str(words.count("cannot tell")),
            )  # fmt: skip
            for row in task.rows:
                _case(suite, row, found.margin)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, row: Row, margin: float) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=suite.attrib["name"], name=row.name)
    told = f"B - A {difference(row)}, margin {margin:g}: {row.why}"
    if row.word == "different":
        ElementTree.SubElement(case, "failure", message=told)
    elif row.word == "cannot tell":
        ElementTree.SubElement(case, "skipped", message=told)
