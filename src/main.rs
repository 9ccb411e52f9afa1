use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(zdt::cli::run(std::env::args_os()).code())
}
