#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trygkort_fuzz::bounded(input, trygkort_fuzz::backup));
