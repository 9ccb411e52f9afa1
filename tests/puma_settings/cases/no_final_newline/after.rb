tag "a" # mine
workers 3
threads 2, 4