#![no_main]

use url_shortener::laws::{Ask, exchanges};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    exchanges(&Ask::read_all(text));
});
