# encoding: iso-8859-1
tag "café"
workers 1
