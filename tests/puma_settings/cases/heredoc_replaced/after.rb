tag "app"
stdout_redirect(*<<~LOGS.lines.map(&:chomp))
  /tmp/puma.out
  /tmp/puma.err
LOGS
workers 3; restart_command <<~CMD.strip
  bundle exec puma
CMD
pidfile "/tmp/p"
