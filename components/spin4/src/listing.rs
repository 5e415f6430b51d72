//! `fermyon:spin/key-value@2.0.0`, reduced to the list of keys.
//!
//! Every host has this interface, because every component built with SDK 5 imports it. `list-keys`
//! of `wasi:keyvalue` does the same, but with it a host without `wasi:keyvalue` could not list
//! keys.

use spin_sdk::wit_bindgen;

wit_bindgen::generate!({
    inline: r"
        package url-shortener:listing;

        world listing {
            import fermyon:spin/key-value@2.0.0;
        }

        package fermyon:spin@2.0.0 {
            interface key-value {
                resource store {
                    open: static func(label: string) -> result<store, error>;
                    get-keys: func() -> result<list<string>, error>;
                }
                variant error {
                    store-table-full,
                    no-such-store,
                    access-denied,
                    other(string),
                }
            }
        }
    ",
    runtime_path: "wit_bindgen::rt",
    generate_all,
});

pub use fermyon::spin::key_value::{Error, Store};
