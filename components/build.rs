//! Links what ships with the shortest encoding of every address. The linker's default leaves room to
//! patch them, which nobody does.

fn main() {
    println!("cargo:rerun-if-changed=../build.rs");
    let is = |name, value| std::env::var(name).is_ok_and(|it| it == value);
    // The linker refuses it where there is debug information to keep.
    if is("CARGO_CFG_TARGET_FAMILY", "wasm") && is("PROFILE", "release") {
        println!("cargo:rustc-link-arg-cdylib=--compress-relocations");
    }
}
