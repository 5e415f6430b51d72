#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    url_shortener::laws::record(bytes);
});
