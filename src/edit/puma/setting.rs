/// What Puma makes of a setting that a file has several times. Read from `lib/puma/dsl.rb` of 5.6, 6.6, 7.2 and 8.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The last one counts.
    Last,
    /// The first one counts, in some versions at least.
    First,
    /// A listener more.
    Listener,
    /// One more of its kind: a hook, a plugin.
    More,
}

/// How the arguments of a setting can be written otherwise and mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    Words,
    /// Digits in quotes are a number.
    Numbers,
    /// As `Numbers`; one is both the least and the most.
    Threads,
    /// A file mode, which people read in octal.
    Mode,
    /// Without an argument, this one.
    Default(&'static str),
    /// `quiet`: `log_requests`, negated.
    Quiet,
}

/// A method of Puma's configuration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    /// What it sets: names with one key are one setting.
    pub key: &'static str,
    pub repeated: Repeated,
    pub(super) spelling: Spelling,
}

impl Setting {
    pub fn named(name: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        SETTINGS.iter().map(|setting| setting.name)
    }

    /// Whether its block runs later than the file is read.
    pub(super) fn runs_later(&self) -> bool {
        (self.repeated == Repeated::More && self.name != "plugin")
            || matches!(self.name, "app" | "lowlevel_error_handler" | "log_formatter")
    }
}

const fn row(name: &'static str, key: &'static str, repeated: Repeated, spelling: Spelling) -> Setting {
    Setting { name, key, repeated, spelling }
}

const fn last(name: &'static str, spelling: Spelling) -> Setting {
    row(name, name, Repeated::Last, spelling)
}

const fn hook(name: &'static str, key: &'static str) -> Setting {
    row(name, key, Repeated::More, Spelling::Words)
}

const FLAG: Spelling = Spelling::Default("true");

const SETTINGS: &[Setting] = &[
    last("activate_control_app", Spelling::Default("\"auto\"")),
    last("allow_underscore_headers", FLAG),
    last("app", Spelling::Words),
    hook("after_booted", "after_booted"),
    hook("after_refork", "after_refork"),
    hook("after_stopped", "after_stopped"),
    hook("after_worker_boot", "after_worker_fork"),
    hook("after_worker_fork", "after_worker_fork"),
    hook("after_worker_shutdown", "after_worker_shutdown"),
    hook("before_fork", "before_fork"),
    hook("before_refork", "before_refork"),
    hook("before_restart", "before_restart"),
    hook("before_thread_exit", "before_thread_exit"),
    hook("before_thread_start", "before_thread_start"),
    hook("before_worker_boot", "before_worker_boot"),
    hook("before_worker_fork", "before_worker_fork"),
    hook("before_worker_shutdown", "before_worker_shutdown"),
    row("bind", "bind", Repeated::Listener, Spelling::Words),
    last("bind_to_activated_sockets", FLAG),
    row("clean_thread_locals", "fiber_per_request", Repeated::Last, FLAG),
    row("clear_binds!", "bind", Repeated::Listener, Spelling::Words),
    last("custom_logger", Spelling::Words),
    last("debug", Spelling::Words),
    last("directory", Spelling::Words),
    last("drain_on_shutdown", FLAG),
    last("early_hints", FLAG),
    last("enable_keep_alives", FLAG),
    last("environment", Spelling::Words),
    last("extra_runtime_dependencies", Spelling::Words),
    last("fiber_per_request", FLAG),
    last("first_data_timeout", Spelling::Numbers),
    last("force_shutdown_after", Spelling::Default(":forever")),
    last("fork_worker", Spelling::Default("1000")),
    last("http_content_length_limit", Spelling::Words),
    last("idle_timeout", Spelling::Numbers),
    last("io_selector_backend", Spelling::Words),
    last("log_formatter", Spelling::Words),
    last("log_requests", FLAG),
    last("lowlevel_error_handler", Spelling::Words),
    row("max_fast_inline", "max_keep_alive", Repeated::First, Spelling::Numbers),
    last("max_io_threads", Spelling::Numbers),
    row("max_keep_alive", "max_keep_alive", Repeated::First, Spelling::Numbers),
    last("mutate_stdout_and_stderr_to_sync_on_write", FLAG),
    last("nakayoshi_fork", FLAG),
    hook("on_booted", "after_booted"),
    hook("on_refork", "before_refork"),
    hook("on_restart", "before_restart"),
    hook("on_stopped", "after_stopped"),
    hook("on_thread_exit", "before_thread_exit"),
    hook("on_thread_start", "before_thread_start"),
    hook("on_worker_boot", "before_worker_boot"),
    hook("on_worker_fork", "before_worker_fork"),
    hook("on_worker_shutdown", "before_worker_shutdown"),
    hook("out_of_band", "out_of_band"),
    last("persistent_timeout", Spelling::Numbers),
    last("pidfile", Spelling::Words),
    row("plugin", "plugin", Repeated::More, Spelling::Words),
    row("port", "bind", Repeated::Listener, Spelling::Numbers),
    last("preload_app!", FLAG),
    last("prune_bundler", FLAG),
    last("queue_requests", FLAG),
    row("quiet", "log_requests", Repeated::Last, Spelling::Quiet),
    last("rack_url_scheme", Spelling::Default("nil")),
    row("rackup", "rackup", Repeated::First, Spelling::Words),
    last("raise_exception_on_sigterm", FLAG),
    last("restart_command", Spelling::Words),
    last("set_default_host", Spelling::Words),
    last("set_remote_address", Spelling::Default(":socket")),
    last("shutdown_debug", FLAG),
    last("silence_fork_callback_warning", Spelling::Words),
    last("silence_single_worker_warning", Spelling::Words),
    row("ssl_bind", "bind", Repeated::Listener, Spelling::Words),
    last("state_path", Spelling::Words),
    last("state_permission", Spelling::Mode),
    last("stdout_redirect", Spelling::Words),
    last("supported_http_methods", Spelling::Words),
    last("tag", Spelling::Words),
    last("threads", Spelling::Threads),
    last("wait_for_less_busy_worker", Spelling::Default("0.005")),
    last("worker_boot_timeout", Spelling::Numbers),
    last("worker_check_interval", Spelling::Numbers),
    last("worker_culling_strategy", Spelling::Words),
    last("worker_shutdown_timeout", Spelling::Numbers),
    last("worker_timeout", Spelling::Numbers),
    last("workers", Spelling::Numbers),
];
