#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    properties::unicode_code(text);
});
