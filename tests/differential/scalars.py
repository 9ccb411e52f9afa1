import yaml, datetime
W="""~ null Null NULL nULL yes Yes YES yEs no No NO true True TRUE tRUE false False FALSE on On ON off Off OFF y Y n N t f
0 00 07 08 09 0644 0o644 0O644 -0644 +0644 0_644 0_ 0__ 0b101 0b1_0 0b2 -0b11 0x1F 0xff 0X1F -0x1F 0x_f 0xg
1 -1 +1 8_080 8080 1_ _1 12:30:45 1:30 01:30 1:60 1:5 1:05 1:5:9 -1:30 +1:30 1:30:60 190:20:30 1:2:3:4 22:22 12:30:45.5 1:30. 01:30.5 1:60.5
1.5 1. .5 . .. -.5 +.5 -1.5 +1.5 1.5e3 1.5e+3 1.5E-3 1e3 1e+3 .5e+1 1_0.5 1_000.2_5 0.1 00.5 08.5 1.e+2 1.5e+ 685_230.15 .inf -.inf +.inf .Inf .INF .inF .nan .NaN .NAN -.nan .5_ ._5
9223372036854775807 -9223372036854775808 1.2.3 1.2.3.4 10.0.0.1 2001-12-14 2001-12-14T21:59:43Z 12-34 - + -- +- 0x 0b 0o 1a a1 hello foo:bar a_b = << v1.0 0.0.0.0/0 ~foo ~/x nope none None Nil 1,000 1e 0e0 00:00 0:0 0_7 -0 +0 0.0 -0.0 123456789:10 1__0 -_1 1_:30""".split()
print("# Made by tests/differential/scalars.py from PyYAML; do not edit.")
print("# The text as written, a tab, what it is. Timestamps count as str: zdt does not read them.")
seen=set()
for w in W:
    if w in seen: continue
    seen.add(w)
    try: v=yaml.safe_load(w if w not in("-",) else "'-'")
    except Exception as e: print("# error",w,str(e).replace("\n"," ")[:60]); continue
    if isinstance(v,bool): r="bool "+str(v).lower()
    elif v is None: r="null"
    elif isinstance(v,int): r=f"int {v}"
    elif isinstance(v,float):
        r={"inf":"float inf","-inf":"float -inf","nan":"float NaN"}.get(repr(v),"float "+repr(v))
    else: r="str"
    print(f"{w}\t{r}")
