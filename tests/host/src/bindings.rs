//! The Rust side of `wit/`: what `bindgen!` makes of the interfaces a Spin component may import.
//!
//! As in Spin, functions that WIT calls `async` get an `Accessor` and run side by side within an instance,
//! while all others have the instance to themselves until they return: an `increment` that waits makes
//! every other request of its instance wait too.

wasmtime::component::bindgen!({
    path: "wit",
    world: "embedded:host/imports",
    imports: { default: async | trappable },
    with: {
        "spin:key-value/key-value.store": crate::handles::OpenStore,
        "fermyon:spin/key-value.store": crate::handles::OpenStore,
        "wasi:keyvalue/store.bucket": crate::handles::OpenStore,
    },
    require_store_data_send: true,
});
