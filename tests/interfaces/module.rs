//! The WASI 0.2 build as it ships: a module, of which each Spin makes a component with an adapter of
//! its own. The embedded host's adapter is newer, so a component made here proves less than it seems.

use embedded_host::build::{self, Wasi};
use std::ops::Range;
use wasmparser::{Parser, Payload};
use wit_component::metadata;

/// The interface that an adapter stands in for.
const PREVIEW_1: &str = "wasi_snapshot_preview1";

/// What the reactor adapter of wasmtime 18.0.1 exports for it. Spin 3.2.0, 3.6.3 and 4.0.2 hold the same
/// file (crates/componentize/adapters/wasi_snapshot_preview1.reactor.wasm).
const ADAPTED: [&str; 46] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

fn module() -> Vec<u8> {
    let wasm = build::shortener(Wasi::P2).expect("the module builds");
    let wasm = std::fs::read(wasm).expect("a module");
    assert!(Parser::is_core_wasm(&wasm));
    wasm
}

/// The module's parts, in their order.
fn parts(wasm: &[u8]) -> impl Iterator<Item = Payload<'_>> {
    let parts = Parser::new(0).parse_all(wasm);
    parts.map(|part| part.expect("a module"))
}

#[test]
fn the_module_calls_only_what_the_adapter_of_every_spin_has() {
    let wasm = module();
    let imports: Vec<&str> = parts(&wasm)
        .filter_map(|part| match part {
            Payload::ImportSection(imports) => Some(imports),
            _ => None,
        })
        .flat_map(|imports| imports.into_imports())
        .map(|import| import.expect("an import"))
        .filter(|import| import.module == PREVIEW_1)
        .map(|import| import.name)
        .collect();
    assert!(imports.contains(&"fd_write"), "no log? {imports:?}");
    let lacking = |import: &&&str| !ADAPTED.contains(*import);
    let lacking: Vec<&&str> = imports.iter().filter(lacking).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

/// Spin looks into the sections `component-type…` for the `wit-bindgen` that wrote them, the last of
/// which counts. With one before 0.5, after 0, or none, it takes the module for one of a time when
/// the conventions of a call were others (crates/componentize/src/lib.rs).
#[test]
fn every_spin_takes_the_module_for_one_of_todays() {
    let wasm = module();
    let sections: Vec<Range<usize>> = parts(&wasm)
        .filter_map(|part| match &part {
            Payload::CustomSection(custom) if custom.name().starts_with("component-type") => {
                part.as_section().map(|(_, range)| range)
            }
            _ => None,
        })
        .collect();
    let last = sections.last().expect("a section `component-type…`");
    let alone = module_of_custom_section(&wasm[last.clone()]);
    let (_, bindgen) = metadata::decode(&alone).expect("a section that can be read");
    let producers = bindgen.producers.expect("producers");
    let processed = producers.get("processed-by").expect("what has written it");
    let (_, version) = processed
        .iter()
        .find(|(tool, _)| tool.starts_with("wit-bindgen"))
        .expect("wit-bindgen");
    let mut numbers = version.split('.').map(|number| number.parse::<u8>());
    assert_eq!(numbers.next(), Some(Ok(0)), "{version}");
    assert!(matches!(numbers.next(), Some(Ok(5..))), "{version}");
}

fn module_of_custom_section(section: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0\0".to_vec();
    let mut length = section.len();
    while length >= 0x80 {
        module.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
        length >>= 7;
    }
    module.push(u8::try_from(length).expect("seven bits"));
    module.extend(section);
    module
}
