# Says which release answers and who it is. Without the rack gem, which Debian's Puma does not need.
boot = (File.read("/srv/shop/shared/boot_sleep") rescue "0.3").to_f
sleep boot
release = File.read(File.join(__dir__, "REVISION")).strip
run lambda { |env|
  sleep env["QUERY_STRING"][/\Asleep=([\d.]+)\z/, 1].to_f
  [200, {"content-type" => "text/plain"}, ["release=#{release} pid=#{Process.pid}\n"]]
}
