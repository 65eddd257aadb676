#![no_main]

#[expect(dead_code, reason = "each target uses one driver")]
#[path = "../../handlers/tests/fuzz/drivers.rs"]
mod drivers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drivers::decode(bytes));
