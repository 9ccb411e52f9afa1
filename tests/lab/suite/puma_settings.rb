# Reads cases as JSON (`name`, `edited`, `fragment`), has this host's Puma load both texts, and names each setting of the
# fragment that the edited file does not have in effect.
require "json"
require "tmpdir"
require "puma"
require "puma/configuration"

# What Puma takes from a file, with all that differs from one load to the next left out.
def loaded(text)
  Dir.mktmpdir do |folder|
    path = File.join(folder, "puma.rb")
    File.binwrite(path, text)
    options = Puma::Configuration.new(config_files: [path]).load.file_options
    options.reject { |key, _| %i[control_auth_token control_url_temp].include?(key) }
  end
end

def same?(key, have, want)
  return want.all? { |one| have&.include?(one) } && have.grep_v(/\Aunix:/).sort == want.grep_v(/\Aunix:/).sort if key == :binds
  # Blocks have no value to compare: that they are there is what counts.
  return have.is_a?(Array) && have.size >= want.size if want.is_a?(Array) && key != :supported_http_methods
  have == want || (have.is_a?(Proc) && want.is_a?(Proc))
end

puts "Puma #{Puma::Const::VERSION}"
JSON.parse($stdin.read).each do |one|
  have, want = [one["edited"], one["fragment"]].map { |bytes| loaded(bytes.pack("C*")) }
  want.each do |key, value|
    puts "#{one["name"]}: #{key} is #{have[key].inspect}, wanted #{value.inspect}" unless same?(key, have[key], value)
  end
  puts "#{one["name"]}: #{want.size} settings looked at"
rescue Exception => error # A file that Puma does not load is an answer as well.
  puts "#{one["name"]}: #{error.class}: #{error.message}"
end
