#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    properties::other_destination(text);
});
