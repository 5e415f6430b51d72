#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str, &str)| {
    let (destination, rest, query) = input;
    properties::passing_on(destination, rest, query);
});
