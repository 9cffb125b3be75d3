//! The program: hands its arguments to `cli` and exits with the code that comes back.

use std::process::ExitCode;

fn main() -> ExitCode {
    digest::cli::run()
}
