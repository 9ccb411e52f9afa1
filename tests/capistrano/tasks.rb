# frozen_string_literal: true

# The task file at ARGV[0] without Capistrano and without a server: what it makes of stats, and how it judges a restart.
#
#   ruby tasks.rb RAKE stats SAMPLE    prints the table of what pumactl said
#   ruby tasks.rb RAKE rolls CASES     looks by looks; prints what did not end as the case says, and then fails
require "yaml"

# The tasks are Capistrano's matter, and the lab's.
def namespace(*) end

def before(*) end

def after(*) end

rake, command, file = ARGV
load rake

def stats(worker_words, started)
  each = worker_words.map do |word|
    index, pid, phase, booted = word.split(":")
    { "index" => index.to_i, "pid" => pid.to_i, "phase" => phase.to_i, "booted" => booted == "booted" }
  end
  ZeroDowntime::Stats.new("workers" => 2, "started_at" => started, "worker_status" => each,
                          "old_workers" => each.count { |one| one["phase"] < each.map { |all| all["phase"] }.max })
end

def single(started)
  ZeroDowntime::Stats.new("started_at" => started, "running" => 1)
end

def told(look, started)
  look.is_a?(String) ? single(look) : stats(look, started)
end

def folders(look)
  return { nil => "/srv/shop/releases/r2" } if look.is_a?(String)

  look.to_h { |word| [word.split(":")[1].to_i, word.split(":")[4].to_s.sub(/\A(?=r)/, "/srv/shop/releases/")] }
end

def judged(roll)
  return "fails: #{roll.failure}" if roll.failure

  roll.done? ? "done" : "waits: #{roll.missing}"
end

def ends(one)
  roll = ZeroDowntime::Roll.new(one["before"] && told(one["before"], "first"))
  one["looks"].each do |look|
    next roll.blind("no answer") if look == "blind"

    roll.look(told(look, one.fetch("started", "first")), "/srv/shop/releases/r2", folders(look))
  end
  judged(roll)
end

case command
when "stats"
  begin
    told = ZeroDowntime::Stats.read(File.read(file))
    puts told, ZeroDowntime::Table.new(told.workers), ZeroDowntime::Table.new(told.workers).sums
  rescue ZeroDowntime::Untold => e
    puts "untold: #{e.message}"
  end
when "rolls"
  cases = YAML.safe_load(File.read(file))
  wrong = cases.reject { |one| ends(one) == one["ends"] }
  wrong.each { |one| puts "#{one["about"]}:\n  expected #{one["ends"]}\n  found    #{ends(one)}" }
  puts "#{cases.size} cases"
  exit wrong.empty?
end
