#![no_main]

use properties::{Ask, exchanges};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    exchanges(&Ask::read_all(text));
});
