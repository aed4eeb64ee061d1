"""Modules joined into one keep their order, their names apart, and their rules."""

from __future__ import annotations

import subprocess

import pytest
from playwright._impl._driver import compute_driver_executable

from app.lib.modules import join_modules


def joined(files: dict[str, str], *names: str) -> str:
    return join_modules(names, files.__getitem__)


def run(text: str) -> str:
    # The Node that Playwright brings along, so that none need be installed.
    node, _ = compute_driver_executable()
    return subprocess.run([node, "--input-type=module", "-e", text], capture_output=True, text=True, check=True).stdout


def test_what_a_module_imports_runs_before_it_and_once() -> None:
    files = {
        "lib/a.js": 'console.log("a")\nexport const one = 1\n',
        "lib/b.js": 'import { one } from "./a.js"\nconsole.log("b")\nexport function two() { return one + 1 }\n',
        "elements/c.js": 'import { two as second } from "../lib/b.js"\nimport { one } from "../lib/a.js"\nconsole.log(one, second())\n',
    }
    assert run(joined(files, "elements/c.js", "lib/a.js")) == "a\nb\n1 2\n"


def test_names_at_the_top_of_two_modules_do_not_meet() -> None:
    files = {"a.js": 'const name = "a"\nconsole.log(name)\n', "b.js": 'const name = "b"\nconsole.log(name)\n'}
    assert run(joined(files, "a.js", "b.js")) == "a\nb\n"


def test_classes_and_async_functions_are_exported_too() -> None:
    files = {
        "a.js": "export class Thing { word = 'thing' }\nexport async function wait() { return 'waited' }\n",
        "b.js": 'import { Thing, wait } from "./a.js"\nconsole.log(new Thing().word, await_())\nfunction await_() { return typeof wait }\n',
    }
    assert run(joined(files, "b.js")) == "thing function\n"


@pytest.mark.parametrize(
    "line",
    [
        'import thing from "./a.js"',
        'import * as all from "./a.js"',
        "export default 1",
        'export { a } from "./a.js"',
        'import { a } from "bare"',
    ],
)
def test_a_form_that_cannot_be_joined_is_refused_by_name(line: str) -> None:
    with pytest.raises(ValueError, match=r"b\.js"):
        joined({"a.js": "export const a = 1\n", "b.js": f"{line}\n"}, "b.js")


def test_a_word_that_begins_like_import_is_left_alone() -> None:
    assert run(joined({"a.js": "const importance = 1\nconsole.log(importance)\n"}, "a.js")) == "1\n"
