bind <<~URL.strip
  unix:///run/a.sock
URL
stdout_redirect(*<<~LOGS.lines.map(&:chomp))
  /tmp/puma.out
  /tmp/puma.err
LOGS
tag "x"; restart_command <<~CMD.strip
  bundle exec puma
CMD
