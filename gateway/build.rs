//! The module asks for glibc alone: images of Envoy need not have libgcc. (It unwinds from a panic by it.)

fn main() {
    println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
}
