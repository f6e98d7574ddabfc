//! The `chaos` command.

fn main() -> std::process::ExitCode {
    kafka_chaos::main().into()
}
