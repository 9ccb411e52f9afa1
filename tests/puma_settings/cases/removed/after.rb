workers 2 # two
tag "a"; ; quiet
