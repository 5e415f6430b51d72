#![no_main]

libfuzzer_sys::fuzz_target!(|visit: (String, Option<u32>, Option<u32>, u32)| {
    let (cache_control, start, end, now) = visit;
    properties::caching(&cache_control, start, end, now);
});
