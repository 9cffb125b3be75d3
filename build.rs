//! Links the program with packed relocations (`DT_RELR`), which make its file and memory 2 MB smaller. Only glibc 2.36 and later can load
//! them.

use std::env;
use std::process::Command;

/// The first version of glibc that can load packed relocations: major, minor.
const FIRST_GLIBC: (u32, u32) = (2, 36);

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script about the target in its environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_native = env::var("HOST") == env::var("TARGET");
    if is_native && glibc().is_some_and(|version| version >= FIRST_GLIBC) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of glibc on this machine; `None` if it has another C library.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
