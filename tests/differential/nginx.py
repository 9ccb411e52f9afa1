#!/usr/bin/env python3
"""What crossplane makes of nginx configurations: for each file its directives, arguments and lines, as JSON.

    tests/differential/nginx.py                 writes expected.json of each case in tests/nginx_differential
    tests/differential/nginx.py --check         compares, writes nothing; exit 1 where they differ
    tests/differential/nginx.py --read FILE…    prints what it makes of these files

Needs crossplane 0.5 (PyPI). A case is a folder with an `nginx.conf`.
"""
import json
import pathlib
import sys

import crossplane
from crossplane.ext.lua import LuaBlockPlugin
from crossplane.lexer import lex

CASES = pathlib.Path(__file__).resolve().parent.parent / "nginx_differential"
LuaBlockPlugin().register_extension()


def directives(tokens):
    """From crossplane's tokens: its parser takes the parentheses of an `if` away, and knows what may stand where."""
    found, words = [], []
    for token, line, quoted in tokens:
        if not quoted and token in (";", "{", "}"):
            if token == "}":
                return found
            block = directives(tokens) if token == "{" else None
            found.append({"name": words[0][0], "line": words[0][1], "args": [word for word, _ in words[1:]], "block": block})
            words = []
        elif quoted or not token.startswith("#"):
            words.append((token, line))
    return found


def read(path):
    try:
        return directives(lex(str(path)))
    except (crossplane.errors.NgxParserBaseException, IndexError, RuntimeError) as error:
        return {"error": str(error)}


def main():
    if sys.argv[1:2] == ["--read"]:
        print(json.dumps([read(path) for path in sys.argv[2:]]))
        return
    check = sys.argv[1:] == ["--check"]
    different = []
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        text = json.dumps(read(case / "nginx.conf"), indent=1, ensure_ascii=False) + "\n"
        path = case / "expected.json"
        if not check:
            path.write_text(text)
        elif path.read_text() != text:
            different.append(case.name)
    if different:
        sys.exit("crossplane says otherwise today: " + ", ".join(different))


main()
