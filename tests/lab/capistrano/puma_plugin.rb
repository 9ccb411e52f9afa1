require "capistrano/plugin"

# What capistrano3-puma 7 does in a deploy, and no more: its unit's default name, its user units, its hook, its hard restart
# unless told otherwise.
class PumaPlugin < Capistrano::Plugin
  def set_defaults
    set_if_empty :puma_role, :web
    set_if_empty :puma_systemctl_bin, "/bin/systemctl"
    set_if_empty :puma_service_unit_name, -> { "#{fetch(:application)}_puma_#{fetch(:stage)}" }
    set_if_empty :puma_systemctl_user, :user
    append :bundle_bins, "puma", "pumactl"
  end

  def register_hooks
    after "deploy:published", "puma:smart_restart"
  end

  def define_tasks
    plugin = self
    namespace :puma do
      %w[start stop restart].each do |word|
        task(word) { on(roles(fetch(:puma_role))) { plugin.systemctl(self, word) } }
      end

      task :reload do
        on roles(fetch(:puma_role)) do
          status = plugin.command("status")
          runs = execute("#{status.join(" ")} > /dev/null", raise_on_non_zero_exit: false)
          plugin.systemctl(self, runs ? "reload" : "restart")
        end
      end

      task(:smart_restart) { invoke(fetch(:puma_phased_restart) ? "puma:reload" : "puma:restart") }
    end
  end

  def command(word)
    scope = fetch(:puma_systemctl_user) == :system ? [] : ["--user"]
    [fetch(:puma_systemctl_bin), *scope, word, fetch(:puma_service_unit_name)]
  end

  def systemctl(backend, word)
    if fetch(:puma_systemctl_user) == :system
      backend.execute(:sudo, command(word).join(" "))
    else
      backend.execute(*command(word))
    end
  end
end
