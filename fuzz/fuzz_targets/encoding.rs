#![no_main]

libfuzzer_sys::fuzz_target!(|input: (String, u64)| {
    let (target, mask) = input;
    properties::encoding(&target, mask);
});
