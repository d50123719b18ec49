//! The demo area is embedded in the binary; a change in it must lead to a new binary.

fn main() {
    println!("cargo::rerun-if-changed=../assets/demo-area");
    println!("cargo::rerun-if-changed=src/control/migrations");
}
