//! What each built component imports and exports, held against what each host offers: a component
//! that imports anything else does not start there.
//!
//! Read from the component's types; a name in a string of the program does not count.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod module;

use embedded_host::{
    build::{self, BuildError, Wasi},
    read_component,
};
use std::{collections::BTreeSet, path::PathBuf};
use wit_component::{DecodedWasm, decode};
use wit_parser::{Resolve, World, WorldItem};

/// Interfaces of WASI 0.2. All Spins link them by their compatible version, so that a component
/// may name any 0.2.x; what counts is that a function is in the host's release.
const WASI_0_2: [&str; 21] = [
    "wasi:cli/environment@0.2",
    "wasi:cli/exit@0.2",
    "wasi:cli/stderr@0.2",
    "wasi:cli/stdin@0.2",
    "wasi:cli/stdout@0.2",
    "wasi:cli/terminal-input@0.2",
    "wasi:cli/terminal-output@0.2",
    "wasi:cli/terminal-stderr@0.2",
    "wasi:cli/terminal-stdin@0.2",
    "wasi:cli/terminal-stdout@0.2",
    "wasi:clocks/monotonic-clock@0.2",
    "wasi:clocks/wall-clock@0.2",
    "wasi:filesystem/preopens@0.2",
    "wasi:filesystem/types@0.2",
    "wasi:http/types@0.2",
    "wasi:io/error@0.2",
    "wasi:io/poll@0.2",
    "wasi:io/streams@0.2",
    "wasi:random/insecure-seed@0.2",
    "wasi:random/insecure@0.2",
    "wasi:random/random@0.2",
];

/// Functions that WASI 0.2.0, which is all that Spin 3.2 has, lacks and 0.2.6 has (wit/deps of
/// Spin 4.0.2, `*@0.2.0` against `*@0.2.6`).
const LATER_THAN_WASI_0_2_0: [&str; 5] = [
    "wasi:cli/exit@0.2#exit-with-code",
    "wasi:clocks/timezone@0.2#display",
    "wasi:clocks/timezone@0.2#utc-offset",
    "wasi:http/types@0.2#[static]response-outparam.send-informational",
    "wasi:sockets/network@0.2#network-error-code",
];

/// `wit/world.wit` of Spin 3.2.0 and of 3.6.3, world `http-trigger`: what this program needs of it.
const SPIN_3: [&str; 4] = [
    "fermyon:spin/key-value@2.0.0",
    "fermyon:spin/variables@2.0.0",
    "wasi:keyvalue/atomics@0.2.0-draft2",
    "wasi:keyvalue/store@0.2.0-draft2",
];

/// `wit/world.wit` of Spin 4.0.2, the same; it has all of Spin 3's as well.
const SPIN_4: [&str; 9] = [
    "spin:key-value/key-value@3.0.0",
    "spin:variables/variables@3.0.0",
    "wasi:clocks/monotonic-clock@0.3.0-rc-2026-03-15",
    "wasi:clocks/system-clock@0.3.0-rc-2026-03-15",
    "wasi:clocks/types@0.3.0-rc-2026-03-15",
    "wasi:http/types@0.3.0-rc-2026-03-15",
    "wasi:random/insecure-seed@0.3.0-rc-2026-03-15",
    "wasi:random/insecure@0.3.0-rc-2026-03-15",
    "wasi:random/random@0.3.0-rc-2026-03-15",
];

/// `wasi:http` handlers that a host calls. Spin 3.6's own world also has a handler of WASI 0.3,
/// but of an earlier candidate and behind a flag.
const INCOMING_HANDLER: &str = "wasi:http/incoming-handler@0.2";
const HANDLER: &str = "wasi:http/handler@0.3.0-rc-2026-03-15";

/// A host, as far as it concerns a component.
struct Host {
    name: &'static str,
    imports: Vec<&'static str>,
    exports: &'static [&'static str],
}

fn spin_3() -> Host {
    Host {
        name: "Spin 3.2 to 3.6, SpinKube",
        imports: [&WASI_0_2[..], &SPIN_3].concat(),
        exports: &[INCOMING_HANDLER],
    }
}

fn spin_4() -> Host {
    Host {
        name: "Spin 4.0",
        imports: [&WASI_0_2[..], &SPIN_3, &SPIN_4].concat(),
        exports: &[INCOMING_HANDLER, HANDLER],
    }
}

/// The triggers are those of `akamai-functions.toml` in spinframework/spin-environments (95db265):
/// `http-trigger` and `http-trigger-async-rc20260315`. The worlds themselves are in a registry that
/// was out of reach; that they import what Spin 4.0 offers is an assumption, `wasi:keyvalue` included.
fn akamai_functions() -> Host {
    Host {
        name: "Akamai Functions",
        ..spin_4()
    }
}

/// The component's imports, with their functions, and its exports, each by its compatible version.
struct Interfaces {
    imports: BTreeSet<String>,
    /// Each as `interface#function`.
    functions: BTreeSet<String>,
    exports: BTreeSet<String>,
}

