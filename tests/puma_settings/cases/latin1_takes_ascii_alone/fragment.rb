tag "café"
