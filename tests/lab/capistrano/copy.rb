require "capistrano/scm/plugin"

# Deploys a folder that lies on the server: $BUILT below `built`. In the place of git.
class Copy < Capistrano::SCM::Plugin
  def register_hooks
    after "deploy:new_release_path", "copy:create_release"
    before "deploy:set_current_revision", "copy:set_current_revision"
  end

  def define_tasks
    namespace :copy do
      task :create_release do
        on release_roles(:all) do
          execute :mkdir, "-p", releases_path
          execute :cp, "-r", deploy_path.join("built", ENV.fetch("BUILT")), release_path
        end
      end

      task :set_current_revision do
        set :current_revision, ENV.fetch("BUILT")
      end
    end
  end
end