/// The shortener's component for one of the interfaces.
fn shortener(wasi: Wasi) -> Interfaces {
    interfaces(build::shortener(wasi))
}

/// The components for WASI 0.2: the shortener's, and the admin page's.
fn wasi_0_2() -> [Interfaces; 2] {
    [shortener(Wasi::P2), interfaces(build::admin())]
}

fn interfaces(built: Result<PathBuf, BuildError>) -> Interfaces {
    let wasm = read_component(built.expect("the component builds")).expect("a component");
    let DecodedWasm::Component(resolve, world) = decode(&wasm).expect("a component") else {
        panic!("a WIT package instead of a component");
    };
    let world = &resolve.worlds[world];
    let names = |items: &wit_parser::IndexMap<_, _>| {
        let keys = items.keys();
        keys.map(|key| compatible(&resolve.name_world_key(key)))
            .collect()
    };
    Interfaces {
        imports: names(&world.imports),
        functions: functions(&resolve, world),
        exports: names(&world.exports),
    }
}

fn functions(resolve: &Resolve, world: &World) -> BTreeSet<String> {
    let functions = |(key, item): (_, &WorldItem)| match item {
        WorldItem::Interface { id, .. } => {
            let interface = compatible(&resolve.name_world_key(key));
            let functions = resolve.interfaces[*id].functions.keys();
            functions
                .map(|function| format!("{interface}#{function}"))
                .collect()
        }
        WorldItem::Function(function) => vec![function.name.clone()],
        WorldItem::Type { .. } => Vec::new(),
    };
    world.imports.iter().flat_map(functions).collect()
}

/// A release of WASI 0.2 by its minor version, anything else by its exact one: drafts and
/// candidates are compatible with nothing.
fn compatible(name: &str) -> String {
    match name.split_once("@0.2.") {
        Some((interface, patch)) if !patch.contains('-') => format!("{interface}@0.2"),
        _ => name.to_owned(),
    }
}

fn starts_on(component: &Interfaces, host: &Host) {
    let offered: BTreeSet<String> = host.imports.iter().map(|name| (*name).to_owned()).collect();
    let missing: Vec<&String> = component.imports.difference(&offered).collect();
    assert!(missing.is_empty(), "{} lacks {missing:?}", host.name);
    let handlers: Vec<&str> = component.exports.iter().map(String::as_str).collect();
    let [handler] = handlers[..] else {
        panic!("one handler expected: {handlers:?}");
    };
    assert!(
        host.exports.contains(&handler),
        "{} does not call {handler}",
        host.name
    );
}

#[test]
fn the_wasi_0_3_component_starts_on_spin_4() {
    starts_on(&shortener(Wasi::P3), &spin_4());
}

#[test]
fn the_wasi_0_3_component_starts_on_akamai_functions() {
    starts_on(&shortener(Wasi::P3), &akamai_functions());
}

#[test]
fn the_wasi_0_2_components_start_on_every_host() {
    for component in wasi_0_2() {
        for host in [spin_3(), spin_4(), akamai_functions()] {
            starts_on(&component, &host);
        }
    }
}

#[test]
fn the_wasi_0_2_components_call_nothing_that_wasi_0_2_0_lacks() {
    for component in wasi_0_2() {
        let calls = |function: &&str| component.functions.contains(*function);
        let later: Vec<&str> = LATER_THAN_WASI_0_2_0.into_iter().filter(calls).collect();
        assert!(later.is_empty(), "{later:?}");
        // That the names are spelled as those.
        assert!(calls(&"wasi:http/types@0.2#[static]response-outparam.set"));
    }
}

/// Spin locks its SQLite store until such a stream has been read to its end.
#[test]
fn no_component_calls_a_stream_of_keys() {
    for component in wasi_0_2().into_iter().chain([shortener(Wasi::P3)]) {
        let calls = |function: &str| component.functions.contains(function);
        assert!(!calls(
            "spin:key-value/key-value@3.0.0#[async method]store.get-keys"
        ));
        assert!(!calls(
            "spin:key-value/key-value@3.0.0#[method]store.get-keys"
        ));
        // The one list of keys, which comes as a whole.
        assert!(calls("fermyon:spin/key-value@2.0.0#[method]store.get-keys"));
    }
    // That the functions of that interface are spelled so.
    let component = shortener(Wasi::P3);
    let get = "spin:key-value/key-value@3.0.0#[method]store.get";
    assert!(component.functions.contains(get));
}

#[test]
fn an_interface_that_a_host_lacks_is_noticed() {
    let component = shortener(Wasi::P3);
    let spin_3 = spin_3();
    let lacking = |name: &str| !spin_3.imports.contains(&name);
    assert!(component.imports.iter().any(|name| lacking(name)));
    assert!(component.exports.contains(HANDLER));
    assert!(!spin_3.exports.contains(&HANDLER));
}
