while true do workers 2; break end
