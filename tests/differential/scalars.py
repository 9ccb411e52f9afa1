#!/usr/bin/env python3
"""Prints src/yaml/scalars.tsv: what PyYAML makes of plain scalars.

    tests/differential/scalars.py > src/yaml/scalars.tsv
"""
import yaml

WORDS = """
~ null Null NULL nULL yes Yes YES yEs no No NO true True TRUE tRUE false False FALSE on On ON off Off OFF y Y n N t f
0 00 07 08 09 0644 0o644 0O644 -0644 +0644 0_644 0_ 0__ 0b101 0b1_0 0b2 -0b11 0x1F 0xff 0X1F -0x1F 0x_f 0xg
1 -1 +1 8_080 8080 1_ _1 12:30:45 1:30 01:30 1:60 1:5 1:05 1:5:9 -1:30 +1:30 1:30:60 190:20:30 1:2:3:4 22:22
12:30:45.5 1:30. 01:30.5 1:60.5 6:50.09 1:02:03.25 1.5 1. .5 . .. -.5 +.5 -1.5 +1.5 1.5e3 1.5e+3 1.5E-3 1e3 1e+3 .5e+1
1_0.5 1_000.2_5 0.1 00.5 08.5 1.e+2 1.5e+ 685_230.15 .inf -.inf +.inf .Inf .INF .inF .nan .NaN .NAN -.nan .5_ ._5
9223372036854775807 -9223372036854775808 1.2.3 1.2.3.4 10.0.0.1 2001-12-14 2001-12-14T21:59:43Z 12-34 + -- +- 0x 0b 0o
1a a1 hello foo:bar a_b v1.0 0.0.0.0/0 ~foo ~/x nope none None Nil 1,000 1e 0e0 00:00 0:0 0_7 -0 +0 0.0 -0.0
123456789:10 1__0 -_1 1_:30
"""


def kind(value):
    if isinstance(value, bool):
        return f"bool {str(value).lower()}"
    if value is None:
        return "null"
    if isinstance(value, int):
        return f"int {value}"
    if isinstance(value, float):
        return f"float {repr(value).replace('nan', 'NaN')}"
    return "str"


print("# Made by tests/differential/scalars.py from PyYAML; do not edit.")
print("# The text as written, a tab, what it is. Timestamps count as str: zdt does not read them.")
for word in WORDS.split():
    print(f"{word}\t{kind(yaml.safe_load(word))}")
