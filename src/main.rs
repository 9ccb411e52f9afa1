use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic has already been told by then; its exit code must be the one that the table of codes gives to a bug.
    let exit = std::panic::catch_unwind(|| zdt::cli::run(std::env::args_os())).unwrap_or(zdt::cli::Exit::Bug);
    ExitCode::from(exit.code())
}
