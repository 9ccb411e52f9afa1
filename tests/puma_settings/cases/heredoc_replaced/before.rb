tag <<~TAG.strip
  shop
TAG
stdout_redirect(*<<~LOGS.lines.map(&:chomp))
  /tmp/puma.out
  /tmp/puma.err
LOGS
workers 1; restart_command <<~CMD.strip
  bundle exec puma
CMD
