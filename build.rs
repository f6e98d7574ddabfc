//! Makes the linker put our function in front of one of librdkafka's, so that its producer does not
//! spin; see `src/native/wakeup.rs`. With a linker that can't, sets the cfg `librdkafka_spins`.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

const WRAP: &str = "-Wl,--wrap=rd_kafka_msgq_allow_wakeup_at";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(librdkafka_spins)");
    if linker_wraps() {
        println!("cargo::rustc-link-arg={WRAP}");
    } else {
        println!("cargo::rustc-cfg=librdkafka_spins");
        println!("cargo::warning=the linker does not know {WRAP}: idempotent producers will spin");
    }
}

/// Tries to link an empty program with the option, as this build links.
fn linker_wraps() -> bool {
    let of_cargo = |name: &str| env::var(name).expect("cargo gives it to build scripts");
    let folder = of_cargo("OUT_DIR");
    let source = Path::new(&folder).join("empty.rs");
    std::fs::write(&source, "fn main() {}\n").expect("the folder is ours");
    let mut rustc = Command::new(of_cargo("RUSTC"));
    rustc.arg(&source).args(["--out-dir", &folder, "--target", &of_cargo("TARGET")]);
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.arg(format!("-Clink-arg={WRAP}")).stdout(Stdio::null()).stderr(Stdio::null());
    rustc.status().expect("rustc is there, or nothing could be built").success()
}
