//! The migrations are embedded: a new one makes this crate stale.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
