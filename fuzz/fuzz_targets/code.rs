#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    url_shortener::laws::code(text);
});
